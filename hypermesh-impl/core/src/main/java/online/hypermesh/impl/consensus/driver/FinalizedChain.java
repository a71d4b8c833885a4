package online.hypermesh.impl.consensus.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.impl.consensus.ExecutedBlock;

/** The newest finalized blocks with their outcomes, between the consensus thread and those who listen. Thread-safe. */
final class FinalizedChain {
    /** Blocks kept at least. */
    static final int RETAINED = 1024;
    /** Blocks kept at most for listeners that lag. */
    static final int MAX_RETAINED = 65_536;

    /**
     * A finalized block.
     *
     * @param links headers from its successor up to the one its certificate names
     */
    record Entry(FinalizedBlock block, ExecutedBlock executed, List<BlockHeader> links) {
        long height() {
            return executed.block().header().height();
        }

        List<Outcome> outcomes() {
            return executed.outcomes();
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition grown = lock.newCondition();
    private final TreeMap<Long, Entry> entries = new TreeMap<>();
    private long height;
    private long consumed = Long.MAX_VALUE;
    private boolean closed;

    /** Begins after a block that was final before. */
    void beginAfter(long finalized) {
        lock.lock();
        try {
            height = finalized;
        } finally {
            lock.unlock();
        }
    }

    /** @param links headers from the last block's successor up to the one the certificate names */
    void append(List<ExecutedBlock> blocks, Certificate certificate, List<BlockHeader> links) {
        List<BlockHeader> headers =
                new ArrayList<>(blocks.stream().map(b -> b.block().header()).toList());
        headers.addAll(links);
        lock.lock();
        try {
            for (int i = 0; i < blocks.size(); i++) {
                ExecutedBlock b = blocks.get(i);
                height = headers.get(i).height();
                entries.put(
                        height,
                        new Entry(
                                new FinalizedBlock(b.block(), certificate, i == blocks.size() - 1 ? links : List.of()),
                                b,
                                List.copyOf(headers.subList(i + 1, headers.size()))));
            }
            while (entries.size() > MAX_RETAINED || (entries.size() > RETAINED && entries.firstKey() < consumed)) {
                entries.pollFirstEntry();
            }
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }

    long height() {
        lock.lock();
        try {
            return height;
        } finally {
            lock.unlock();
        }
    }

    /** Lowest height still kept; {@code height() + 1} when nothing is. */
    long lowest() {
        lock.lock();
        try {
            return entries.isEmpty() ? height + 1 : entries.firstKey();
        } finally {
            lock.unlock();
        }
    }

    Optional<Entry> entry(long wanted) {
        lock.lock();
        try {
            return Optional.ofNullable(entries.get(wanted));
        } finally {
            lock.unlock();
        }
    }

    /** Blocks from this height on are still wanted by somebody. */
    void consumedUpTo(long from) {
        lock.lock();
        try {
            consumed = from;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the chain is higher than a height; false when closed. */
    boolean awaitAbove(long known, long waitNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = waitNanos;
            while (!closed && height <= known && left > 0) {
                left = grown.awaitNanos(left);
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    void wake() {
        lock.lock();
        try {
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
