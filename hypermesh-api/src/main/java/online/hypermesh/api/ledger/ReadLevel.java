package online.hypermesh.api.ledger;

/** What a read is worth, from the cheapest to the dearest. */
public enum ReadLevel {
    /**
     * What one node says, unproven: as old as that node is behind, and false if it lies. Costs one round trip to it, nothing
     * when the node is this one.
     */
    STALE,
    /**
     * A value that a quorum certified, proven to the reader, and never older than what the same session was shown to be final
     * before: it reads its own writes, and time does not run backwards. A node may still hide what is newer. Costs one round
     * trip to one node.
     */
    FINALIZED,
    /**
     * The value at a moment between call and answer, in one order with all transactions: it sees everything that anybody was
     * told is final before the call. The read goes through consensus as an {@link OrderedRead} and costs what a write costs.
     */
    LINEARIZABLE
}
