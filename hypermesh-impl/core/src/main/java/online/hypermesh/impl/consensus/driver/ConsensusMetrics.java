package online.hypermesh.impl.consensus.driver;

import online.hypermesh.api.error.Code;

/** Told what a consensus node does; forwards it to a metrics system. Implementations are thread-safe and quick. */
public interface ConsensusMetrics {
    /** Nobody is told. */
    ConsensusMetrics NONE = new ConsensusMetrics() {};

    /**
     * Votes became durable with one write and one sync of the vote log.
     *
     * @param nanos how long both took
     */
    default void votesSynced(long nanos) {}

    /**
     * A block became final here.
     *
     * @param transactions in it
     */
    default void finalized(int transactions) {}

    /**
     * This node proposed a block of which a part stands in batches that a quorum holds.
     *
     * @param batches how many batches
     */
    default void proposedBatches(int batches) {}

    /**
     * Transactions of a session were not taken in.
     *
     * @param code why
     * @param transactions how many
     */
    default void refused(Code code, int transactions) {}
}
