package online.hypermesh.bench;

import java.time.Duration;

/**
 * How much is measured. Immutable.
 *
 * @param pairs turns of subject and baseline that count
 * @param warmUps turns before them that do not, at least
 * @param warmUp how long those take, at least: the compiler is busy in the first seconds
 * @param bulkBytes bytes of one upload, over all its streams
 * @param requests requests of one turn
 * @param handshakes how long one turn of handshakes lasts
 * @param idleConnections connections that are open and idle at once
 */
record Scale(
        int pairs,
        int warmUps,
        Duration warmUp,
        long bulkBytes,
        int requests,
        Duration handshakes,
        int idleConnections) {
    static final Scale FULL = new Scale(5, 3, Duration.ofSeconds(8), 96L << 20, 3000, Duration.ofSeconds(2), 10_000);
    static final Scale QUICK = new Scale(3, 2, Duration.ofSeconds(3), 48L << 20, 1000, Duration.ofMillis(1500), 1000);

    Scale withBulkBytes(long bytes) {
        return new Scale(pairs, warmUps, warmUp, bytes, requests, handshakes, idleConnections);
    }

    /** Whether so many turns since then leave the process warm. */
    boolean isWarm(int turns, long sinceNanos) {
        return turns >= warmUps && System.nanoTime() - sinceNanos >= warmUp.toNanos();
    }
}
