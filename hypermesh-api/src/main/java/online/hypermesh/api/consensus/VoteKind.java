package online.hypermesh.api.consensus;

/** The three votes of Simplex. */
public enum VoteKind {
    /** "I saw a valid proposal in this view." At most one digest per view. */
    NOTARIZE(1),
    /** "I give up on this view." Excludes {@link #FINALIZE} in the same view. */
    NULLIFY(2),
    /** "I saw this view's proposal notarized." Excludes {@link #NULLIFY} in the same view. */
    FINALIZE(3);

    private final int code;

    VoteKind(int code) {
        this.code = code;
    }

    /**
     * The number on the wire and under signatures.
     *
     * @return 1..3
     */
    public int code() {
        return code;
    }

    /**
     * The kind with a number.
     *
     * @param code 1..3
     * @return the kind
     * @throws IllegalArgumentException for other numbers
     */
    public static VoteKind of(long code) {
        for (VoteKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw new IllegalArgumentException("vote kind must be 1..3, was " + code);
    }
}
