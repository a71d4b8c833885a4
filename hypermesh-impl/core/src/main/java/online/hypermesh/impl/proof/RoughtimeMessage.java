package online.hypermesh.impl.proof;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A Roughtime message (draft-ietf-ntp-roughtime-19 §5): tags in ascending order, each with a value of a multiple of four
 * bytes; all numbers little-endian. Confined to one thread.
 */
final class RoughtimeMessage {
    static final int SIG = tag("SIG\0");
    static final int VER = tag("VER\0");
    static final int SRV = tag("SRV\0");
    static final int NONC = tag("NONC");
    static final int TYPE = tag("TYPE");
    static final int PATH = tag("PATH");
    static final int SREP = tag("SREP");
    static final int CERT = tag("CERT");
    static final int INDX = tag("INDX");
    static final int RADI = tag("RADI");
    static final int MIDP = tag("MIDP");
    static final int VERS = tag("VERS");
    static final int ROOT = tag("ROOT");
    static final int DELE = tag("DELE");
    static final int PUBK = tag("PUBK");
    static final int MINT = tag("MINT");
    static final int MAXT = tag("MAXT");
    static final int ZZZZ = tag("ZZZZ");

    private static final byte[] MAGIC = {'R', 'O', 'U', 'G', 'H', 'T', 'I', 'M'};
    private static final int MAX_TAGS = 32;

    private final TreeMap<Long, byte[]> values = new TreeMap<>();

    RoughtimeMessage() {}

    RoughtimeMessage put(int tag, byte[] value) {
        if (value.length % 4 != 0) {
            throw new IllegalArgumentException("a value has a multiple of 4 bytes, got " + value.length);
        }
        values.put(Integer.toUnsignedLong(tag), value);
        return this;
    }

    Optional<byte[]> get(int tag) {
        return Optional.ofNullable(values.get(Integer.toUnsignedLong(tag)));
    }

    /** The value of a tag, if it has exactly this many bytes. */
    Optional<byte[]> get(int tag, int length) {
        return get(tag).filter(value -> value.length == length);
    }

    byte[] encode() {
        int header = 8 * values.size();
        int total = header;
        for (byte[] value : values.values()) {
            total += value.length;
        }
        ByteBuffer out =
                ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN).putInt(values.size());
        int offset = 0;
        boolean first = true;
        for (byte[] value : values.values()) {
            if (!first) {
                out.putInt(offset);
            }
            first = false;
            offset += value.length;
        }
        values.keySet().forEach(tag -> out.putInt((int) (long) tag));
        values.values().forEach(out::put);
        return out.array();
    }

    /** With the header that packets have. */
    byte[] packet() {
        byte[] message = encode();
        return ByteBuffer.allocate(12 + message.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .putInt(message.length)
                .put(message)
                .array();
    }

    static Optional<RoughtimeMessage> ofPacket(byte[] packet) {
        if (packet.length < 12 || !Arrays.equals(packet, 0, 8, MAGIC, 0, 8)) {
            return Optional.empty();
        }
        int length = ByteBuffer.wrap(packet).order(ByteOrder.LITTLE_ENDIAN).getInt(8);
        return length == packet.length - 12 ? decode(Arrays.copyOfRange(packet, 12, packet.length)) : Optional.empty();
    }

    /** Strict: offsets and tags ascend, everything lies inside, nothing is left over. */
    static Optional<RoughtimeMessage> decode(byte[] bytes) {
        if (bytes.length < 8 || bytes.length % 4 != 0) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int count = in.getInt();
        if (count < 1 || count > MAX_TAGS || bytes.length < 8 * count) {
            return Optional.empty();
        }
        int[] starts = new int[count + 1];
        int body = bytes.length - 8 * count;
        for (int i = 1; i < count; i++) {
            starts[i] = in.getInt();
            if (starts[i] < starts[i - 1] || starts[i] > body || starts[i] % 4 != 0) {
                return Optional.empty();
            }
        }
        starts[count] = body;
        RoughtimeMessage message = new RoughtimeMessage();
        long last = -1;
        for (int i = 0; i < count; i++) {
            long tag = Integer.toUnsignedLong(in.getInt());
            if (tag <= last) {
                return Optional.empty();
            }
            last = tag;
            message.values.put(tag, Arrays.copyOfRange(bytes, 8 * count + starts[i], 8 * count + starts[i + 1]));
        }
        return Optional.of(message);
    }

    static byte[] uint32(long value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) value)
                .array();
    }

    static byte[] uint64(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    static long number(byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        return value.length == 8 ? in.getLong() : Integer.toUnsignedLong(in.getInt());
    }

    private static int tag(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
    }
}
