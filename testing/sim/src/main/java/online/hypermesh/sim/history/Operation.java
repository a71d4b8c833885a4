package online.hypermesh.sim.history;

import java.util.Optional;

/**
 * One call of a client. A call whose outcome the client never learned (a timeout, a lost connection, a killed client) may have
 * taken effect at any time after it began, or never.
 *
 * @param client who called; a client has one call at a time, as far as it learned their outcomes
 * @param begin when it was called, in any unit that all clients share
 * @param end when the outcome was known, after {@code begin}; {@link #NEVER} without outcome
 * @param input what was asked
 * @param output what was answered; empty without outcome
 * @param <I> what is asked
 * @param <O> what is answered
 */
public record Operation<I, O>(int client, long begin, long end, I input, Optional<O> output) {
    /** The end of a call whose outcome nobody learned. */
    public static final long NEVER = Long.MAX_VALUE;

    /**
     * Checks that times and output agree.
     *
     * @param client who called
     * @param begin when it was called
     * @param end when the outcome was known
     * @param input what was asked
     * @param output what was answered
     */
    public Operation {
        if (end <= begin || output.isEmpty() != (end == NEVER)) {
            throw new IllegalArgumentException(
                    "a call from " + begin + " to " + end + " with" + (output.isEmpty() ? "out" : "") + " output");
        }
    }

    /**
     * A call with an outcome.
     *
     * @param client who called
     * @param begin when it was called
     * @param end when the outcome was known
     * @param input what was asked
     * @param output what was answered
     * @param <I> what is asked
     * @param <O> what is answered
     * @return the operation
     */
    public static <I, O> Operation<I, O> done(int client, long begin, long end, I input, O output) {
        return new Operation<>(client, begin, end, input, Optional.of(output));
    }

    /**
     * A call without outcome.
     *
     * @param client who called
     * @param begin when it was called
     * @param input what was asked
     * @param <I> what is asked
     * @param <O> what is answered
     * @return the operation
     */
    public static <I, O> Operation<I, O> unknown(int client, long begin, I input) {
        return new Operation<>(client, begin, NEVER, input, Optional.empty());
    }
}
