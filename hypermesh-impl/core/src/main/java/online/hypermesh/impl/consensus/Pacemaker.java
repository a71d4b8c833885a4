package online.hypermesh.impl.consensus;

import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import org.jspecify.annotations.Nullable;

/** The current view and its timer: when to give up on it, and when to say things again. Confined to the core's thread. */
final class Pacemaker {
    private static final int MAX_BACKOFF = 16;

    private final long baseTimeoutNanos;
    private final long rebroadcastNanos;
    private long view;
    private long viewStartNanos;
    private long armedNanos = Turn.NEVER;
    private int backoff = 1;
    private long lastRebroadcastNanos;

    Pacemaker(long view, long baseTimeoutNanos) {
        this.view = view;
        this.baseTimeoutNanos = baseTimeoutNanos;
        this.rebroadcastNanos = Math.max(20 * Turn.MILLI, Math.min(1_000 * Turn.MILLI, baseTimeoutNanos / 2));
    }

    void start(long now) {
        viewStartNanos = now;
        lastRebroadcastNanos = now;
    }

    long view() {
        return view;
    }

    /** A view this node was in before its last stop; where it begins. */
    void recover(long seen) {
        view = Math.max(view, seen);
    }

    /** Enters a view unless it is in it or beyond; returns whether it did. */
    boolean enter(long newView, long now) {
        if (newView <= view) {
            return false;
        }
        view = newView;
        viewStartNanos = now;
        armedNanos = Turn.NEVER;
        return true;
    }

    /** A leader that was thought to be there lost its view. */
    void slower() {
        backoff = Math.min(MAX_BACKOFF, backoff * 2);
    }

    /** A block became final. */
    void steady() {
        backoff = 1;
    }

    void disarm() {
        armedNanos = Turn.NEVER;
    }

    /** The timer runs while there is work. */
    void rearm(boolean hasWork, long now) {
        if (!hasWork) {
            armedNanos = Turn.NEVER;
        } else if (armedNanos == Turn.NEVER) {
            armedNanos = now;
        }
    }

    /** How long a leader with nothing to propose waits before it finalizes a notarized parent. */
    long graceNanos() {
        return Math.max(Turn.MILLI, baseTimeoutNanos / 4);
    }

    boolean graceHasPassed(long now) {
        return now - viewStartNanos >= graceNanos();
    }

    /**
     * Until when a leader gathers transactions while the block before is not final. In the common case finality comes
     * long before, one message delay after the view began.
     */
    long gatheredNanos() {
        return viewStartNanos + Math.max(Turn.MILLI, baseTimeoutNanos / 25);
    }

    /** How long after a batch of transactions became final those who sent them may take to send the next. */
    long batchWindowNanos() {
        return Math.max(Turn.MILLI, baseTimeoutNanos / 50);
    }

    /**
     * When to nullify the view, if this node may vote in it.
     *
     * @param s the view, if anything is known of it
     * @param self this validator
     * @param leaderInactive whether its leader is thought to be away
     */
    long deadlineNanos(@Nullable ViewState s, int self, boolean leaderInactive) {
        if (armedNanos == Turn.NEVER || (s != null && s.vote(VoteKind.NULLIFY, self) != null)) {
            return Turn.NEVER;
        }
        long timeout = baseTimeoutNanos * backoff;
        if (s != null && s.accepted) {
            return armedNanos + timeout + timeout / 2;
        }
        if ((s == null || s.proposal == null) && leaderInactive) {
            return armedNanos;
        }
        return armedNanos + timeout;
    }

    long rebroadcastNanos() {
        return rebroadcastNanos;
    }

    long rebroadcastDueNanos() {
        return (armedNanos == Turn.NEVER ? lastRebroadcastNanos : Math.max(lastRebroadcastNanos, armedNanos))
                + rebroadcastNanos;
    }

    void rebroadcast(long now) {
        lastRebroadcastNanos = now;
    }

    /** Whether a leader voted in none of the last views while a quorum, this node included, did. */
    boolean isInactive(int leader, int self, PeerBook peers, ValidatorSet set) {
        if (leader == self || peers.isActive(leader, view)) {
            return false;
        }
        long stake = 0;
        for (int i = 0; i < set.size(); i++) {
            if (i == self || peers.isActive(i, view)) {
                stake += set.get(i).stake();
            }
        }
        return set.isQuorum(stake);
    }
}
