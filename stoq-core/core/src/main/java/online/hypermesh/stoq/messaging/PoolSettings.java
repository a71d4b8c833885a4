package online.hypermesh.stoq.messaging;

import java.time.Duration;

/**
 * How connections to one peer are kept. Immutable.
 *
 * @param connections open ones that share the work, 1..16
 * @param maxWaiting how many may wait for a connection at once, 1..65536; further ones fail with BUSY
 * @param firstBackoff ceiling of the wait after the first failed attempt, 1 ms..{@code maxBackoff}; it doubles with each
 *     further one. The wait is between half the ceiling and the ceiling, at random
 * @param maxBackoff highest ceiling, up to 1 h
 */
public record PoolSettings(int connections, int maxWaiting, Duration firstBackoff, Duration maxBackoff) {
    /** One connection, 4096 waiting, back-off from 25–50 ms up to 0.5–1 s. */
    public static final PoolSettings DEFAULT = new PoolSettings(1, 4096, Duration.ofMillis(50), Duration.ofSeconds(1));

    /**
     * Checks the ranges.
     *
     * @param connections open ones
     * @param maxWaiting how many may wait
     * @param firstBackoff first ceiling
     * @param maxBackoff highest ceiling
     */
    public PoolSettings {
        within("connections", connections, 1, 16);
        within("maxWaiting", maxWaiting, 1, 65_536);
        within("maxBackoff in ms", maxBackoff.toMillis(), 1, 3_600_000);
        within("firstBackoff in ms", firstBackoff.toMillis(), 1, maxBackoff.toMillis());
    }

    private static void within(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be in " + min + ".." + max + ", was " + value);
        }
    }
}
