package online.hypermesh.sim.history;

import java.util.Optional;

/**
 * What an object does when it is used by one client at a time. States are immutable values with {@code equals} and
 * {@code hashCode}.
 *
 * @param <S> its state
 * @param <I> what is asked
 * @param <O> what is answered
 */
public interface SequentialModel<S, I, O> {
    /**
     * The state before the first operation.
     *
     * @return the state
     */
    S initial();

    /**
     * Does one operation.
     *
     * @param state before it
     * @param input what is asked
     * @param output what was answered; empty when nobody knows, and then every answer is allowed
     * @return the state after it; empty when the object would have answered something else
     */
    Optional<S> step(S state, I input, Optional<O> output);
}
