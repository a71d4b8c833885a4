package online.hypermesh.stoq;

import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** A failure of the transport. Immutable. */
public final class StoqException extends CodedException {
    private static final long serialVersionUID = 1L;

    /** Stable codes of transport failures. */
    public enum Code {
        /** The local address cannot be bound, usually because the port is taken. */
        ADDRESS_IN_USE,
        /** No engine could be loaded. */
        NO_ENGINE,
        /** Nobody answered at the address. */
        UNREACHABLE,
        /** No address is known for the identity. */
        NO_ROUTE,
        /** The TLS or STOQ handshake failed. */
        HANDSHAKE_FAILED,
        /** The peer does not speak the application protocol (ALPN). */
        WRONG_PROTOCOL,
        /** The peer serves another network. */
        WRONG_NETWORK,
        /** Another identity than the expected one answered. */
        WRONG_IDENTITY,
        /** The two sides speak no common version of the hello. */
        VERSION_MISMATCH,
        /** The peer insists on a capability that this side does not have. */
        UNKNOWN_CAPABILITY,
        /** One side requires post-quantum protection, the other has it off. */
        POST_QUANTUM_REQUIRED,
        /** The local {@link PeerVerifier} refused the peer. */
        PEER_REFUSED,
        /** The peer refused us. */
        REFUSED_BY_PEER,
        /** A frame is malformed. */
        MALFORMED_FRAME,
        /** A frame or body exceeds its limit. */
        LIMIT_EXCEEDED,
        /** The peer does not offer the service. */
        UNKNOWN_SERVICE,
        /** The peer's handler failed; the message tells its code. */
        REMOTE_FAILURE,
        /** The deadline passed. */
        TIMEOUT,
        /** The peer gave up sending on the stream. */
        STREAM_RESET,
        /** The peer wants no more bytes on the stream. */
        STREAM_STOPPED,
        /** The connection or transport was closed. */
        CLOSED,
        /** A queue or quota is full. */
        BUSY,
        /** The peer has as many requests waiting as it takes, of this node or of all; fewer at a time succeed. */
        OVERLOADED,
        /** The waiting thread was interrupted. */
        INTERRUPTED
    }

    private final Code code;
    private final @Nullable String remoteCode;

    /**
     * Creates the failure.
     *
     * @param code stable code
     * @param retry what can usefully be repeated
     * @param message what, value, limit, next step
     */
    public StoqException(Code code, Retry retry, String message) {
        this(code, retry, message, null, null);
    }

    /**
     * Creates the failure.
     *
     * @param code stable code
     * @param retry what can usefully be repeated
     * @param message what, value, limit, next step
     * @param cause what lies beneath, or null
     */
    public StoqException(Code code, Retry retry, String message, @Nullable Throwable cause) {
        this(code, retry, message, cause, null);
    }

    /**
     * Creates a failure that a peer reported.
     *
     * @param code stable code
     * @param retry what can usefully be repeated
     * @param message what, value, limit, next step
     * @param cause what lies beneath, or null
     * @param remoteCode the peer's own code, or null
     */
    public StoqException(
            Code code, Retry retry, String message, @Nullable Throwable cause, @Nullable String remoteCode) {
        super(code.name(), retry, message, cause);
        this.code = code;
        this.remoteCode = remoteCode;
    }

    /**
     * The stable code.
     *
     * @return the code
     */
    public Code code() {
        return code;
    }

    /**
     * The code that the peer gave: of its failure with {@link Code#REMOTE_FAILURE}, of its refusal with {@link
     * Code#REFUSED_BY_PEER}, the number it closed or reset with for {@link Code#CLOSED}, {@link Code#STREAM_RESET} and {@link
     * Code#STREAM_STOPPED}.
     *
     * @return the peer's code, or null
     */
    public @Nullable String remoteCode() {
        return remoteCode;
    }
}
