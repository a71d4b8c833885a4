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

    /**
     * Offers a message of {@link Messenger#send} on the thread that received it, before a worker thread is taken for it, and
     * only while no earlier message of that peer to this service waits or is handled: so the order stays. Everything this
     * process receives waits meanwhile; a handler takes what it can pass on within microseconds and without waiting.
     *
     * @param peer who sends
     * @param body the message
     * @return whether it is done; if not, {@link #handle} gets it on a worker thread
     */
    default boolean handleAtOnce(PeerIdentity peer, byte[] body) {
        return false;
    }
}
