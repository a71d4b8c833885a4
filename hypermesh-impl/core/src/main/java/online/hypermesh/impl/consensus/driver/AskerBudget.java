package online.hypermesh.impl.consensus.driver;

import java.util.LinkedHashMap;
import java.util.Map;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.consensus.PeerBudget;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What askers may cost where everybody may ask: a validator has an allowance of its own; anybody else has a smaller one, and
 * a share of what all of them may cost together, since identities are free. Bounded; thread-safe.
 */
final class AskerBudget {
    /** Of a validator, and of all others together. */
    static final long BURST_BYTES = 32L << 20;

    static final long BYTES_PER_SECOND = 8L << 20;

    /** Of one that is no validator. */
    static final long STRANGER_BURST_BYTES = 4L << 20;

    static final long STRANGER_BYTES_PER_SECOND = 512L << 10;

    private static final int MAX_STRANGERS = 4096;

    private static final class Allowance {
        private long level = STRANGER_BURST_BYTES;
        private long filledNanos;

        Allowance(long nowNanos) {
            this.filledNanos = nowNanos;
        }
    }

    private final ValidatorSet set;
    private final PeerBudget shared;
    /** Who asked longest ago is forgotten first. */
    private final Map<NodeId, Allowance> strangers = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<NodeId, Allowance> eldest) {
            return size() > MAX_STRANGERS;
        }
    };

    AskerBudget(ValidatorSet set) {
        this.set = set;
        this.shared = new PeerBudget(set, BURST_BYTES, BYTES_PER_SECOND);
    }

    /** @throws HypermeshException BUSY when the peer used up what it is allowed, or all strangers did */
    void require(NodeId peer, long nowNanos) {
        if (isStranger(peer) && spendOwn(peer, 0, nowNanos) <= 0) {
            throw new HypermeshException(
                    Code.BUSY,
                    Retry.SAME_CALL,
                    peer.toShortString() + " asked for " + STRANGER_BURST_BYTES + " bytes at once and "
                            + STRANGER_BYTES_PER_SECOND + " per second, the limit; ask again later or another node");
        }
        if (!shared.allows(peer, nowNanos)) {
            throw new HypermeshException(
                    Code.BUSY,
                    Retry.SAME_CALL,
                    (isStranger(peer) ? "All that are no validators" : "Validator " + peer.toShortString())
                            + " asked for " + BURST_BYTES + " bytes at once and " + BYTES_PER_SECOND
                            + " per second, the limit; ask again later or another node");
        }
    }

    void spend(NodeId peer, long bytes, long nowNanos) {
        if (isStranger(peer)) {
            spendOwn(peer, bytes, nowNanos);
        }
        shared.spend(peer, bytes, nowNanos);
    }

    private boolean isStranger(NodeId peer) {
        return set.indexOf(peer).isEmpty();
    }

    /** What is left. */
    private long spendOwn(NodeId stranger, long bytes, long nowNanos) {
        synchronized (strangers) {
            Allowance a = strangers.computeIfAbsent(stranger, id -> new Allowance(nowNanos));
            long gained = (long) (Math.max(0, nowNanos - a.filledNanos) / 1e9 * STRANGER_BYTES_PER_SECOND);
            if (gained > 0) {
                a.level = Math.min(STRANGER_BURST_BYTES, a.level + gained);
                a.filledNanos = nowNanos;
            }
            a.level -= bytes;
            return a.level;
        }
    }
}
