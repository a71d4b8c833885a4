package online.hypermesh.impl.consensus.driver;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.storage.PrunableBlockStorage;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.impl.ledger.StateTree;
import online.hypermesh.impl.snapshot.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * Takes snapshots of the state: after blocks that follow from the chain alone, so that all nodes take the same ones and a
 * joiner can fetch one from many. The consensus thread only notes the state, which is immutable; writing is done beside it. A
 * snapshot that is due while another is written is left out here. Confined to one thread but for what it starts.
 */
final class SnapshotTaker {
    private static final Logger LOG = System.getLogger(SnapshotTaker.class.getName());

    /** A certificate further away belongs to a long catch-up; a later block is near its own. */
    private static final int MAX_LINKS = 64;

    private final Snapshots config;
    private final PrunableBlockStorage storage;
    private final ThreadPoolExecutor writer = WorkerThread.of("snapshot-writer", 1);
    private final AtomicBoolean writing = new AtomicBoolean();
    private long work;
    private @Nullable StateBase noted;

    SnapshotTaker(Snapshots config) {
        this.config = config;
        this.storage = config.blocks();
    }

    /** The next block is final, executed, and still in the tree. */
    void finalized(FinalizedChain.Entry entry) {
        StateBase base = noted;
        noted = null;
        if (base != null && entry.links().size() <= MAX_LINKS && writing.compareAndSet(false, true)) {
            writer.execute(() -> write(base, entry));
        }
        BlockHeader header = entry.block().block().header();
        work += 1 + entry.outcomes().size();
        if (work >= config.work() && Snapshot.isPossibleAfter(header)) {
            // Of many blocks caught up with at once the tree remembers the newest only: then a later one is taken.
            config.base()
                    .apply(entry.executed().id())
                    .filter(here -> work >= here.state().size() / 2)
                    .ifPresent(here -> {
                        noted = here;
                        work = 0;
                    });
        }
    }

    private void write(StateBase base, FinalizedChain.Entry child) {
        try {
            long began = System.nanoTime();
            StateTree.Division division = base.state().divide();
            Snapshot snapshot = new Snapshot(
                    base.header(),
                    child.block().block().header(),
                    child.block().certificate(),
                    child.links(),
                    base.frontier(),
                    division.skeleton());
            // Whoever begins with it finds the blocks after it.
            storage.sync();
            config.store().write(snapshot, division.parts());
            LOG.log(
                    Level.INFO,
                    "Snapshot of height {0} with {1} entries written in {2} ms",
                    String.valueOf(snapshot.height()),
                    String.valueOf(base.state().size()),
                    String.valueOf((System.nanoTime() - began) / 1_000_000));
            prune();
        } catch (HypermeshException e) {
            LOG.log(Level.WARNING, "No snapshot of height " + base.header().height() + " was taken", e);
        } finally {
            writing.set(false);
        }
    }

    /** Every snapshot that is kept has the blocks after it. */
    private void prune() {
        config.retainedBlocks()
                .ifPresent(retained -> config.store().oldestHeight().ifPresent(oldest -> {
                    long below = Math.min(oldest + 1, storage.height() + 1 - retained);
                    if (below > storage.lowest()) {
                        storage.prune(below);
                    }
                }));
    }

    void close() {
        writer.shutdown();
        boolean interrupted = false;
        try {
            writer.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
