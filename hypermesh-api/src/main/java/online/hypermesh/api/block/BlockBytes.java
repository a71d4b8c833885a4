package online.hypermesh.api.block;

/** Bytes of a sealed block wherever they lie, read by position. Used by one thread at a time. */
public interface BlockBytes {
    /**
     * How many there are.
     *
     * @return bytes
     */
    long length();

    /**
     * Reads a range completely.
     *
     * @param position first byte, at least 0
     * @param to where to
     * @param offset first byte of the target
     * @param length how many; {@code position + length} is at most {@link #length()}
     * @throws online.hypermesh.api.error.HypermeshException STORAGE_FAILED when the medium refuses, CORRUPTED when it has
     *     become shorter
     */
    void read(long position, byte[] to, int offset, int length);
}
