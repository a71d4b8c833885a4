package online.hypermesh.impl.consensus.driver;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateEntries;
import online.hypermesh.impl.consensus.PendingTransactions;
import online.hypermesh.impl.ledger.Receipts;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** Tells subscribers and submitters of finalized blocks, on its own thread. Thread-safe. */
final class Announcer implements Runnable {
    private static final Logger LOG = System.getLogger(Announcer.class.getName());
    private static final int MAX_WAITING = 65_536;
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long DROPPED_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long FORGET_NANOS = TimeUnit.MINUTES.toNanos(10);

    /** An entry of a block whose receipts a finalized child certifies. */
    record Certified(Receipts receipts, int index, BlockHeader header, Certificate certificate, List<Link> links) {
        Receipt receipt() {
            return receipts.receipt(index, header, certificate, links);
        }

        BundleReceipt receipt(Bundle bundle) {
            return receipts.receipt(bundle, index, header, certificate, links);
        }
    }

    private static final class Waiter {
        private final CompletableFuture<OrderedAt> ordered = new CompletableFuture<>();
        private final CompletableFuture<Certified> certified = new CompletableFuture<>();
        private final long sinceNanos;
        /** When it was last seen in the pool. */
        private long pooledNanos;

        Waiter(long nowNanos) {
            sinceNanos = nowNanos;
            pooledNanos = nowNanos;
        }

        void fail(HypermeshException failure) {
            ordered.completeExceptionally(failure);
            certified.completeExceptionally(failure);
        }
    }

    private final class Subscription implements AutoCloseable {
        private final Ledger.Listener listener;
        private volatile long next;
        private volatile boolean closed;

        Subscription(long from, Ledger.Listener listener) {
            this.next = from;
            this.listener = listener;
        }

        /** Tells of one block if it is this subscription's turn. */
        void tell(FinalizedChain.Entry entry) {
            if (closed || entry.height() != next) {
                return;
            }
            try {
                listener.finalized(entry.block(), entry.outcomes());
                next = entry.height() + 1;
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "A ledger listener failed at height " + next + " and is dropped", e);
                close();
            }
        }

        void catchUp() {
            while (!closed && next <= chain.height()) {
                Optional<FinalizedChain.Entry> entry = chain.entry(next);
                if (entry.isEmpty()) {
                    LOG.log(
                            Level.ERROR,
                            "A ledger listener lags at height " + next + ", more than " + FinalizedChain.MAX_RETAINED
                                    + " blocks behind, and is dropped");
                    close();
                    return;
                }
                tell(entry.get());
            }
        }

