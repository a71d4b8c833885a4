package online.hypermesh.api.error;

/** The outcome of checking something; never a bare boolean. */
public sealed interface Verdict {
    /** The one accepted verdict. */
    Verdict ACCEPTED = new Accepted();

    /** Everything checked holds. */
    record Accepted() implements Verdict {}

    /**
     * One check failed.
     *
     * @param code which kind of check
     * @param detail what, value, limit
     */
    record Rejected(Code code, String detail) implements Verdict {}

    /**
     * A rejection.
     *
     * @param code which kind of check failed
     * @param detail what, value, limit
     * @return the verdict
     */
    static Verdict rejected(Code code, String detail) {
        return new Rejected(code, detail);
    }

    /**
     * Whether everything holds.
     *
     * @return true when accepted
     */
    default boolean accepted() {
        return this instanceof Accepted;
    }
}
