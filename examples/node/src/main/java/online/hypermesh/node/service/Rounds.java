package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Work in rounds that never ends before its executor: a round that fails is logged and followed by the next. */
final class Rounds {
    private static final Logger LOG = System.getLogger(Rounds.class.getName());

    private final ScheduledExecutorService executor;
    private final LongSupplier round;
    private final long millisAfterFailure;

    /**
     * Rounds that {@link #start} begins.
     *
     * @param executor runs them, one at a time
     * @param round gives the milliseconds until the next
     * @param millisAfterFailure until the round after one that failed
     */
    Rounds(ScheduledExecutorService executor, LongSupplier round, long millisAfterFailure) {
        this.executor = executor;
        this.round = round;
        this.millisAfterFailure = millisAfterFailure;
    }

    void start() {
        executor.execute(this::run);
    }

    private void run() {
        long millis = millisAfterFailure;
        try {
            millis = round.getAsLong();
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "a round failed; the next is in " + millis + " ms", e);
        } finally {
            if (!executor.isShutdown()) {
                executor.schedule(this::run, millis, TimeUnit.MILLISECONDS);
            }
        }
    }
}
