package online.hypermesh.stoq.base.error;

import org.jspecify.annotations.Nullable;

/**
 * A failure with a stable code and retry advice. The message says what failed, the value, the limit and what to do next.
 * Immutable.
 */
public abstract class CodedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Which failure. */
    private final String code;

    /** What can usefully be repeated. */
    private final Retry retry;

    /**
     * Creates the failure.
     *
     * @param code stable, upper-case identifier of the failure
     * @param retry what can usefully be repeated
     * @param message what, value, limit, next step
     * @param cause what lies beneath, or null
     */
    protected CodedException(String code, Retry retry, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.retry = retry;
    }

    /**
     * The stable identifier of the failure.
     *
     * @return an upper-case name
     */
    public final String codeName() {
        return code;
    }

    /**
     * What can usefully be repeated.
     *
     * @return the advice
     */
    public final Retry retry() {
        return retry;
    }

    /** {@return what, value, limit, next step; never null} */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "[" + code + ", retry " + retry + "]: " + getMessage();
    }
}
