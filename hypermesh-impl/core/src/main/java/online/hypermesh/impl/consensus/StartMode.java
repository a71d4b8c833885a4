package online.hypermesh.impl.consensus;

/** What a validator's memory of its own votes is worth at start. */
public enum StartMode {
    /** Nothing can have been signed before: vote at once. Also for nodes that do not vote. */
    FRESH,
    /** The vote log is there or new: vote once a quorum, this validator included, showed no vote that the log lacks. */
    CHECK_LOG,
    /** The vote log is gone: vote only above a floor that a quorum of others proves. */
    REJOIN
}
