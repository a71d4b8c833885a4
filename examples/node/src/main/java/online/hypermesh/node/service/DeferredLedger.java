package online.hypermesh.node.service;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * The node's ledger before and after consensus starts. Before, it shows the founding state and takes no transactions.
 * Thread-safe.
 */
final class DeferredLedger implements Ledger {
    /** Reads the founding state. */
    @FunctionalInterface
    interface FoundingState {
        Optional<byte[]> read(String module, byte[] key);
    }

    private final Genesis genesis;
    private final FoundingState founding;
    private final List<Pending> waiting = new ArrayList<>();
    private volatile @Nullable Ledger started;

    DeferredLedger(Genesis genesis, FoundingState founding) {
        this.genesis = genesis;
        this.founding = founding;
    }

    /** A subscription made before the ledger started. */
    private static final class Pending implements AutoCloseable {
        private final long fromHeight;
        private final Listener listener;
        private @Nullable AutoCloseable subscription;
        private boolean closed;

        Pending(long fromHeight, Listener listener) {
            this.fromHeight = fromHeight;
            this.listener = listener;
        }

        synchronized void start(Ledger ledger) {
            if (!closed) {
                subscription = ledger.subscribe(fromHeight, listener);
            }
        }

        @Override
        public synchronized void close() throws Exception {
            closed = true;
            if (subscription != null) {
                subscription.close();
            }
        }
    }

    /**
     * From now on everything goes to the real ledger. Subscriptions made so far are moved before it starts, so that they hear
     * what it replays.
     */
    void attach(Ledger ledger, Runnable start) {
        synchronized (waiting) {
            if (started != null) {
                throw new IllegalStateException("the ledger was attached before");
            }
            waiting.forEach(p -> p.start(ledger));
            waiting.clear();
            start.run();
            started = ledger;
        }
    }

    boolean isStarted() {
        return started != null;
    }

    @Override
    public Genesis genesis() {
        return genesis;
    }

    @Override
    public long finalizedHeight() {
        Ledger ledger = started;
        return ledger == null ? 0 : ledger.finalizedHeight();
    }

    @Override
    public Optional<FinalizedBlock> block(long height) {
        Ledger ledger = started;
        return ledger == null ? Optional.empty() : ledger.block(height);
    }

    @Override
    public CompletionStage<Receipt> submit(Transaction transaction) {
        Ledger ledger = started;
        return ledger == null ? CompletableFuture.failedFuture(tooEarly()) : ledger.submit(transaction);
    }

    @Override
    public Optional<byte[]> read(String module, byte[] key) {
        Ledger ledger = started;
        return ledger == null ? founding.read(module, key) : ledger.read(module, key);
    }

    @Override
    public StateProof prove(String module, byte[] key) {
        Ledger ledger = started;
        if (ledger == null) {
            throw tooEarly();
        }
        return ledger.prove(module, key);
    }

    @Override
    public Optional<HandOver> handOver(long epoch) {
        Ledger ledger = started;
        return ledger == null ? Optional.empty() : ledger.handOver(epoch);
    }

    @Override
    public Optional<AncestorProof> ancestor(long height) {
        Ledger ledger = started;
        return ledger == null ? Optional.empty() : ledger.ancestor(height);
    }

    @Override
    public AutoCloseable subscribe(long fromHeight, Listener listener) {
        Ledger ledger;
        Pending pending = new Pending(fromHeight, listener);
        synchronized (waiting) {
            ledger = started;
            if (ledger == null) {
                waiting.add(pending);
                return pending;
            }
        }
        return ledger.subscribe(fromHeight, listener);
    }

    private static HypermeshException tooEarly() {
        return new HypermeshException(
                Code.WRONG_PHASE,
                Retry.WHOLE_OPERATION,
                "this node is in Phase 0 and has no ledger yet. Wait until it is in Phase 1: hypermesh status");
    }
}
