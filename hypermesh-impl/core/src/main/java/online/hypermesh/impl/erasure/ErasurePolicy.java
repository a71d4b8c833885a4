package online.hypermesh.impl.erasure;

/**
 * How many shards content becomes: any {@code dataShards} of them restore it. Immutable.
 *
 * @param dataShards shards that hold the content itself, 1..128
 * @param parityShards shards that may be lost or corrupt, 1..128
 */
public record ErasurePolicy(int dataShards, int parityShards) {
    /** 1.5 times the content, survives two losses. */
    public static final ErasurePolicy RS_4_2 = new ErasurePolicy(4, 2);

    /** 1.4 times the content, survives four losses; for nodes that are up 98 % of the time and more. */
    public static final ErasurePolicy RS_10_4 = new ErasurePolicy(10, 4);

    /** Twice the content, survives twenty losses; for nodes that come and go. */
    public static final ErasurePolicy RS_20_20 = new ErasurePolicy(20, 20);

    /** Most shards of either kind. */
    public static final int MAX_SHARDS = 128;

    /** Content that one set of shards holds at most, in bytes. */
    public static final int MAX_CONTENT_BYTES = 64 * 1024 * 1024;

    /** Lengths of shards are multiples of this. */
    public static final int UNIT_BYTES = 64;

    /**
     * Checks the ranges.
     *
     * @param dataShards 1..128
     * @param parityShards 1..128
     */
    public ErasurePolicy {
        if (dataShards < 1 || dataShards > MAX_SHARDS) {
            throw new IllegalArgumentException("dataShards must be in 1.." + MAX_SHARDS + ", was " + dataShards);
        }
        if (parityShards < 1 || parityShards > MAX_SHARDS) {
            throw new IllegalArgumentException("parityShards must be in 1.." + MAX_SHARDS + ", was " + parityShards);
        }
    }

    /**
     * All shards.
     *
     * @return dataShards + parityShards
     */
    public int shards() {
        return dataShards + parityShards;
    }

    /**
     * How long each shard is.
     *
     * @param contentBytes length of the content, 1..{@link #MAX_CONTENT_BYTES}
     * @return a multiple of {@link #UNIT_BYTES}
     */
    public int shardBytes(int contentBytes) {
        if (contentBytes < 1 || contentBytes > MAX_CONTENT_BYTES) {
            throw new IllegalArgumentException(
                    "content has 1.." + MAX_CONTENT_BYTES + " bytes, got " + contentBytes + "; code it in parts");
        }
        int share = (contentBytes + dataShards - 1) / dataShards;
        return (share + UNIT_BYTES - 1) / UNIT_BYTES * UNIT_BYTES;
    }
}
