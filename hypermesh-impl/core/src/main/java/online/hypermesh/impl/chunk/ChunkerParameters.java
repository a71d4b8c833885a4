package online.hypermesh.impl.chunk;

/**
 * Sizes that govern where content is cut. Immutable.
 *
 * @param minBytes smallest chunk but for the last one, even, 64..avgBytes
 * @param avgBytes the size aimed at, a power of two, 1024..1048576
 * @param maxBytes largest chunk, even, avgBytes..4194304
 */
public record ChunkerParameters(int minBytes, int avgBytes, int maxBytes) {
    /** 2 KiB, 8 KiB, 64 KiB: for chunks that are stored in packs. */
    public static final ChunkerParameters SMALL = new ChunkerParameters(2 << 10, 8 << 10, 64 << 10);

    /** 16 KiB, 64 KiB, 256 KiB: fewer, larger chunks. */
    public static final ChunkerParameters LARGE = new ChunkerParameters(16 << 10, 64 << 10, 256 << 10);

    /**
     * Checks every range.
     *
     * @param minBytes even, 64..avgBytes
     * @param avgBytes a power of two, 1024..1048576
     * @param maxBytes even, avgBytes..4194304
     */
    public ChunkerParameters {
        if (avgBytes < 1024 || avgBytes > 1 << 20 || Integer.bitCount(avgBytes) != 1) {
            throw new IllegalArgumentException("avgBytes must be a power of two in 1024..1048576, was " + avgBytes);
        }
        if (minBytes < 64 || minBytes > avgBytes || (minBytes & 1) != 0) {
            throw new IllegalArgumentException("minBytes must be even and in 64.." + avgBytes + ", was " + minBytes);
        }
        if (maxBytes < avgBytes || maxBytes > 4 << 20 || (maxBytes & 1) != 0) {
            throw new IllegalArgumentException(
                    "maxBytes must be even and in " + avgBytes + "..4194304, was " + maxBytes);
        }
    }
}
