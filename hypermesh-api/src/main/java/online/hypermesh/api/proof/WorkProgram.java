package online.hypermesh.api.proof;

import online.hypermesh.stoq.base.crypto.Digest;

/**
 * A deterministic, metered program that consumes its input segment by segment, so that any single step can be run again from
 * the state before it. The same arguments give the same bytes on every machine: no clock, no chance, no I/O. Implementations
 * are stateless and thread-safe.
 */
public interface WorkProgram {
    /**
     * The program's id: the tagged hash of its name, version and definition. Two programs that could ever differ in a single
     * result have different ids.
     *
     * @return the id
     */
    Digest id();

    /**
     * Input that one step consumes; the last segment may be shorter.
     *
     * @return 1..{@link WorkReceipt#MAX_SEGMENT_BYTES} bytes
     */
    int segmentBytes();

    /**
     * The state before the first step.
     *
     * @param seed 32 bytes from the context
     * @param inputBytes length of the input, at least 1
     * @return at most {@link WorkReceipt#MAX_STATE_BYTES} bytes
     */
    byte[] start(Digest seed, long inputBytes);

    /**
     * Runs one step.
     *
     * @param state the state before it
     * @param index number of steps done before
     * @param segment the input it consumes
     * @return the state after it
     * @throws IllegalArgumentException if the state cannot occur before a step with this index and segment
     */
    byte[] step(byte[] state, long index, byte[] segment);

    /**
     * The output of a finished execution.
     *
     * @param state the last state
     * @return at most {@link WorkReceipt#MAX_OUTPUT_BYTES} bytes
     * @throws IllegalArgumentException if the state cannot be the last
     */
    byte[] output(byte[] state);

    /**
     * The metered cost of an execution, which its length determines.
     *
     * @param inputBytes length of the input
     * @return at least 1
     */
    long cost(long inputBytes);

    /**
     * Number of steps of an execution.
     *
     * @param inputBytes length of the input, at least 1
     * @return at least 1
     */
    default long steps(long inputBytes) {
        return (inputBytes - 1) / segmentBytes() + 1;
    }
}
