package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.stoq.base.error.CodedException;

/** Work that is never done twice at a time; what fails is tried again when its owner says so. Thread-safe. */
final class SingleWork {
    private static final Logger LOG = System.getLogger(SingleWork.class.getName());

    private final Executor workers;
    private final AtomicBoolean underWay = new AtomicBoolean();

    SingleWork(Executor workers) {
        this.workers = workers;
    }

    /** Hands work to the workers unless some is under way, or they are busy. */
    void start(Runnable task) {
        if (!underWay.compareAndSet(false, true)) {
            return;
        }
        try {
            workers.execute(() -> {
                try {
                    task.run();
                } catch (CodedException e) {
                    LOG.log(Level.INFO, "tried again later: {0}", e.getMessage());
                } finally {
                    underWay.set(false);
                }
            });
        } catch (RejectedExecutionException e) {
            underWay.set(false);
        }
    }
}
