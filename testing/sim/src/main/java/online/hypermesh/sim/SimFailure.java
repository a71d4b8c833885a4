package online.hypermesh.sim;

/** An invariant did not hold. */
public final class SimFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String invariant;

    /**
     * Creates the failure.
     *
     * @param invariant which one, stable name
     * @param detail what happened
     */
    public SimFailure(String invariant, String detail) {
        super(invariant + ": " + detail);
        this.invariant = invariant;
    }

    /**
     * Which invariant.
     *
     * @return a stable name
     */
    public String invariant() {
        return invariant;
    }
}
