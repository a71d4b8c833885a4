package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.stoq.base.id.NodeId;

/** The event being handled: when it is, and what to do about it so far. Shared by the parts of one core; confined. */
final class Turn {
    static final long NEVER = Long.MAX_VALUE;
    static final long MILLI = 1_000_000L;

    private long now;
    private long wall;
    private boolean advanced;
    private List<Action> out = new ArrayList<>();

    void begin(long nowNanos, long wallMillis) {
        now = nowNanos;
        wall = wallMillis;
    }

    List<Action> end() {
        List<Action> actions = out;
        out = new ArrayList<>();
        return actions;
    }

    /** The driver's time. */
    long now() {
        return now;
    }

    /** Milliseconds since 1970. */
    long wall() {
        return wall;
    }

    void add(Action action) {
        out.add(action);
    }

    void send(NodeId to, Message message) {
        out.add(new Action.Send(to, message));
    }

    void broadcast(Message message) {
        out.add(new Action.Broadcast(message));
    }

    void persist(VoteRecord record) {
        out.add(new Action.Persist(record));
    }

    /** Something changed on which rules depend that were tried before. */
    void advance() {
        advanced = true;
    }

    /** Forgets that something changed. */
    void rest() {
        advanced = false;
    }

    /** Whether something changed since the last {@link #rest}. */
    boolean hasAdvanced() {
        return advanced;
    }
}
