package online.hypermesh.stoq;

/** Answers requests of one service. Called on worker threads, several at a time; may block within the deadline. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * Answers a request. A thrown {@link online.hypermesh.stoq.base.error.CodedException} reaches the caller with its code,
     * retry advice and message; anything else reaches it as an internal error without detail.
     *
     * @param peer who asks
     * @param body the request
     * @return the response
     */
    byte[] handle(PeerIdentity peer, byte[] body);
}
