package online.hypermesh.sim;

/** Deliberate breaks around the production core, to show that the invariants notice them. */
public enum Mutant {
    /** Nothing is broken. */
    NONE,
    /** Every node counts its own stake five times, so that two of four make its quorum. */
    QUORUM_TOO_SMALL,
    /** Votes leave before the vote log is synced. */
    SEND_BEFORE_SYNC,
    /** The disk reports syncs that it did not do. */
    LYING_DISK,
    /** A node that gave up on a view also votes its proposal final. */
    FINALIZE_AFTER_NULLIFY,
    /** A node without its vote log votes at once. */
    REJOIN_WITHOUT_FLOOR,
    /** A node answers clients' reads from what it knows, instead of in the order of all transactions. */
    STALE_READS
}
