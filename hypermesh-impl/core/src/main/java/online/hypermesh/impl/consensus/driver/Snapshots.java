package online.hypermesh.impl.consensus.driver;

import java.util.OptionalLong;
import online.hypermesh.api.storage.PrunableBlockStorage;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.snapshot.SnapshotStore;
import online.hypermesh.impl.storage.HandOverLog;

/**
 * How a node keeps snapshots of its state.
 *
 * @param store where; stays the caller's to close, after the node
 * @param blocks the node's storage
 * @param handOvers how epochs ended; stays the caller's to close, after the node
 * @param tree the node's; tells after which blocks a snapshot is due
 * @param work transactions and blocks after which a snapshot is due; more where the state has more than twice as many entries.
 *     The same on every node of a network, so that joiners find the same snapshot at all of them
 * @param retainedBlocks the node forgets blocks that no snapshot it keeps needs, but for so many of the newest; empty to
 *     forget none
 */
public record Snapshots(
        SnapshotStore store,
        PrunableBlockStorage blocks,
        HandOverLog handOvers,
        LedgerTree tree,
        long work,
        OptionalLong retainedBlocks) {
    /** Work between snapshots, unless chosen otherwise. */
    public static final long DEFAULT_WORK = 131_072;

    /**
     * Checks the numbers.
     *
     * @param store where
     * @param blocks the node's storage
     * @param handOvers how epochs ended
     * @param tree the node's; tells after which blocks a snapshot is due
     * @param work transactions and blocks after which a snapshot is due
     * @param retainedBlocks blocks kept at least
     */
    public Snapshots {
        if (work < 1 || retainedBlocks.orElse(1) < 1) {
            throw new IllegalArgumentException(
                    "work and retainedBlocks must be >= 1, were " + work + " and " + retainedBlocks);
        }
    }
}
