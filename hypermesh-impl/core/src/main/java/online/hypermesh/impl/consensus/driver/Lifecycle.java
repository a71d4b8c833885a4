package online.hypermesh.impl.consensus.driver;

import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** Whether a node runs, and if not, why. Thread-safe. */
final class Lifecycle {
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable HypermeshException failure;

    void start() {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("a consensus node is started once");
        }
    }

    boolean isStarted() {
        return started.get();
    }

    /** Whether this call was the one that closed. */
    boolean close() {
        return closed.compareAndSet(false, true);
    }

    boolean isClosed() {
        return closed.get();
    }

    boolean isOpen() {
        return started.get() && !closed.get();
    }

    /** Stops the node for good; reads go on. */
    void fail(HypermeshException why) {
        failure = why;
    }

    /** What stopped the node. */
    @Nullable
    HypermeshException failure() {
        return failure;
    }

    static HypermeshException closedError() {
        return new HypermeshException(Code.CLOSED, Retry.NEVER, "The ledger is closed or was not started");
    }
}
