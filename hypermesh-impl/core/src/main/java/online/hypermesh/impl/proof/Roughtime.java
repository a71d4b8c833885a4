package online.hypermesh.impl.proof;

import static online.hypermesh.impl.proof.RoughtimeMessage.uint32;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;
import online.hypermesh.api.proof.TimeProof;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.VerifyKey;

/**
 * The client's side of Roughtime, draft-ietf-ntp-roughtime-19, as pure code: builds requests of 1024 bytes and verifies
 * answers. Whoever sends them is somebody else. Understands version 1 and the drafts' 0x8000000c. Stateless.
 */
public final class Roughtime {
    /** Length of a request in bytes. */
    public static final int REQUEST_BYTES = 1024;

    /** Length of a nonce in bytes. */
    public static final int NONCE_BYTES = 32;

    static final byte[] RESPONSE_CONTEXT = "RoughTime v1 response signature\0".getBytes(StandardCharsets.US_ASCII);
    static final byte[] DELEGATION_CONTEXT = "RoughTime v1 delegation signature\0".getBytes(StandardCharsets.US_ASCII);
    static final long VERSION_1 = 1;
    static final long DRAFT = 0x8000000cL;

    private static final int MAX_PATH = 32;

    /**
     * What a source vouches for: at some time between sending and answering, its clock was within these bounds.
     *
     * @param midpointSeconds seconds since 1970
     * @param radiusSeconds how far the true time may be from it
     */
    public record Bounds(long midpointSeconds, long radiusSeconds) {
        long lowerMillis() {
            return (midpointSeconds - radiusSeconds) * 1000;
        }

        /** The midpoint is a whole second, so the interval ends with the last millisecond of its last second. */
        long upperMillis() {
            return (midpointSeconds + radiusSeconds) * 1000 + 999;
        }
    }

    private Roughtime() {}

    /**
     * Builds a request.
     *
     * @param source the source's long-term key
     * @param nonce 32 bytes
     * @return a packet of 1024 bytes
     */
    public static byte[] request(VerifyKey source, byte[] nonce) {
        if (nonce.length != NONCE_BYTES) {
            throw new IllegalArgumentException("a nonce has 32 bytes, got " + nonce.length);
        }
        byte[] versions =
                ByteBuffer.allocate(8).put(uint32(VERSION_1)).put(uint32(DRAFT)).array();
        RoughtimeMessage message = new RoughtimeMessage()
                .put(RoughtimeMessage.VER, versions)
                .put(RoughtimeMessage.SRV, commitment(source))
                .put(RoughtimeMessage.NONC, nonce)
                .put(RoughtimeMessage.TYPE, uint32(0))
                .put(RoughtimeMessage.ZZZZ, new byte[0]);
        int padding = REQUEST_BYTES - message.packet().length;
        return message.put(RoughtimeMessage.ZZZZ, new byte[padding]).packet();
    }

    /**
     * The nonce after an answer: it shows that the answer was known before the next request was made.
     *
     * @param response the answer before
     * @param blind 32 bytes
     * @return the first 32 bytes of SHA-512 over both
     */
    public static byte[] chainedNonce(byte[] response, byte[] blind) {
        return hash(response, blind);
    }

    /**
     * Verifies an answer (§5.4): delegation, signature, times, and that the request is in the signed tree.
     *
     * @param source the source's long-term key
     * @param request the packet that was sent
     * @param response the packet that came back
     * @return what the source vouches for, if everything holds
     */
    public static Optional<Bounds> verify(VerifyKey source, byte[] request, byte[] response) {
        if (response.length > TimeProof.MAX_RESPONSE_BYTES || response.length > request.length) {
            return Optional.empty();
        }
        Optional<RoughtimeMessage> asked = RoughtimeMessage.ofPacket(request);
        Optional<RoughtimeMessage> answer = RoughtimeMessage.ofPacket(response);
        if (asked.isEmpty() || answer.isEmpty()) {
            return Optional.empty();
        }
        RoughtimeMessage a = answer.get();
        Optional<byte[]> nonce = a.get(RoughtimeMessage.NONC, NONCE_BYTES);
        Optional<byte[]> type = a.get(RoughtimeMessage.TYPE, 4);
        Optional<byte[]> signed = a.get(RoughtimeMessage.SREP);
        Optional<byte[]> signature = a.get(RoughtimeMessage.SIG, Signature.LENGTH);
        Optional<RoughtimeMessage> times = signed.flatMap(RoughtimeMessage::decode);
        boolean whole = nonce.isPresent()
                && Arrays.equals(
                        nonce.get(), asked.get().get(RoughtimeMessage.NONC).orElse(new byte[0]))
                && type.isPresent()
                && RoughtimeMessage.number(type.get()) == 1
                && signature.isPresent()
                && times.isPresent();
        if (!whole) {
            return Optional.empty();
        }
        Optional<Delegation> delegation = a.get(RoughtimeMessage.CERT)
                .flatMap(RoughtimeMessage::decode)
                .flatMap(cert -> Delegation.of(source, cert));
        Optional<Bounds> bounds = delegation.flatMap(d -> bounds(times.get(), d));
        if (bounds.isEmpty()
                || !holds(delegation.get().key(), RESPONSE_CONTEXT, signed.get(), signature.get())
                || !inTree(a, times.get(), request)) {
            return Optional.empty();
        }
        return bounds;
    }

