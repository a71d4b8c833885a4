package online.hypermesh.impl.ledger;

import online.hypermesh.api.ledger.BlockHeader;

/**
 * After which blocks a snapshot of the state is due. It follows from the chain, so all nodes with the same setting have the same
 * ones, however fast they go along it. Deterministic; confined to one thread.
 */
public final class SnapshotSchedule {
    private final long every;
    private long work;

    /**
     * Begins after a block after which a snapshot was due, or the genesis.
     *
     * @param every transactions and blocks after which a snapshot is due; more where the state has more than twice as many
     *     entries
     */
    public SnapshotSchedule(long every) {
        if (every < 1) {
            throw new IllegalArgumentException("snapshots are due after at least 1 unit of work, got " + every);
        }
        this.every = every;
    }

    /**
     * Whether a snapshot may be taken after a block: where an ancestor index can go on, and not at the end of an epoch.
     *
     * @param header the block's
     * @return false for most heights
     */
    public static boolean isPossibleAfter(BlockHeader header) {
        return (header.height() + 1) % AncestorIndex.CHUNK == 0 && !header.isClosing();
    }

    /**
     * The next block is final.
     *
     * @param header the block's
     * @param transactions executed in it
     * @param entries of the state after it
     * @return whether a snapshot is due after it
     */
    public boolean isDue(BlockHeader header, int transactions, long entries) {
        work += 1 + transactions;
        if (work < every || work < entries / 2 || !isPossibleAfter(header)) {
            return false;
        }
        work = 0;
        return true;
    }
}
