package online.hypermesh.stoq.session;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * A bounded line of things that wait to be accepted one by one, or go to a handler once there is one. Thread-safe.
 *
 * @param <T> what waits
 */
final class WaitingLine<T> {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<T> waiting = new ArrayDeque<>(2);
    private final int limit;
    private boolean shut;
    private @Nullable Consumer<? super T> handler;
    private @Nullable StoqException over;

    WaitingLine(int limit) {
        this.limit = limit;
    }

    /** Keeps everything waiting, even if there is a handler, until {@link #open}. */
    void shut() {
        lock.lock();
        try {
            shut = true;
        } finally {
            lock.unlock();
        }
    }

    /** Hands out what waits, and what comes from now on. */
    void open() {
        Consumer<? super T> target;
        List<T> already = new ArrayList<>();
        lock.lock();
        try {
            shut = false;
            target = handler;
            if (target != null) {
                already.addAll(waiting);
                waiting.clear();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (target != null) {
            already.forEach(target);
        }
    }

    /** Adds one, or hands it to the handler; false if too many wait. */
    boolean add(T arrived) {
        Consumer<? super T> target;
        lock.lock();
        try {
            target = shut ? null : handler;
            if (target == null) {
                if (waiting.size() >= limit) {
                    return false;
                }
                waiting.add(arrived);
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
        if (target != null) {
            target.accept(arrived);
        }
        return true;
    }

    /** Waits for one. */
    T take(Duration deadline, String what) {
        long left = deadline.toNanos();
        lock.lock();
        try {
            while (waiting.isEmpty() || shut) {
                if (over != null) {
                    throw BufferedStream.copyOf(over);
                }
                if (left <= 0) {
                    throw new StoqException(
                            StoqException.Code.TIMEOUT,
                            Retry.SAME_CALL,
                            what + " within the deadline of " + TimeUnit.NANOSECONDS.toMillis(deadline.toNanos())
                                    + " ms");
                }
                left = changed.awaitNanos(left);
            }
            return waiting.remove();
        } catch (InterruptedException e) {
            throw BufferedStream.interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    /** Hands what waits, and what comes from now on, to a handler. */
    void handTo(Consumer<? super T> newHandler) {
        List<T> already;
        lock.lock();
        try {
            handler = newHandler;
            if (shut) {
                return;
            }
            already = new ArrayList<>(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        already.forEach(newHandler);
    }

    /** Nothing comes any more: whoever finds nothing waiting fails. */
    void end(StoqException reason) {
        lock.lock();
        try {
            over = reason;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