    /** The key that signs answers, and when it may. */
    private record Delegation(VerifyKey key, long notBefore, long notAfter) {
        static Optional<Delegation> of(VerifyKey source, RoughtimeMessage cert) {
            Optional<byte[]> delegated = cert.get(RoughtimeMessage.DELE);
            Optional<byte[]> signature = cert.get(RoughtimeMessage.SIG, Signature.LENGTH);
            if (delegated.isEmpty()
                    || signature.isEmpty()
                    || !holds(source, DELEGATION_CONTEXT, delegated.get(), signature.get())) {
                return Optional.empty();
            }
            Optional<RoughtimeMessage> dele = RoughtimeMessage.decode(delegated.get());
            Optional<byte[]> key = dele.flatMap(d -> d.get(RoughtimeMessage.PUBK, VerifyKey.LENGTH));
            Optional<byte[]> from = dele.flatMap(d -> d.get(RoughtimeMessage.MINT, 8));
            Optional<byte[]> to = dele.flatMap(d -> d.get(RoughtimeMessage.MAXT, 8));
            if (key.isEmpty() || from.isEmpty() || to.isEmpty()) {
                return Optional.empty();
            }
            try {
                return Optional.of(new Delegation(
                        VerifyKey.of(key.get()),
                        RoughtimeMessage.number(from.get()),
                        RoughtimeMessage.number(to.get())));
            } catch (IllegalArgumentException e) {
                return Optional.empty(); // no key at all
            }
        }
    }

    private static Optional<Bounds> bounds(RoughtimeMessage times, Delegation delegation) {
        Optional<byte[]> version = times.get(RoughtimeMessage.VER, 4);
        Optional<byte[]> radius = times.get(RoughtimeMessage.RADI, 4);
        Optional<byte[]> midpoint = times.get(RoughtimeMessage.MIDP, 8);
        if (version.isEmpty() || radius.isEmpty() || midpoint.isEmpty()) {
            return Optional.empty();
        }
        long spoken = RoughtimeMessage.number(version.get());
        long seconds = RoughtimeMessage.number(midpoint.get());
        long error = RoughtimeMessage.number(radius.get());
        boolean sane = (spoken == VERSION_1 || spoken == DRAFT)
                && seconds > 0
                && seconds < Long.MAX_VALUE / 2000
                && error > 0
                && Long.compareUnsigned(seconds, delegation.notBefore()) >= 0
                && Long.compareUnsigned(seconds, delegation.notAfter()) <= 0;
        return sane ? Optional.of(new Bounds(seconds, error)) : Optional.empty();
    }

    private static boolean inTree(RoughtimeMessage answer, RoughtimeMessage times, byte[] request) {
        Optional<byte[]> root = times.get(RoughtimeMessage.ROOT, 32);
        Optional<byte[]> path = answer.get(RoughtimeMessage.PATH);
        Optional<byte[]> place = answer.get(RoughtimeMessage.INDX, 4);
        if (root.isEmpty() || path.isEmpty() || place.isEmpty() || path.get().length % 32 != 0) {
            return false;
        }
        int steps = path.get().length / 32;
        if (steps > MAX_PATH) {
            return false;
        }
        long index = RoughtimeMessage.number(place.get());
        byte[] hash = leaf(request);
        for (int i = 0; i < steps; i++) {
            byte[] sibling = Arrays.copyOfRange(path.get(), i * 32, i * 32 + 32);
            hash = (index & 1) == 0 ? node(hash, sibling) : node(sibling, hash);
            index >>>= 1;
        }
        return index == 0 && MessageDigest.isEqual(hash, root.get());
    }

    static byte[] leaf(byte[] request) {
        return hash(new byte[] {0}, request);
    }

    static byte[] node(byte[] left, byte[] right) {
        return hash(new byte[] {1}, left, right);
    }

    static byte[] commitment(VerifyKey source) {
        return hash(new byte[] {(byte) 0xff}, source.toBytes());
    }

    private static boolean holds(VerifyKey key, byte[] context, byte[] value, byte[] signature) {
        byte[] text = ByteBuffer.allocate(context.length + value.length)
                .put(context)
                .put(value)
                .array();
        return key.verifyRaw(text, Signature.of(signature));
    }

    private static byte[] hash(byte[]... parts) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-512");
            for (byte[] part : parts) {
                sha.update(part);
            }
            return Arrays.copyOf(sha.digest(), Digest.LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-512 is required of every Java platform", e);
        }
    }
}
