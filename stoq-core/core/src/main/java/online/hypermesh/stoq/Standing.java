package online.hypermesh.stoq;

/** How far a peer's authentication reaches. */
public enum Standing {
    /** Its leaf holds under the current phase's rules. */
    FULL,
    /**
     * Only its node identity holds, as a member of the last finalized membership; its leaf is self-signed or expired. Enough
     * for consensus, catch-up and certificate renewal, and for nothing else.
     */
    MEMBER_ONLY
}
