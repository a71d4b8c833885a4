package online.hypermesh.impl.dht;

import java.util.ArrayDeque;
import java.util.Deque;

/** Storing of one or many things on several nodes, a bounded number of requests at a time. Confined. */
final class StoreRound {
    private static final int PARALLEL = 32;

    private final Deque<Step> waiting = new ArrayDeque<>();
    private int underWay;
    private int slow;
    private int accepted;
    private long newest = -1;
    private boolean conflict;

    /** One thing for one node. */
    record Step(Contact to, DhtRequest request) {}

    void add(Contact to, DhtRequest request) {
        waiting.add(new Step(to, request));
    }

    boolean hasNext() {
        return underWay - slow < PARALLEL && !waiting.isEmpty();
    }

    Step next() {
        underWay++;
        return waiting.remove();
    }

    void slow() {
        slow++;
    }

    void ended(boolean wasSlow) {
        underWay--;
        if (wasSlow) {
            slow--;
        }
    }

    void answered(DhtResponse response) {
        if (response instanceof DhtResponse.Done) {
            accepted++;
        } else if (response instanceof DhtResponse.Refused refused
                && (refused.reason() == DhtResponse.Reason.STALE
                        || refused.reason() == DhtResponse.Reason.OTHER_SEQUENCE)) {
            conflict = true;
            newest = Math.max(newest, refused.sequence());
        }
    }

    /** Nothing is left, or only nodes that are slow while others have it already. */
    boolean isOver() {
        return waiting.isEmpty() && (underWay == 0 || underWay == slow && accepted > 0);
    }

    int accepted() {
        return accepted;
    }

    DhtOutcome.Stored outcome() {
        return new DhtOutcome.Stored(accepted, newest, conflict);
    }
}
