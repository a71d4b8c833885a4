package online.hypermesh.api.error;

import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** A failure of the kernel or of a service above it. Immutable. */
public final class HypermeshException extends CodedException {
    private static final long serialVersionUID = 1L;

    private final Code code;

    /**
     * Creates the failure.
     *
     * @param code stable code
     * @param retry what can usefully be repeated
     * @param message what, value, limit, next step
     */
    public HypermeshException(Code code, Retry retry, String message) {
        this(code, retry, message, null);
    }

    /**
     * Creates the failure.
     *
     * @param code stable code
     * @param retry what can usefully be repeated
     * @param message what, value, limit, next step
     * @param cause what lies beneath, or null
     */
    public HypermeshException(Code code, Retry retry, String message, @Nullable Throwable cause) {
        super(code.name(), retry, message, cause);
        this.code = code;
    }

    /**
     * The stable code.
     *
     * @return the code
     */
    public Code code() {
        return code;
    }
}
