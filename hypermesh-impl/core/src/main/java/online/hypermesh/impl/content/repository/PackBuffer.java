package online.hypermesh.impl.content.repository;

/** The plaintext of a pack that fills up. Confined to one thread at a time. */
final class PackBuffer {
    private final byte[] plain;
    private int[] lengths = new int[1024];
    private int length;
    private int count;

    PackBuffer(int plainBytes) {
        this.plain = new byte[plainBytes];
    }

    boolean fits(int bytes) {
        return length + bytes + (count + 1) * PackFormat.LENGTH_BYTES + PackFormat.COUNT_BYTES <= plain.length;
    }

    /** Appends a chunk that fits; returns its offset. */
    int add(byte[] source, int offset, int bytes) {
        System.arraycopy(source, offset, plain, length, bytes);
        if (count == lengths.length) {
            lengths = java.util.Arrays.copyOf(lengths, count * 2);
        }
        lengths[count++] = bytes;
        int at = length;
        length += bytes;
        return at;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Writes lengths and number behind the chunks; returns the length of the whole. */
    int finish() {
        int at = length;
        for (int i = 0; i < count; i++) {
            Bytes.putTriple(plain, at, lengths[i]);
            at += PackFormat.LENGTH_BYTES;
        }
        Bytes.putInt(plain, at, count);
        return at + PackFormat.COUNT_BYTES;
    }

    byte[] plain() {
        return plain;
    }

    void reset() {
        length = 0;
        count = 0;
    }
}
