package online.hypermesh.auth.api;

/** What a rule does with what it covers. */
public enum Effect {
    /** Refuses, whatever other rules say. */
    DENY(0),
    /** Permits, unless another rule denies. */
    ALLOW(1);

    private final int code;

    Effect(int code) {
        this.code = code;
    }

    /**
     * The number in encodings.
     *
     * @return 0 or 1
     */
    public int code() {
        return code;
    }

    /**
     * The effect with a number.
     *
     * @param code 0 or 1
     * @return the effect
     * @throws IllegalArgumentException for other numbers
     */
    public static Effect of(int code) {
        if (code < 0 || code > 1) {
            throw new IllegalArgumentException("effect must be 0 or 1, was " + code);
        }
        return code == 0 ? DENY : ALLOW;
    }
}
