package online.hypermesh.impl.consensus;

import java.util.Arrays;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * How many bytes peers may be sent on request: every validator has an allowance of its own that refills with time, all other
 * peers share one. A single answer may overdraw it; the next one then waits. Thread-safe.
 */
public final class PeerBudget {
    private final ValidatorSet set;
    private final long burstBytes;
    private final long bytesPerSecond;
    private final long[] level;
    private final long[] filledNanos;
    private boolean started;

    /**
     * Creates full allowances.
     *
     * @param set the validators
     * @param burstBytes most bytes of an allowance, at least 1
     * @param bytesPerSecond how fast it refills, at least 1
     */
    public PeerBudget(ValidatorSet set, long burstBytes, long bytesPerSecond) {
        if (burstBytes < 1 || bytesPerSecond < 1) {
            throw new IllegalArgumentException(
                    "burstBytes and bytesPerSecond must be >= 1, were " + burstBytes + " and " + bytesPerSecond);
        }
        this.set = set;
        this.burstBytes = burstBytes;
        this.bytesPerSecond = bytesPerSecond;
        this.level = new long[set.size() + 1];
        this.filledNanos = new long[set.size() + 1];
        Arrays.fill(level, burstBytes);
    }

    /**
     * Whether a peer may be answered now.
     *
     * @param peer who asks
     * @param nowNanos the driver's time
     * @return false when its allowance is used up
     */
    public synchronized boolean allows(NodeId peer, long nowNanos) {
        return refilled(peer, nowNanos) > 0;
    }

    /**
     * Notes an answer.
     *
     * @param peer who gets it
     * @param bytes its length
     * @param nowNanos the driver's time
     */
    public synchronized void spend(NodeId peer, long bytes, long nowNanos) {
        long left = refilled(peer, nowNanos);
        level[slot(peer)] = left - Math.min(bytes, Long.MAX_VALUE / 4);
    }

    private int slot(NodeId peer) {
        return set.indexOf(peer).orElse(set.size());
    }

    private long refilled(NodeId peer, long nowNanos) {
        if (!started) {
            Arrays.fill(filledNanos, nowNanos);
            started = true;
        }
        int slot = slot(peer);
        long elapsed = Math.max(0, nowNanos - filledNanos[slot]);
        long gained = (long) (elapsed / 1e9 * bytesPerSecond);
        if (gained > 0) {
            level[slot] += Math.min(burstBytes - level[slot], gained);
            filledNanos[slot] = nowNanos;
        }
        return level[slot];
    }
}
