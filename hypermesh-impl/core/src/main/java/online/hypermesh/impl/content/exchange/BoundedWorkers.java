package online.hypermesh.impl.content.exchange;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/** A bounded number of daemon threads with a bounded queue. Thread-safe. */
final class BoundedWorkers implements AutoCloseable {
    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor executor;
    private final int queue;

    BoundedWorkers(String name, int threads, int queue) {
        AtomicInteger number = new AtomicInteger();
        this.queue = queue;
        this.executor = new ThreadPoolExecutor(
                threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(queue), task -> {
                    Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
    }

    /** Starts a task unless everything is full or closed. */
    boolean offer(Runnable task) {
        try {
            executor.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    <T> Future<T> submit(Callable<T> task) {
        try {
            return executor.submit(task);
        } catch (RejectedExecutionException e) {
            throw executor.isShutdown()
                    ? new HypermeshException(Code.CLOSED, Retry.NEVER, "The pack exchange was closed", e)
                    : new HypermeshException(
                            Code.BUSY, Retry.SAME_CALL, queue + " pack transfers are waiting already; try later", e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
