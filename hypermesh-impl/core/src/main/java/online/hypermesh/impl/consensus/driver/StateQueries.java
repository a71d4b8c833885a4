package online.hypermesh.impl.consensus.driver;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.impl.consensus.Finality;
import online.hypermesh.impl.ledger.BlockTree;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Questions about the final state: read from the newest state where a module was asked for before, else asked of the consensus
 * thread. Thread-safe.
 */
final class StateQueries {
    private static final int MAX_READERS = 64;

    private final Lifecycle life;
    private final BlockTree tree;
    private final Inbox inbox;
    private final Duration timeout;
    private final Supplier<Optional<Finality>> headFinality;
    private final Map<String, StateReader> readers = new ConcurrentHashMap<>();

    /** @param headFinality asked on the consensus thread only */
    StateQueries(
            Lifecycle life, BlockTree tree, Inbox inbox, Duration timeout, Supplier<Optional<Finality>> headFinality) {
        this.life = life;
        this.tree = tree;
        this.inbox = inbox;
        this.timeout = timeout;
        this.headFinality = headFinality;
    }

    /** The finalized head has another state; called by the consensus thread. */
    void headIs(Digest head) {
        readers.replaceAll((module, old) -> tree.state(head, module));
    }

    Optional<byte[]> read(String module, byte[] key) {
        StateReader reader = readers.get(module);
        if (reader == null) {
            reader = call(() -> {
                StateReader made = tree.state(tree.finalizedHead().id(), module);
                if (readers.size() < MAX_READERS) {
                    readers.put(module, made);
                }
                return made;
            });
        }
        return reader.get(key);
    }

    /** Remembers nothing, whatever modules peers make up. */
    Optional<byte[]> readForPeer(String module, byte[] key) {
        StateReader reader = readers.get(module);
        return reader != null
                ? reader.get(key)
                : call(() -> tree.state(tree.finalizedHead().id(), module).get(key));
    }

    StateProof prove(String module, byte[] key) {
        byte[] copy = key.clone();
        return call(() -> {
            BlockHeader head = tree.finalizedHead();
            Finality finality = headFinality
                    .get()
                    .orElseThrow(() -> new HypermeshException(
                            Code.NOT_FOUND,
                            Retry.SAME_CALL,
                            "No state root is certified yet at height " + head.height() + "; ask again later"));
            Digest parent = head.previous();
            return new StateProof(
                    module,
                    copy,
                    tree.state(parent, module).get(copy),
                    tree.treePath(parent, module, copy),
                    head,
                    finality.certificate(),
                    finality.links());
        });
    }

    private <T> T call(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Runnable task = () -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                // The question is at fault, not the consensus thread: its asker hears of it.
                answer.completeExceptionally(e);
            }
        };
        if (!life.isOpen()) {
            throw Lifecycle.closedError();
        }
        if (life.failure() != null) {
            // The consensus thread has ended; its tree stays as it left it.
            synchronized (readers) {
                return question.get();
            }
        }
        if (!inbox.own(task)) {
            throw new HypermeshException(Code.BUSY, Retry.SAME_CALL, "The consensus thread is overloaded; ask later");
        }
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypermeshException(Code.CLOSED, Retry.SAME_CALL, "Interrupted while asking the ledger", e);
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT,
                    Retry.SAME_CALL,
                    "The consensus thread did not answer within " + timeout.toMillis() + " ms",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HypermeshException h) {
                throw h;
            }
            if (e.getCause() instanceof IllegalArgumentException) {
                throw new IllegalArgumentException(String.valueOf(e.getCause()), e);
            }
            throw new IllegalStateException("asking the ledger failed", e.getCause());
        }
    }
}
