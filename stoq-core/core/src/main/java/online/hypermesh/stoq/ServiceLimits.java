package online.hypermesh.stoq;

import java.time.Duration;

/**
 * What a service takes from one request. Immutable.
 *
 * @param maxRequestBytes largest body, 0..2^40; held in memory as a whole, and then at most {@link
 *     Messenger#MAX_BODY_BYTES}, when a {@link RequestHandler} answers
 * @param maxAnswerBytes largest answer, with the same bounds
 * @param maxDuration longest time from the request's first byte to the end of its answer, 1 ms..1 h; the caller's deadline
 *     may be shorter
 * @param memberOnly whether a peer authenticated by membership alone may ask
 */
public record ServiceLimits(long maxRequestBytes, long maxAnswerBytes, Duration maxDuration, boolean memberOnly) {
    /** 8 MiB in, 8 MiB out, ten minutes, for peers of full standing. */
    public static final ServiceLimits DEFAULT =
            new ServiceLimits(Messenger.MAX_BODY_BYTES, Messenger.MAX_BODY_BYTES, Duration.ofMinutes(10), false);

    private static final long MOST_BYTES = 1L << 40;

    /**
     * Checks the ranges.
     *
     * @param maxRequestBytes largest body
     * @param maxAnswerBytes largest answer
     * @param maxDuration longest time
     * @param memberOnly whether membership suffices
     */
    public ServiceLimits {
        within("maxRequestBytes", maxRequestBytes, 0, MOST_BYTES);
        within("maxAnswerBytes", maxAnswerBytes, 0, MOST_BYTES);
        within("maxDuration in ms", maxDuration.toMillis(), 1, 3_600_000);
    }

    private static void within(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be in " + min + ".." + max + ", was " + value);
        }
    }

    /**
     * The same with other sizes.
     *
     * @param requestBytes largest body
     * @param answerBytes largest answer
     * @return the limits
     */
    public ServiceLimits withBytes(long requestBytes, long answerBytes) {
        return new ServiceLimits(requestBytes, answerBytes, maxDuration, memberOnly);
    }

    /**
     * The same with another time.
     *
     * @param longest longest time
     * @return the limits
     */
    public ServiceLimits withDuration(Duration longest) {
        return new ServiceLimits(maxRequestBytes, maxAnswerBytes, longest, memberOnly);
    }

    /**
     * The same for peers that have only proven membership, too.
     *
     * @return the limits
     */
    public ServiceLimits forMembers() {
        return new ServiceLimits(maxRequestBytes, maxAnswerBytes, maxDuration, true);
    }
}
