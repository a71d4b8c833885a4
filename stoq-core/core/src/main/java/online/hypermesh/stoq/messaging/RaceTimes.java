package online.hypermesh.stoq.messaging;

import java.time.Duration;

/**
 * Times of a race among several addresses of one peer, RFC 8305 section 8. Immutable.
 *
 * @param attemptDelay how long an attempt has for itself before the next address is tried beside it; an attempt that fails
 *     starts the next one at once. 10 ms..10 s
 * @param attemptTimeout longest time of one attempt, hello included, 10 ms..1 min
 */
public record RaceTimes(Duration attemptDelay, Duration attemptTimeout) {
    /** 250 ms between attempts, as RFC 8305 recommends, and 8 s for each. */
    public static final RaceTimes DEFAULT = new RaceTimes(Duration.ofMillis(250), Duration.ofSeconds(8));

    /**
     * Checks the ranges.
     *
     * @param attemptDelay delay
     * @param attemptTimeout timeout
     */
    public RaceTimes {
        within("attemptDelay in ms", attemptDelay.toMillis(), 10, 10_000);
        within("attemptTimeout in ms", attemptTimeout.toMillis(), 10, 60_000);
    }

    private static void within(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be in " + min + ".." + max + ", was " + value);
        }
    }
}
