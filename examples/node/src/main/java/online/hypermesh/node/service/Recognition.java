package online.hypermesh.node.service;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Whether peers know this node as more than a bare member. A node that has just come back authenticates with a leaf that
 * does not count until its record is final, and a peer that is behind judges by an older state: in both cases the peer
 * refuses without having handled anything, and the same call succeeds a little later. Calls wait for that here, within their
 * own deadline. Thread-safe.
 */
final class Recognition {
    private static final String MEMBER_ONLY = Standing.MEMBER_ONLY.name();
    private static final long FIRST_PAUSE_MILLIS = 200;
    private static final long LONGEST_PAUSE_MILLIS = 2_000;
    /** With less time than this left, another attempt is not worth making. */
    private static final long SHORTEST_ATTEMPT_MILLIS = 50;

    private final RandomGenerator random;
    private long changes;

    /** @param random spreads the attempts of nodes that came back together */
    Recognition(RandomGenerator random) {
        this.random = random;
    }

    /** This node's leaf or its staple changed: calls that wait try again at once. */
    synchronized void changed() {
        changes++;
        notifyAll();
    }

    private synchronized long changes() {
        return changes;
    }

    /**
     * Calls a peer until it does more than refuse a bare member, or the deadline has come.
     *
     * @param deadline of all attempts together
     * @param call one attempt within the time it is given
     * @return what the peer answered
     * @throws StoqException what the call throws; REFUSED_BY_PEER, to be repeated later, when no peer recognised this node in
     *     time
     */
    byte[] patiently(Duration deadline, Function<Duration, byte[]> call) {
        long end = System.nanoTime() + deadline.toNanos();
        Duration left = deadline;
        for (int attempt = 1; ; attempt++) {
            long seen = changes();
            try {
                return call.apply(left);
            } catch (StoqException refusal) {
                if (!MEMBER_ONLY.equals(refusal.remoteCode())) {
                    throw refusal;
                }
                left = pause(attempt, seen, end);
                if (left.isZero()) {
                    throw notRecognised(refusal, attempt, deadline);
                }
            }
        }
    }

    /** Waits for a change, but no longer than the attempt's pause; gives the time left, zero when it is too little. */
    private Duration pause(int attempt, long seen, long endNanos) {
        long pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(attempt - 1, 10));
        long jitteredMillis = pauseMillis / 2 + random.nextLong(pauseMillis);
        long latestNanos = endNanos - TimeUnit.MILLISECONDS.toNanos(SHORTEST_ATTEMPT_MILLIS);
        long now = System.nanoTime();
        if (latestNanos - now <= 0) {
            return Duration.ZERO;
        }
        long wakeNanos = now + Math.min(TimeUnit.MILLISECONDS.toNanos(jitteredMillis), latestNanos - now);
        synchronized (this) {
            try {
                for (long wait = millisUntil(wakeNanos); changes == seen && wait > 0; wait = millisUntil(wakeNanos)) {
                    wait(wait);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StoqException(
                        StoqException.Code.INTERRUPTED,
                        Retry.SAME_CALL,
                        "interrupted while waiting to be recognised by a peer",
                        e);
            }
        }
        return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }

    /** Rounded up, so that who waited so long is not early. */
    private static long millisUntil(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime() + 999_999);
    }

    private static StoqException notRecognised(StoqException refusal, int attempts, Duration deadline) {
        return new StoqException(
                StoqException.Code.REFUSED_BY_PEER,
                Retry.SAME_CALL,
                refusal.getMessage() + "; refused " + attempts + " times within " + deadline.toMillis()
                        + " ms. This node's leaf counts once its record is final: hypermesh status says what it waits for",
                refusal,
                MEMBER_ONLY);
    }
}
