package online.hypermesh.bootstrap;

/** How much of a node's trust comes from the network itself. Ordered: a later phase asks for more proof. */
public enum Phase {
    /** Self-signed leaves, peers pinned by key, traditional names, no consensus. */
    TRADITIONAL,
    /** Leaves issued by TrustChain; names in the shadow; consensus runs but does not gate. */
    TRUST,
    /** Leaves count once finalized; HyperMesh names first; consensus gates critical operations. */
    PARTIAL_FEDERATION,
    /** Consensus-validated leaves and HyperMesh names only; consensus gates everything. */
    FULL_FEDERATION;

    /**
     * The phase's number.
     *
     * @return 0..3
     */
    public int number() {
        return ordinal();
    }

    /**
     * The phase with a number.
     *
     * @param number 0..3
     * @return the phase
     * @throws IllegalArgumentException for other numbers
     */
    public static Phase of(long number) {
        if (number < 0 || number > 3) {
            throw new IllegalArgumentException("phase must be 0..3, was " + number);
        }
        return values()[(int) number];
    }

    /**
     * Whether being in this phase is a finalized fact of the network.
     *
     * @return true for Phase 2 and 3
     */
    public boolean finalized() {
        return number() >= 2;
    }
}
