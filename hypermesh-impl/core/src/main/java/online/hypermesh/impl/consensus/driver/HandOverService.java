package online.hypermesh.impl.consensus.driver;

import java.util.Optional;
import java.util.function.LongFunction;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** Request and response of light clients that ask how an epoch ended. */
public final class HandOverService {
    /** Service number, open to everybody. */
    public static final int SERVICE = 4;

    static final int MAX_REQUEST_BYTES = 64;

    private HandOverService() {}

    /**
     * Asks how an epoch ended.
     *
     * @param epoch at least 0
     * @return canonical bytes
     */
    public static byte[] request(long epoch) {
        return new CborWriter(16).array(2).uint(1).uint(epoch).toBytes();
    }

    static byte[] answer(byte[] request, LongFunction<Optional<HandOver>> known) {
        CborReader r = new CborReader(request).expectArray(2).expect(1, "hand-over version");
        long epoch = r.uint();
        r.end();
        CborWriter w = new CborWriter(2048).array(2).uint(1);
        known.apply(epoch).ifPresentOrElse(h -> w.bytes(h.encode()), w::nil);
        return w.toBytes();
    }

    /**
     * Reads an answer; nothing is verified.
     *
     * @param response what came back
     * @return the hand-over; empty when the node does not know it
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are no answer
     * @throws IllegalArgumentException if a value is out of range
     */
    public static Optional<HandOver> decode(byte[] response) {
        CborReader r = new CborReader(response).expectArray(2).expect(1, "hand-over version");
        Optional<HandOver> handOver =
                r.nil() ? Optional.empty() : Optional.of(HandOver.decode(r.bytes(response.length)));
        r.end();
        return handOver;
    }
}
