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
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.impl.consensus.ExecutedBlock;
import online.hypermesh.impl.consensus.Finality;
import online.hypermesh.stoq.base.crypto.Digest;

/** The newest finalized blocks with their outcomes, between the consensus thread and those who listen. Thread-safe. */
final class FinalizedChain {
    /** Blocks kept at least. */
    static final int RETAINED = 1024;
    /** Blocks kept at most for listeners that lag. */
    static final int MAX_RETAINED = 65_536;

    /**
     * A finalized block.
     *
     * @param links from it to the header its certificate names
     */
    record Entry(FinalizedBlock block, ExecutedBlock executed, List<Link> links) {
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

    /**
     * @param links from the last block to the header the certificate names
     * @param paths across many blocks
     */
    void append(List<ExecutedBlock> blocks, Certificate certificate, List<Link> links, AncestorPaths paths) {
        List<BlockHeader> headers = blocks.stream().map(b -> b.block().header()).toList();
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
                                links(headers, i, links, paths)));
            }
            while (entries.size() > MAX_RETAINED || (entries.size() > RETAINED && entries.firstKey() < consumed)) {
                entries.pollFirstEntry();
            }
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** From one block to the last, and on from there. */
    private static List<Link> links(List<BlockHeader> headers, int from, List<Link> beyond, AncestorPaths paths) {
        int last = headers.size() - 1;
        List<Link> links = new ArrayList<>();
        Optional<List<Digest>> path = last - from <= Finality.MAX_DIRECT_LINKS
                ? Optional.empty()
                : paths.path(headers.get(from).height(), headers.get(last).height());
        if (path.isPresent()) {
            links.add(new Link(headers.get(last), path.get()));
        } else {
            links.addAll(Link.direct(headers.subList(from + 1, headers.size())));
        }
        links.addAll(beyond);
        return List.copyOf(links);
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
