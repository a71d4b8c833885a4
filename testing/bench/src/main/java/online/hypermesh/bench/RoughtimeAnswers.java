package online.hypermesh.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;

/** What a Roughtime server (draft 19) answers to one request, without a network. Immutable. */
final class RoughtimeAnswers {
    private static final long VERSION = 0x8000000cL;

    private final SigningKey longTerm;
    private final SigningKey online;

    RoughtimeAnswers(SigningKey longTerm, SigningKey online) {
        this.longTerm = longTerm;
        this.online = online;
    }

    VerifyKey key() {
        return longTerm.verifyKey();
    }

    byte[] answer(byte[] request, long seconds) {
        byte[] times = message(Map.of(
                "VER\0", number(4, VERSION),
                "RADI", number(4, 3),
                "MIDP", number(8, seconds),
                "VERS", number(4, VERSION),
                "ROOT", hash(request)));
        byte[] delegation = message(
                Map.of("PUBK", online.verifyKey().toBytes(), "MINT", number(8, 0), "MAXT", number(8, Long.MAX_VALUE)));
        byte[] certificate = message(
                Map.of("DELE", delegation, "SIG\0", sign(longTerm, "RoughTime v1 delegation signature\0", delegation)));
        byte[] message = message(Map.of(
                "SIG\0", sign(online, "RoughTime v1 response signature\0", times),
                "NONC", nonce(request),
                "TYPE", number(4, 1),
                "PATH", new byte[0],
                "SREP", times,
                "CERT", certificate,
                "INDX", number(4, 0)));
        return ByteBuffer.allocate(12 + message.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("ROUGHTIM".getBytes(StandardCharsets.US_ASCII))
                .putInt(message.length)
                .put(message)
                .array();
    }

    /** Requests of this suite carry VER (8 bytes), SRV (32 bytes), NONC, TYPE and ZZZZ. */
    private static byte[] nonce(byte[] request) {
        int values = 12 + 8 * 5;
        return Arrays.copyOfRange(request, values + 40, values + 72);
    }

    private static byte[] message(Map<String, byte[]> values) {
        TreeMap<Long, byte[]> sorted = new TreeMap<>();
        values.forEach((tag, value) -> sorted.put(
                Integer.toUnsignedLong(ByteBuffer.wrap(tag.getBytes(StandardCharsets.US_ASCII))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getInt()),
                value));
        int length = 8 * sorted.size()
                + sorted.values().stream().mapToInt(v -> v.length).sum();
        ByteBuffer out =
                ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).putInt(sorted.size());
        int offset = 0;
        for (byte[] value : sorted.headMap(sorted.lastKey()).values()) {
            offset += value.length;
            out.putInt(offset);
        }
        sorted.keySet().forEach(tag -> out.putInt((int) (long) tag));
        sorted.values().forEach(out::put);
        return out.array();
    }

    private static byte[] number(int length, long value) {
        byte[] eight = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return Arrays.copyOf(eight, length);
    }

    private static byte[] hash(byte[] request) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-512");
            sha.update((byte) 0);
            return Arrays.copyOf(sha.digest(request), 32);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-512 is required of every Java platform", e);
        }
    }

    private static byte[] sign(SigningKey key, String context, byte[] value) {
        byte[] ascii = context.getBytes(StandardCharsets.US_ASCII);
        return key.signRaw(ByteBuffer.allocate(ascii.length + value.length)
                        .put(ascii)
                        .put(value)
                        .array())
                .toBytes();
    }
}
