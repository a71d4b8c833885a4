package online.hypermesh.stoq;

import java.time.Duration;

/**
 * How a request is made. Immutable.
 *
 * @param deadline longest time from the call to the end of the answer, connecting included; told to the peer, which stops
 *     working when it has passed
 * @param idempotent whether it does no harm when the peer handles the request more than once. Such a request waits for a
 *     connection instead of failing while none can be made, and is sent again when its connection is lost
 * @param maxAnswerBytes largest answer accepted, 0..2^40; at most {@link Messenger#MAX_BODY_BYTES} where the answer is an
 *     array
 */
public record RequestOptions(Duration deadline, boolean idempotent, long maxAnswerBytes) {
    /** Longest deadline. */
    public static final Duration MAX_DEADLINE = Duration.ofHours(1);

    /**
     * Checks the ranges.
     *
     * @param deadline longest time; beyond {@link #MAX_DEADLINE} it counts as that
     * @param idempotent whether it may be repeated
     * @param maxAnswerBytes largest answer
     */
    public RequestOptions {
        if (deadline.compareTo(MAX_DEADLINE) > 0) {
            deadline = MAX_DEADLINE;
        }
        if (maxAnswerBytes < 0 || maxAnswerBytes > 1L << 40) {
            throw new IllegalArgumentException("maxAnswerBytes must be in 0..2^40, was " + maxAnswerBytes);
        }
    }

    /**
     * A request that must not be repeated, with answers up to {@link Messenger#MAX_BODY_BYTES}.
     *
     * @param deadline longest time
     * @return the options
     */
    public static RequestOptions within(Duration deadline) {
        return new RequestOptions(deadline, false, Messenger.MAX_BODY_BYTES);
    }

    /**
     * The same for a request that may be repeated.
     *
     * @return the options
     */
    public RequestOptions repeatable() {
        return new RequestOptions(deadline, true, maxAnswerBytes);
    }

    /**
     * The same with another largest answer.
     *
     * @param bytes largest answer
     * @return the options
     */
    public RequestOptions withMaxAnswerBytes(long bytes) {
        return new RequestOptions(deadline, idempotent, bytes);
    }
}
