package online.hypermesh.impl.proof;

import static online.hypermesh.impl.proof.RoughtimeMessage.uint32;
import static online.hypermesh.impl.proof.RoughtimeMessage.uint64;

import java.nio.ByteBuffer;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;

/** A Roughtime server as draft 19 describes it, without sockets: signs two requests at once under one root. */
final class RoughtimeServer {
    private final SigningKey longTerm;
    private final SigningKey online;
    long midpoint;
    long radius = 3;
    long notBefore;
    long notAfter = Long.MAX_VALUE;

    RoughtimeServer(int seed, long midpoint) {
        this.longTerm = ProofNetwork.key(seed);
        this.online = ProofNetwork.key(seed + 50);
        this.midpoint = midpoint;
    }

    VerifyKey key() {
        return longTerm.verifyKey();
    }

    byte[] answer(byte[] request) {
        byte[] nonce = RoughtimeMessage.ofPacket(request)
                .flatMap(m -> m.get(RoughtimeMessage.NONC))
                .orElseThrow();
        byte[] stranger = Roughtime.leaf(new byte[1024]);
        byte[] times = new RoughtimeMessage()
                .put(RoughtimeMessage.VER, uint32(Roughtime.DRAFT))
                .put(RoughtimeMessage.RADI, uint32(radius))
                .put(RoughtimeMessage.MIDP, uint64(midpoint))
                .put(RoughtimeMessage.VERS, uint32(Roughtime.DRAFT))
                .put(RoughtimeMessage.ROOT, Roughtime.node(stranger, Roughtime.leaf(request)))
                .encode();
        byte[] delegation = new RoughtimeMessage()
                .put(RoughtimeMessage.PUBK, online.verifyKey().toBytes())
                .put(RoughtimeMessage.MINT, uint64(notBefore))
                .put(RoughtimeMessage.MAXT, uint64(notAfter))
                .encode();
        byte[] certificate = new RoughtimeMessage()
                .put(RoughtimeMessage.DELE, delegation)
                .put(RoughtimeMessage.SIG, sign(longTerm, Roughtime.DELEGATION_CONTEXT, delegation))
                .encode();
        return new RoughtimeMessage()
                .put(RoughtimeMessage.SIG, sign(online, Roughtime.RESPONSE_CONTEXT, times))
                .put(RoughtimeMessage.NONC, nonce)
                .put(RoughtimeMessage.TYPE, uint32(1))
                .put(RoughtimeMessage.PATH, stranger)
                .put(RoughtimeMessage.SREP, times)
                .put(RoughtimeMessage.CERT, certificate)
                .put(RoughtimeMessage.INDX, uint32(1))
                .packet();
    }

    private static byte[] sign(SigningKey key, byte[] context, byte[] value) {
        return key.signRaw(ByteBuffer.allocate(context.length + value.length)
                        .put(context)
                        .put(value)
                        .array())
                .toBytes();
    }
}
