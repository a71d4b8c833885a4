package online.hypermesh.impl.consensus.driver;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.consensus.Action;
import org.jspecify.annotations.Nullable;

/**
 * Appends final blocks and makes them durable: now and then on a thread of its own, at once where an epoch ends or too many
 * wait. Confined to the consensus thread but for what that thread starts.
 */
final class BlockWriter {
    private static final Logger LOG = System.getLogger(BlockWriter.class.getName());
    private static final long SYNC_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** Finalized blocks that may wait for a sync; a vote log gives back no more of them after a stop of all nodes. */
    private static final int MAX_UNSYNCED_BLOCKS = 32;

    private final BlockStorage storage;
    private final ConsensusMetrics metrics;
    private final ThreadPoolExecutor syncThread = WorkerThread.of("consensus-sync", 1);
    private final AtomicBoolean syncing = new AtomicBoolean();
    private volatile @Nullable HypermeshException syncFailure;
    private volatile long syncedBlocks;
    private long syncedNanos;
    private boolean unsynced;
    private long appendedBlocks;

    BlockWriter(BlockStorage storage, ConsensusMetrics metrics) {
        this.storage = storage;
        this.metrics = metrics;
    }

    void begin() {
        syncedNanos = System.nanoTime();
    }

    void append(Action.Finalized a) {
        for (int i = 0; i < a.blocks().size(); i++) {
            List<Link> links = i == a.blocks().size() - 1 ? a.links() : List.of();
            storage.append(new FinalizedBlock(a.blocks().get(i).block(), a.certificate(), links));
            metrics.finalized(a.blocks().get(i).block().transactions().size());
        }
        unsynced = true;
        appendedBlocks += a.blocks().size();
        if (a.endsEpoch() || appendedBlocks - syncedBlocks >= MAX_UNSYNCED_BLOCKS) {
            storage.sync();
            syncedBlocks = appendedBlocks;
            syncedNanos = System.nanoTime();
            unsynced = false;
        }
    }

    /** Begins to make durable what was appended, when it waited long enough. */
    void syncSometimes() {
        HypermeshException broken = syncFailure;
        if (broken != null) {
            throw broken;
        }
        long now = System.nanoTime();
        if (unsynced && now - syncedNanos > SYNC_NANOS && syncing.compareAndSet(false, true)) {
            unsynced = false;
            syncedNanos = now;
            long upTo = appendedBlocks;
            syncThread.execute(() -> {
                try {
                    storage.sync();
                    if (syncedBlocks < upTo) {
                        syncedBlocks = upTo;
                    }
                } catch (HypermeshException e) {
                    syncFailure = e;
                } finally {
                    syncing.set(false);
                }
            });
        }
    }

    /** The consensus thread has ended. */
    void close() {
        syncThread.shutdown();
        try {
            storage.sync();
        } catch (HypermeshException e) {
            LOG.log(Level.ERROR, "The block storage did not sync at the end", e);
        }
    }
}
