package online.hypermesh.impl.store.s3;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * An object that holds blocks of consecutive heights: {@code "HMBLOCK1"}, the first height in 8 bytes, their number in 4, the
 * length of each in 4, the SHA-256 of all that, then for each its SHA-256 and its bytes. Integers are big-endian.
 */
final class BlockObject {
    /** Most blocks in an object. */
    static final int MAX_BLOCKS = 1 << 16;

    private static final byte[] MAGIC = "HMBLOCK1".getBytes(StandardCharsets.US_ASCII);

    private BlockObject() {}

    /** What an object adds to a block. */
    static int overheadBytes() {
        return Digest.LENGTH;
    }

    static int headerBytes(int count) {
        return MAGIC.length + Long.BYTES + Integer.BYTES + count * Integer.BYTES + Digest.LENGTH;
    }

    static byte[] encode(long first, List<byte[]> blocks) {
        long all = headerBytes(blocks.size());
        for (byte[] block : blocks) {
            all += overheadBytes() + block.length;
        }
        ByteBuffer to = ByteBuffer.allocate(Math.toIntExact(all))
                .put(MAGIC)
                .putLong(first)
                .putInt(blocks.size());
        blocks.forEach(b -> to.putInt(b.length));
        to.put(Digest.sha256(Arrays.copyOf(to.array(), to.position())).toBytes());
        for (byte[] block : blocks) {
            to.put(Digest.sha256(block).toBytes()).put(block);
        }
        return to.array();
    }

    /**
     * Where each block's record begins, and after the last where the object ends.
     *
     * @param header the object's first {@link #headerBytes} bytes
     * @return the offsets; empty when the bytes are no header, or one that was damaged
     */
    static long[] offsets(byte[] header, long first, int count) {
        if (header.length != headerBytes(count)) {
            return new long[0];
        }
        ByteBuffer from = ByteBuffer.wrap(header);
        byte[] magic = new byte[MAGIC.length];
        from.get(magic);
        int covered = header.length - Digest.LENGTH;
        Digest said = Digest.of(Arrays.copyOfRange(header, covered, header.length));
        if (!Arrays.equals(magic, MAGIC)
                || from.getLong() != first
                || from.getInt() != count
                || !Digest.sha256(Arrays.copyOf(header, covered)).equals(said)) {
            return new long[0];
        }
        long[] offsets = new long[count + 1];
        offsets[0] = header.length;
        for (int i = 0; i < count; i++) {
            int length = from.getInt();
            if (length < 0 || length > Integer.MAX_VALUE - overheadBytes()) {
                return new long[0];
            }
            offsets[i + 1] = offsets[i] + overheadBytes() + length;
        }
        return offsets;
    }

    /** The block in a record; null when the record was damaged. */
    static byte @Nullable [] open(byte[] record) {
        if (record.length < overheadBytes()) {
            return null;
        }
        byte[] block = Arrays.copyOfRange(record, overheadBytes(), record.length);
        return Digest.sha256(block).equals(Digest.of(Arrays.copyOf(record, overheadBytes()))) ? block : null;
    }
}
