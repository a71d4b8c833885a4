package online.hypermesh.impl.consensus.driver;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.storage.PrunableBlockStorage;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.impl.ledger.StateTree;
import online.hypermesh.impl.snapshot.Snapshot;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * Takes snapshots of the state after the blocks that the tree names, which follow from the chain alone, so that all nodes take
 * the same ones and a joiner can fetch one from many. The consensus thread only hands the state over, which is immutable; writing
 * is done beside it, one after the other. Of more than {@value #MAX_WAITING} that wait to be written the oldest are left out: a
 * store keeps no more. Confined to one thread but for what it starts.
 */
final class SnapshotTaker {
    private static final Logger LOG = System.getLogger(SnapshotTaker.class.getName());

    private static final int MAX_WAITING = 2;

    /** A snapshot to be written: the state after a block, and the block after it. */
    private record Waiting(StateBase base, FinalizedBlock child, List<Link> links) {}

    private final Snapshots config;
    private final PrunableBlockStorage storage;
    private final ThreadPoolExecutor writer = WorkerThread.of("snapshot-writer", 1);
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private boolean writing;
    private @Nullable StateBase due;

    SnapshotTaker(Snapshots config) {
        this.config = config;
        this.storage = config.blocks();
        config.tree().scheduleSnapshots(config.work());
    }

    /**
     * The next block is final and executed.
     *
     * @param links from it to the header its certificate names
     */
    void finalized(FinalizedBlock block, Digest id, Supplier<List<Link>> links) {
        StateBase base = due;
        if (base != null && base.header().id().equals(block.block().header().previous())) {
            add(new Waiting(base, block, links.get()));
        }
        due = config.tree().takeDue(id).orElse(null);
    }

    private void add(Waiting next) {
        synchronized (waiting) {
            waiting.addLast(next);
            if (waiting.size() > MAX_WAITING) {
                waiting.removeFirst();
            }
            if (!writing) {
                writing = true;
                writer.execute(this::writeAll);
            }
        }
    }

    private void writeAll() {
        for (Waiting next = next(); next != null; next = next()) {
            write(next);
        }
    }

    private @Nullable Waiting next() {
        synchronized (waiting) {
            writing = !waiting.isEmpty();
            return waiting.pollFirst();
        }
    }

    private void write(Waiting next) {
        StateBase base = next.base;
        try {
            long began = System.nanoTime();
            StateTree.Division division = base.state().divide();
            Snapshot snapshot = new Snapshot(
                    base.header(),
                    next.child.block().header(),
                    next.child.certificate(),
                    next.links,
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
