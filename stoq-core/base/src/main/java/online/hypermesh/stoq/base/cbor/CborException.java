package online.hypermesh.stoq.base.cbor;

import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;

/** Bytes that are not the canonical encoding of what was expected, or exceed a limit. */
public final class CborException extends CodedException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the failure.
     *
     * @param message what was found, where, and what was expected
     */
    public CborException(String message) {
        super("MALFORMED_ENCODING", Retry.NEVER, message, null);
    }
}
