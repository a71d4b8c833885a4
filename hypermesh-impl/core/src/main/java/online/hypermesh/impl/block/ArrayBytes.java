package online.hypermesh.impl.block;

import online.hypermesh.api.block.BlockBytes;

/**
 * A sealed block in memory. Thread-safe while the array does not change.
 *
 * @param bytes not copied
 */
public record ArrayBytes(byte[] bytes) implements BlockBytes {
    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public void read(long position, byte[] to, int offset, int length) {
        System.arraycopy(bytes, Math.toIntExact(position), to, offset, length);
    }
}
