package online.hypermesh.bootstrap;

/** Something that is true now, as far as the driver could establish it. */
public enum Fact {
    /** The transport listens on its address. */
    LISTEN_BOUND("the transport listens", "free the port or choose another one"),
    /** The genesis was read, its hash is the network's id, and the data directory belongs to it. */
    GENESIS_LOADED("the genesis is loaded", "check the genesis file and the data directory"),
    /** Validators with more than two thirds of the stake, this node included, are connected under their pinned keys. */
    QUORUM_CONNECTED(
            "validators with more than two thirds of the stake are connected",
            "start more validators or check the network"),
    /** This node presents an unexpired leaf that a validator issued. */
    LEAF_ISSUED("a validator issued this node's leaf", "check that a validator is reachable and knows this node"),
    /** The log entry of this node's present leaf is in a finalized block. */
    LEAF_FINALIZED("this node's leaf is finalized", "wait for a block, or check that consensus makes progress"),
    /** This node presents a fresh proof of that log entry with its leaf. */
    STAPLE_OBTAINED("this node's leaf is stapled", "wait for the next block, which certifies the entry"),
    /** This node executed a finalized block of height 1 or above whose receipts a finalized child certifies. */
    LEDGER_CERTIFIED("a receipt is certified", "check that consensus makes progress"),
    /**
     * This node's own name resolves in HyperMesh to the same as traditionally, or traditional resolution was tried and found
     * unreachable or without an answer.
     */
    NAMES_AGREE("HyperMesh names agree with traditional ones", "read the divergence report and correct either side"),
    /** The leaves of validators with more than two thirds of the stake, among them every connected one, are finalized. */
    MEMBER_LEAVES_FINALIZED(
            "the validators' leaves are finalized", "check which connected validator has no finalized leaf"),
    /** A verified checkpoint says that the network is in Phase 2 or above. Told by {@link Event.NetworkPhaseProven}. */
    NETWORK_IN_PHASE_2(
            "the network is in Phase 2",
            "more than two thirds of the stake must attest readiness; see the other nodes' alarms"),
    /** A verified checkpoint says that the network is in Phase 3. Told by {@link Event.NetworkPhaseProven}. */
    NETWORK_IN_PHASE_3(
            "the network is in Phase 3",
            "more than two thirds of the stake must attest readiness; see the other nodes' alarms");

    private final String text;
    private final String remedy;

    Fact(String text, String remedy) {
        this.text = text;
        this.remedy = remedy;
    }

    /**
     * What is true, for people.
     *
     * @return a clause such as "the transport listens"
     */
    public String text() {
        return text;
    }

    /**
     * What to do while it is not true.
     *
     * @return advice for an operator
     */
    public String remedy() {
        return remedy;
    }

    /**
     * Whether the fact follows from a checkpoint, so that no driver can merely claim it.
     *
     * @return true for NETWORK_IN_PHASE_2 and NETWORK_IN_PHASE_3
     */
    public boolean proven() {
        return this == NETWORK_IN_PHASE_2 || this == NETWORK_IN_PHASE_3;
    }
}
