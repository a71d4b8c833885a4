package online.hypermesh.stoq.messaging;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.random.RandomGenerator;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * Decides when connections to one peer are made, who gets them, and how long to wait after failures. Performs no I/O, reads no
 * clock. Confined.
 *
 * @param <C> a connection
 * @param <W> who waits for one
 */
final class PoolCore<C, W> {
    /** What the driver is to do. */
    sealed interface Action<C, W> {
        /** Make a connection, and report how that went under this number. */
        record Dial<C, W>(long attempt) implements Action<C, W> {}

        record Give<C, W>(W waiter, C connection) implements Action<C, W> {}

        record Fail<C, W>(W waiter, StoqException reason) implements Action<C, W> {}

        /** Call {@link #onTick} at this time. */
        record WakeAt<C, W>(long nanos) implements Action<C, W> {}

        /** The connection was made for an address or with credentials that no longer count. */
        record Discard<C, W>(C connection) implements Action<C, W> {}

        /** A connection is there again where one was lost. */
        record Reconnected<C, W>() implements Action<C, W> {}
    }

    private record Waiting<W>(W waiter, boolean patient) {}

    private final PoolSettings settings;
    private final RandomGenerator random;
    private final List<C> connections = new ArrayList<>(1);
    private final List<Waiting<W>> waiting = new ArrayList<>(0);
    private long attempt;
    private boolean dialing;
    private boolean hadOne;
    private boolean wakeOrdered;
    private int next;
    private int failures;
    private long notBeforeNanos;
    private @Nullable StoqException lastFailure;
    private @Nullable StoqException closed;

    PoolCore(PoolSettings settings, RandomGenerator random) {
        this.settings = settings;
        this.random = random;
    }

    /** A connection to use, the one that waited longest for work; null if there is none. */
    @Nullable
    C pick() {
        if (connections.isEmpty()) {
            return null;
        }
        next = (next + 1) % connections.size();
        return connections.get(next);
    }

    /** Whether {@link #acquire} would do more than {@link #pick}. */
    boolean wantsMore(long nowNanos) {
        return closed == null && connections.size() < settings.connections() && !dialing && !backingOff(nowNanos);
    }

    private boolean backingOff(long nowNanos) {
        return lastFailure != null && nowNanos - notBeforeNanos < 0;
    }

    /**
     * Somebody wants a connection.
     *
     * @param patient whether it waits on while connections cannot be made, until it is withdrawn
     */
    List<Action<C, W>> acquire(long nowNanos, W waiter, boolean patient) {
        List<Action<C, W>> actions = new ArrayList<>(2);
        C open = pick();
        if (closed != null) {
            actions.add(new Action.Fail<>(waiter, closed));
        } else if (open != null) {
            actions.add(new Action.Give<>(waiter, open));
            dial(nowNanos, actions);
        } else if (lastFailure != null && backingOff(nowNanos) && !(patient && worthRepeating(lastFailure))) {
            actions.add(new Action.Fail<>(waiter, lastFailure));
        } else if (waiting.size() >= settings.maxWaiting()) {
            actions.add(new Action.Fail<>(
                    waiter,
                    new StoqException(
                            StoqException.Code.BUSY,
                            Retry.SAME_CALL,
                            settings.maxWaiting() + " requests wait for a connection to this peer already")));
        } else {
            waiting.add(new Waiting<>(waiter, patient));
            dial(nowNanos, actions);
        }
        return actions;
    }

    private void dial(long nowNanos, List<Action<C, W>> actions) {
        if (!wantsMore(nowNanos)) {
            orderWake(nowNanos, actions);
            return;
        }
        dialing = true;
        attempt++;
        actions.add(new Action.Dial<>(attempt));
    }

    private void orderWake(long nowNanos, List<Action<C, W>> actions) {
        if (!dialing && !waiting.isEmpty() && !wakeOrdered && backingOff(nowNanos)) {
            wakeOrdered = true;
            actions.add(new Action.WakeAt<>(notBeforeNanos));
        }
    }

    private static boolean worthRepeating(StoqException failure) {
        return failure.retry() != Retry.NEVER;
    }

    /** The waiter gave up. */
    void withdraw(W waiter) {
        waiting.removeIf(each -> each.waiter() == waiter);
    }

    /** An attempt succeeded. */
    List<Action<C, W>> onDialed(long nowNanos, long number, C connection) {
        List<Action<C, W>> actions = new ArrayList<>();
        if (number != attempt || !dialing || closed != null) {
            actions.add(new Action.Discard<>(connection));
            return actions;
        }
        dialing = false;
        failures = 0;
        lastFailure = null;
        if (connections.isEmpty() && hadOne) {
            actions.add(new Action.Reconnected<>());
        }
        hadOne = true;
        connections.add(connection);
        for (Waiting<W> each : waiting) {
            actions.add(new Action.Give<>(each.waiter(), connection));
        }
        waiting.clear();
        return actions;
    }

    /** An attempt failed: those who wait impatiently are told, the others wait for the next attempt. */
    List<Action<C, W>> onDialFailed(long nowNanos, long number, StoqException reason) {
        List<Action<C, W>> actions = new ArrayList<>();
        if (number != attempt || !dialing) {
            return actions;
        }
        dialing = false;
        lastFailure = reason;
        long ceiling = settings.firstBackoff().toNanos();
        for (int i = 0; i < failures && ceiling < settings.maxBackoff().toNanos(); i++) {
            ceiling *= 2;
        }
        ceiling = Math.min(ceiling, settings.maxBackoff().toNanos());
        failures++;
        notBeforeNanos = nowNanos + random.nextLong(ceiling / 2, ceiling + 1);
        Iterator<Waiting<W>> each = waiting.iterator();
        while (each.hasNext()) {
            Waiting<W> one = each.next();
            if (!one.patient() || !worthRepeating(reason)) {
                each.remove();
                actions.add(new Action.Fail<>(one.waiter(), reason));
            }
        }
        orderWake(nowNanos, actions);
        return actions;
    }

    /** A connection ended, or is about to. */
    void onLost(C connection) {
        connections.remove(connection);
    }

    /** Those given out now. */
    List<C> connections() {
        return List.copyOf(connections);
    }

    /** The time of a {@link Action.WakeAt} has come. */
    List<Action<C, W>> onTick(long nowNanos) {
        List<Action<C, W>> actions = new ArrayList<>(1);
        wakeOrdered = false;
        if (!waiting.isEmpty()) {
            dial(nowNanos, actions);
        }
        return actions;
    }

    /** Address or credentials have changed: what is open or under way no longer counts, and there is no reason to wait. */
    List<Action<C, W>> onReset(long nowNanos) {
        List<Action<C, W>> actions = new ArrayList<>(1);
        attempt++;
        dialing = false;
        connections.clear();
        failures = 0;
        lastFailure = null;
        if (!waiting.isEmpty()) {
            dial(nowNanos, actions);
        }
        return actions;
    }

    /** Nothing is made any more; whoever waits is told. */
    List<Action<C, W>> onClose(StoqException reason) {
        List<Action<C, W>> actions = new ArrayList<>();
        closed = reason;
        for (Waiting<W> each : waiting) {
            actions.add(new Action.Fail<>(each.waiter(), reason));
        }
        waiting.clear();
        return actions;
    }

    /** How long the next attempt must wait. */
    Duration backoff(long nowNanos) {
        return backingOff(nowNanos) ? Duration.ofNanos(notBeforeNanos - nowNanos) : Duration.ZERO;
    }
}
