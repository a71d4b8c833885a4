package online.hypermesh.impl.dht;

import online.hypermesh.stoq.base.id.NetworkId;

/**
 * How a node takes part. Immutable.
 *
 * @param network part of everything signed
 * @param bucketSize nodes per bucket, and nodes that hold a record, 4..64
 * @param disjointPaths paths that share no node, for searches of records, 1..8
 * @param timing how long to wait for whom
 * @param maxPerSite nodes of one /48 in a bucket, 1..64; in one search four times as many. This machine itself is exempt
 * @param maxRecords records and statements stored for others, 1..1048576
 * @param maxPerPeer of them, stored for one peer, 1..maxRecords
 * @param refreshMillis time between searches that keep the table fresh
 */
public record DhtSettings(
        NetworkId network,
        int bucketSize,
        int disjointPaths,
        Timing timing,
        int maxPerSite,
        int maxRecords,
        int maxPerPeer,
        long refreshMillis) {
    /**
     * How long to wait for whom.
     *
     * @param adaptive whether waiting follows what peers showed so far, and slow peers are passed over meanwhile; otherwise
     *     every peer has maxTimeoutMillis
     * @param leastParallel requests under way in a search while all goes well
     * @param mostParallel requests under way when peers are slow or gone
     * @param maxTimeoutMillis longest wait for a peer
     */
    public record Timing(boolean adaptive, int leastParallel, int mostParallel, int maxTimeoutMillis) {
        /** Waiting follows the peers. */
        public static final Timing ADAPTIVE = new Timing(true, 4, 10, 3000);

        /** As in the Kademlia paper: three at a time, a second for each. */
        public static final Timing PLAIN = new Timing(false, 3, 3, 1000);

        /**
         * Checks the ranges.
         *
         * @param adaptive whether waiting follows the peers
         * @param leastParallel 1..mostParallel
         * @param mostParallel up to 64
         * @param maxTimeoutMillis 50..60000
         */
        public Timing {
            within("leastParallel", leastParallel, 1, mostParallel);
            within("mostParallel", mostParallel, 1, 64);
            within("maxTimeoutMillis", maxTimeoutMillis, 50, 60_000);
        }
    }

    /**
     * Checks the ranges.
     *
     * @param network the network
     * @param bucketSize 4..64
     * @param disjointPaths 1..8
     * @param timing waiting
     * @param maxPerSite 1..64
     * @param maxRecords 1..1048576
     * @param maxPerPeer 1..maxRecords
     * @param refreshMillis at least 1000
     */
    public DhtSettings {
        within("bucketSize", bucketSize, 4, 64);
        within("disjointPaths", disjointPaths, 1, 8);
        within("maxPerSite", maxPerSite, 1, 64);
        within("maxRecords", maxRecords, 1, 1 << 20);
        within("maxPerPeer", maxPerPeer, 1, maxRecords);
        within("refreshMillis", refreshMillis, 1000, Long.MAX_VALUE);
    }

    /**
     * Twenty nodes per bucket, four disjoint paths, adaptive waiting, two nodes of a /48 in a bucket, 65,536 records and 1024
     * of one peer, a search every ten minutes.
     *
     * @param network the network
     * @return the settings
     */
    public static DhtSettings of(NetworkId network) {
        return new DhtSettings(network, 20, 4, Timing.ADAPTIVE, 2, 1 << 16, 1024, 600_000);
    }

    private static void within(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " must be in " + least + ".." + most + ", was " + value);
        }
    }
}
