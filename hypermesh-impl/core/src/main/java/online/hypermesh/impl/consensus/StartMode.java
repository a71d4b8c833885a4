package online.hypermesh.impl.consensus;

/** What a validator's memory of its own votes is worth at start. */
public enum StartMode {
    /** The voting key never voted: vote at once. */
    FRESH,
    /** The vote log is there: vote once a quorum, this validator included, showed no vote that the log lacks. */
    CHECK_LOG,
    /** The vote log is gone: vote only above a floor that a quorum of others proves. */
    REJOIN
}