        @Override
        public void close() {
            closed = true;
            subscriptions.remove(this);
        }
    }

    private final FinalizedChain chain;
    private final PendingTransactions pending;
    private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
    private final Map<Digest, Waiter> waiters = new ConcurrentHashMap<>();
    private final List<Runnable> answered = new CopyOnWriteArrayList<>();
    private FinalizedChain.@Nullable Entry uncertified;
    private long announced;
    private long nextExpiryNanos;

    Announcer(FinalizedChain chain, PendingTransactions pending) {
        this.chain = chain;
        this.pending = pending;
    }

    /** Everything up to the chain's height was told already. */
    void startAfter(FinalizedChain.@Nullable Entry newest) {
        uncertified = newest;
        announced = newest == null ? chain.height() : newest.height();
    }

    /**
     * The node begins with a state.
     *
     * @throws HypermeshException NOT_FOUND when a subscription wants blocks from before, and cannot go on from the state
     */
    void begins(long height, StateEntries state) {
        for (Subscription s : subscriptions) {
            if (s.next <= height) {
                if (!s.listener.begins(height, state)) {
                    throw new HypermeshException(
                            Code.NOT_FOUND,
                            Retry.NEVER,
                            "A listener wants every block from height " + s.next + " on, and this node begins with the"
                                    + " state after height " + height + ". Let the listener begin with a state, or"
                                    + " start the node without snapshots, which replays all blocks it holds");
                }
                s.next = height + 1;
            }
        }
    }

    /** Tells of a block while the node starts and nobody else tells. */
    void replay(FinalizedChain.Entry entry) {
        subscriptions.forEach(s -> s.tell(entry));
    }

    AutoCloseable subscribe(long from, Ledger.Listener listener, boolean started) {
        if (from < 1) {
            throw new IllegalArgumentException("fromHeight must be >= 1, was " + from);
        }
        if (started && from < chain.lowest()) {
            throw new HypermeshException(
                    Code.NOT_FOUND,
                    Retry.NEVER,
                    "Outcomes are kept from height " + chain.lowest() + " on, asked for height " + from
                            + "; subscribe before the node is started to hear of every block");
        }
        Subscription subscription = new Subscription(from, listener);
        subscriptions.add(subscription);
        chain.wake();
        return subscription;
    }

    /** What a caller waits for, and whether nobody waited for it before. */
    record Expected(CompletionStage<OrderedAt> ordered, CompletionStage<Certified> certified, boolean first) {}

    /** Remembers who waits for an entry; several callers share one answer. */
    Expected expect(Digest entryId, long nowNanos) {
        if (waiters.size() >= MAX_WAITING) {
            throw new HypermeshException(
                    Code.BUSY,
                    Retry.SAME_CALL,
                    MAX_WAITING + " submitted transactions and bundles wait for finality; wait for some of them");
        }
        Waiter made = new Waiter(nowNanos);
        Waiter known = waiters.putIfAbsent(entryId, made);
        Waiter waiter = known == null ? made : known;
        return new Expected(
                waiter.ordered.minimalCompletionStage(), waiter.certified.minimalCompletionStage(), known == null);
    }

    private static void runGuarded(Runnable what) {
        try {
            what.run();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "Answers to submitters could not be sent; they ask again", e);
        }
    }

    /** Runs something on this thread whenever all who waited for a block were answered. */
    void whenAnswered(Runnable what) {
        answered.add(what);
    }

    void refuse(Digest entryId, HypermeshException failure) {
        Waiter waiter = waiters.remove(entryId);
        if (waiter != null) {
            waiter.fail(failure);
        }
    }

    void failAll(HypermeshException failure) {
        List<Digest> ids = new ArrayList<>(waiters.keySet());
        ids.forEach(id -> refuse(id, failure));
    }

    @Override
    public void run() {
        try {
            while (chain.awaitAbove(announced, WAIT_NANOS)) {
                while (announced < chain.height()) {
                    long next = announced + 1;
                    Optional<FinalizedChain.Entry> entry = chain.entry(next);
                    entry.ifPresent(this::answer);
                    answered.forEach(Announcer::runGuarded);
                    uncertified = entry.orElse(null);
                    announced = next;
                }
                subscriptions.forEach(Subscription::catchUp);
                chain.consumedUpTo(subscriptions.stream().mapToLong(s -> s.next).reduce(announced, Math::min));
                expire(System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void expire(long nowNanos) {
        if (nowNanos - nextExpiryNanos < 0) {
            return;
        }
        nextExpiryNanos = nowNanos + WAIT_NANOS;
        waiters.forEach((id, waiter) -> {
            if (pending.contains(id) || waiter.ordered.isDone()) {
                waiter.pooledNanos = nowNanos;
            } else if (nowNanos - waiter.pooledNanos > DROPPED_NANOS) {
                refuse(
                        id,
                        new HypermeshException(
                                Code.CONFLICT,
                                Retry.WHOLE_OPERATION,
                                "Transaction " + id
                                        + " can no longer be executed: a later nonce of its sender became final"
                                        + " first. Sign it again with a larger nonce"));
            }
            if (nowNanos - waiter.sinceNanos > FORGET_NANOS) {
                refuse(
                        id,
                        new HypermeshException(
                                Code.TIMEOUT,
                                Retry.WHOLE_OPERATION,
                                "Transaction " + id + " was not finalized within 10 minutes; read the state before"
                                        + " submitting it again"));
            }
        });
    }

    private void answer(FinalizedChain.Entry entry) {
        if (waiters.isEmpty()) {
            return;
        }
        int index = 0;
        for (BodyEntry e : entry.block().block().entries()) {
            Waiter waiter = waiters.get(e.id());
            if (waiter != null) {
                waiter.ordered.complete(
                        new OrderedAt(entry.height(), index, entry.executed().id()));
            }
            index += e.transactions().size();
        }
        FinalizedChain.Entry parent = uncertified;
        if (parent != null) {
            certify(parent, entry);
        }
    }

    private void certify(FinalizedChain.Entry parent, FinalizedChain.Entry child) {
        Block block = parent.block().block();
        if (block.entries().stream().noneMatch(e -> waiters.containsKey(e.id()))) {
            return;
        }
        Receipts receipts = parent.executed().receipts();
        BlockHeader header = child.block().block().header();
        int index = 0;
        for (BodyEntry e : block.entries()) {
            Waiter waiter = waiters.remove(e.id());
            if (waiter != null) {
                waiter.ordered.complete(
                        new OrderedAt(parent.height(), index, parent.executed().id()));
                waiter.certified.complete(
                        new Certified(receipts, index, header, child.block().certificate(), child.links()));
            }
            index += e.transactions().size();
        }
    }
}
