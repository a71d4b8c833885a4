package online.hypermesh.trustchain.api;

import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** A failure of certificates, log or names. Immutable. */
public final class TrustchainException extends CodedException {
    private static final long serialVersionUID = 1L;

    /** Stable codes. */
    public enum Code {
        /** Bytes are not a canonical encoding, or exceed a limit. */
        MALFORMED,
        /** The issuer's policy does not give this identity a leaf. */
        DENIED,
        /** The leaf's binding is not signed by the node key for this network and this leaf key. */
        WRONG_BINDING,
        /** The requested window does not contain the issuer's time, or is too long. */
        WRONG_WINDOW,
        /** The leaf key is not an ECDSA P-256 key. */
        WRONG_KEY,
        /** The requester did not prove that it holds the leaf key. */
        NO_POSSESSION,
        /** An issued leaf is not what was asked for. */
        WRONG_LEAF,
        /** No credentials are installed yet. */
        NO_CREDENTIALS,
        /** A name is not well formed. */
        BAD_NAME,
        /** The name is outside the network's suffix and the phase serves no foreign names. */
        FOREIGN_NAME,
        /** Nobody who could answer was reached, or the source is switched off. */
        UNREACHABLE,
        /** An answer came with a proof that does not hold. */
        NOT_PROVEN,
        /** The ledger refused the transaction; the message tells its code. */
        REFUSED,
        /** The file belongs to another network or node. */
        WRONG_NETWORK,
        /** Stored bytes do not match their checksum. */
        CORRUPTED,
        /** Another process holds the file. */
        LOCKED,
        /** The disk is full or failed; the log has stopped. */
        STORAGE_FAILED,
        /** The component was closed. */
        CLOSED,
        /** The waiting thread was interrupted. */
        INTERRUPTED
    }

    private final Code code;

    /**
     * Creates the failure.
     *
     * @param code stable code
     * @param retry what can usefully be repeated
     * @param message what, value, limit, next step
     */
    public TrustchainException(Code code, Retry retry, String message) {
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
    public TrustchainException(Code code, Retry retry, String message, @Nullable Throwable cause) {
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
