package online.hypermesh.bootstrap;

/** When to ask again: at once, then after pauses that double up to a limit. Confined to one thread. */
final class Backoff {
    private final long firstMillis;
    private final long longestMillis;
    private long pauseMillis;
    private long dueMillis = Long.MIN_VALUE;

    Backoff(long firstMillis, long longestMillis) {
        this.firstMillis = firstMillis;
        this.longestMillis = longestMillis;
        this.pauseMillis = firstMillis;
    }

    /** Whether to ask now; counts as asking. */
    boolean fire(long nowMillis) {
        if (nowMillis < dueMillis) {
            return false;
        }
        dueMillis = nowMillis + pauseMillis;
        pauseMillis = Math.min(longestMillis, pauseMillis * 2);
        return true;
    }

    void reset() {
        pauseMillis = firstMillis;
        dueMillis = Long.MIN_VALUE;
    }
}
