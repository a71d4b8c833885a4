package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** What a core remembers of its peers: activity, claims, newest votes, and how often it answered them. Confined. */
final class PeerBook {
    private static final int MAX_SERVED = 1024;
    private static final long DISTRUST_NANOS = 10_000_000_000L;

    private final long[] heardNanos;
    private final boolean[] everHeard;
    private final long[] activeView;
    private final long[] claimedHeight;
    private final long[] askedNanos;
    private final boolean[] forged;
    private final long[] forgedNanos;
    private final @Nullable Vote[][] newest;
    private final long minAnswerGapNanos;
    private final Map<NodeId, Long> answeredNanos = new LinkedHashMap<>();
    private final long[] shownNanos;
    private final boolean[] claimFailed;
    private final long[] claimFailedNanos;

    PeerBook(int validators, long minAnswerGapNanos) {
        this.heardNanos = new long[validators];
        this.everHeard = new boolean[validators];
        this.activeView = new long[validators];
        this.claimedHeight = new long[validators];
        this.askedNanos = new long[validators];
        this.forged = new boolean[validators];
        this.forgedNanos = new long[validators];
        this.shownNanos = new long[validators];
        this.claimFailed = new boolean[validators];
        this.claimFailedNanos = new long[validators];
        this.newest = new Vote[validators][VoteKind.values().length];
        this.minAnswerGapNanos = minAnswerGapNanos;
    }

    void start(long view, long nowNanos) {
        for (int i = 0; i < activeView.length; i++) {
            activeView[i] = view;
            askedNanos[i] = nowNanos - minAnswerGapNanos;
            shownNanos[i] = nowNanos - minAnswerGapNanos;
        }
    }

    void heard(int validator, long nowNanos) {
        heardNanos[validator] = nowNanos;
        everHeard[validator] = true;
    }

    /** A validator sent a signature that does not hold, which no honest one does. */
    void distrust(int validator, long nowNanos) {
        forged[validator] = true;
        forgedNanos[validator] = nowNanos;
    }

    /** Whether verifying what a validator sends is not worth the time at present. */
    boolean isDistrusted(int validator, long nowNanos) {
        return forged[validator] && nowNanos - forgedNanos[validator] < DISTRUST_NANOS;
    }

    int heardSince(long sinceNanos, int self) {
        int count = 0;
        for (int i = 0; i < heardNanos.length; i++) {
            if (i != self && everHeard[i] && heardNanos[i] >= sinceNanos) {
                count++;
            }
        }
        return count;
    }

    void active(int validator, long view) {
        activeView[validator] = Math.max(activeView[validator], view);
    }

    /** Whether a validator voted in one of the views just before. */
    boolean isActive(int validator, long view) {
        return activeView[validator] + Math.max(4, activeView.length) >= view;
    }

    void remember(Vote vote) {
        Vote held = newest[vote.validator()][vote.kind().ordinal()];
        if (held == null || held.view() < vote.view()) {
            newest[vote.validator()][vote.kind().ordinal()] = vote;
        }
    }

    List<Vote> newestVotes(int validator) {
        List<Vote> votes = new ArrayList<>(3);
        for (Vote v : newest[validator]) {
            if (v != null) {
                votes.add(v);
            }
        }
        return votes;
    }

    void claimsHeight(int validator, long height) {
        claimedHeight[validator] = Math.max(claimedHeight[validator], height);
    }

    long claimedHeight(int validator) {
        return claimedHeight[validator];
    }

    void forgetClaim(int validator) {
        claimedHeight[validator] = 0;
    }

    /** A validator could not show what it claimed, which no honest one does. */
    void distrustClaim(int validator, long nowNanos) {
        claimFailed[validator] = true;
        claimFailedNanos[validator] = nowNanos;
    }

    private boolean isClaimDistrusted(int validator, long nowNanos) {
        return claimFailed[validator] && nowNanos - claimFailedNanos[validator] < DISTRUST_NANOS;
    }

    long highestClaim(long nowNanos) {
        long best = 0;
        for (int i = 0; i < claimedHeight.length; i++) {
            if (claimedHeight[i] > best && !isClaimDistrusted(i, nowNanos)) {
                best = claimedHeight[i];
            }
        }
        return best;
    }

    /** The next validator after another one that claims more than a height; any other validator if none does. */
    int ahead(long height, int after, int self, long nowNanos) {
        int n = claimedHeight.length;
        int fallback = -1;
        for (int k = 1; k <= n; k++) {
            int i = Math.floorMod(after + k, n);
            if (i == self || isClaimDistrusted(i, nowNanos)) {
                continue;
            }
            if (claimedHeight[i] > height) {
                return i;
            }
            if (fallback < 0 && everHeard[i]) {
                fallback = i;
            }
        }
        return fallback;
    }

    boolean mayAsk(int validator, long nowNanos) {
        if (nowNanos - askedNanos[validator] < minAnswerGapNanos) {
            return false;
        }
        askedNanos[validator] = nowNanos;
        return true;
    }

    boolean mayAnswer(NodeId peer, long nowNanos) {
        return mayServe(answeredNanos, peer, nowNanos, minAnswerGapNanos);
    }

    /** Whether to show a validator its own votes again; it asks a few times at its start. */
    boolean mayShowVotes(int validator, long nowNanos) {
        if (nowNanos - shownNanos[validator] < minAnswerGapNanos / 4) {
            return false;
        }
        shownNanos[validator] = nowNanos;
        return true;
    }

    private static boolean mayServe(Map<NodeId, Long> served, NodeId peer, long nowNanos, long gapNanos) {
        Long last = served.remove(peer);
        boolean may = last == null || nowNanos - last >= gapNanos;
        served.put(peer, last == null || may ? nowNanos : last);
        if (served.size() > MAX_SERVED) {
            served.remove(served.keySet().iterator().next());
        }
        return may;
    }
}
