package online.hypermesh.trustchain.api;

/**
 * How far a network has come from borrowed to own trust. The bootstrapper moves it forward and swaps behaviour by it; it
 * never goes back by itself.
 */
public enum TrustPhase {
    /** Traditional: self-signed leaves of founding members pinned by node key; traditional names only. */
    PHASE_0(0),
    /**
     * Trust: leaves issued by founding validators; names traditionally first, the ledger in the shadow, divergence reported.
     */
    PHASE_1(1),
    /**
     * Partial federation: a leaf counts once its log entry is finalized, bare issuance only while the quorum is unreachable;
     * names from the ledger first, traditionally only foreign names and when the ledger is unreachable.
     */
    PHASE_2(2),
    /** Full federation: finalized leaves only; names from the ledger only. */
    PHASE_3(3);

    private final int number;

    TrustPhase(int number) {
        this.number = number;
    }

    /**
     * The number people and wire formats use.
     *
     * @return 0..3
     */
    public int number() {
        return number;
    }

    /**
     * The phase with a number.
     *
     * @param number 0..3
     * @return the phase
     * @throws IllegalArgumentException for other numbers
     */
    public static TrustPhase of(long number) {
        for (TrustPhase phase : values()) {
            if (phase.number == number) {
                return phase;
            }
        }
        throw new IllegalArgumentException("phase must be in 0..3, was " + number);
    }

    /**
     * Whether this phase is another one or later.
     *
     * @param other the other phase
     * @return true from {@code other} on
     */
    public boolean isAtLeast(TrustPhase other) {
        return number >= other.number;
    }
}
