package online.hypermesh.stoq.messaging;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * Decides in which order and when several addresses of one peer are tried, RFC 8305 section 5: one after the other with a
 * delay, earlier if the one before fails; the first to succeed wins and the others are given up. Performs no I/O, reads no
 * clock. Confined.
 *
 * @param <C> a connection
 */
final class RaceCore<C> {
    /** What the driver is to do. */
    sealed interface Action<C> {
        record Start<C>(int address) implements Action<C> {}

        /** Stop an attempt; a connection that it makes nevertheless is reported, and discarded. */
        record Stop<C>(int address) implements Action<C> {}

        record Discard<C>(C connection) implements Action<C> {}

        /** Call {@link #onTick} at this time. */
        record WakeAt<C>(long nanos) implements Action<C> {}

        record Won<C>(int address, C connection) implements Action<C> {}

        record Lost<C>(StoqException reason) implements Action<C> {}
    }

    private enum State {
        UNTRIED,
        RUNNING,
        FAILED,
        STOPPED
    }

    private final List<String> names;
    private final long delayNanos;
    private final State[] states;
    private final @Nullable StoqException[] reasons;
    private long nextAtNanos;
    private boolean decided;

    /**
     * @param names of the addresses, the preferred first, for people
     * @param delayNanos how long an attempt has for itself
     */
    RaceCore(List<String> names, long delayNanos) {
        this.names = List.copyOf(names);
        this.delayNanos = delayNanos;
        states = new State[names.size()];
        Arrays.fill(states, State.UNTRIED);
        reasons = new StoqException[names.size()];
    }

    List<Action<C>> start(long nowNanos) {
        List<Action<C>> actions = new ArrayList<>(2);
        startNext(nowNanos, actions);
        return actions;
    }

    private void startNext(long nowNanos, List<Action<C>> actions) {
        for (int i = 0; i < states.length; i++) {
            if (states[i] == State.UNTRIED) {
                states[i] = State.RUNNING;
                actions.add(new Action.Start<>(i));
                if (i + 1 < states.length) {
                    nextAtNanos = nowNanos + delayNanos;
                    actions.add(new Action.WakeAt<>(nextAtNanos));
                }
                return;
            }
        }
    }

    /** The time of a {@link Action.WakeAt} has come; one that was overtaken by a failure has no effect. */
    List<Action<C>> onTick(long nowNanos) {
        List<Action<C>> actions = new ArrayList<>(2);
        if (!decided && nowNanos - nextAtNanos >= 0) {
            startNext(nowNanos, actions);
        }
        return actions;
    }

    List<Action<C>> onConnected(int address, C connection) {
        List<Action<C>> actions = new ArrayList<>();
        if (decided) {
            actions.add(new Action.Discard<>(connection));
            return actions;
        }
        decided = true;
        actions.add(new Action.Won<>(address, connection));
        stopOthers(address, actions);
        return actions;
    }

    private void stopOthers(int address, List<Action<C>> actions) {
        for (int i = 0; i < states.length; i++) {
            if (i != address && states[i] == State.RUNNING) {
                states[i] = State.STOPPED;
                actions.add(new Action.Stop<>(i));
            }
        }
    }

    List<Action<C>> onFailed(long nowNanos, int address, StoqException reason) {
        List<Action<C>> actions = new ArrayList<>(2);
        if (decided) {
            return actions;
        }
        states[address] = State.FAILED;
        reasons[address] = reason;
        startNext(nowNanos, actions);
        for (State state : states) {
            if (state != State.FAILED) {
                return actions;
            }
        }
        decided = true;
        actions.add(new Action.Lost<>(everyReason("")));
        return actions;
    }

    /** The deadline has passed, or nobody waits any more. */
    List<Action<C>> onGivenUp() {
        List<Action<C>> actions = new ArrayList<>();
        if (!decided) {
            decided = true;
            stopOthers(-1, actions);
            actions.add(new Action.Lost<>(everyReason("not answered within the deadline")));
        }
        return actions;
    }

    private StoqException everyReason(String otherwise) {
        StoqException first = reasons[0];
        if (reasons.length == 1 && first != null) {
            return first;
        }
        StringBuilder told = new StringBuilder("none of ")
                .append(names.size())
                .append(names.size() == 1 ? " address" : " addresses")
                .append(" of the peer leads to it");
        StoqException.Code code = null;
        Retry retry = Retry.NEVER;
        for (int i = 0; i < names.size(); i++) {
            StoqException reason = reasons[i];
            StoqException.Code own = reason == null ? StoqException.Code.TIMEOUT : reason.code();
            code = code == null || code == own ? own : StoqException.Code.UNREACHABLE;
            if (reason == null || reason.retry() != Retry.NEVER) {
                retry = Retry.SAME_CALL;
            }
            told.append("; ").append(names.get(i)).append(": ");
            if (reason != null) {
                told.append(reason.code()).append(": ").append(reason.getMessage());
            } else {
                told.append(states[i] == State.UNTRIED ? "not tried" : otherwise);
            }
        }
        return new StoqException(code == null ? StoqException.Code.UNREACHABLE : code, retry, told.toString(), first);
    }
}
