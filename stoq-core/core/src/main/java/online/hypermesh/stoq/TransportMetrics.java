package online.hypermesh.stoq;

/**
 * Told what a transport and its messenger do, for counters and timers. Every method does nothing unless it is overridden.
 * Called on the threads that do the work, on the data path: implementations are thread-safe and neither block nor throw. All
 * text is from a small fixed set and never from a peer, so that it can label a metric.
 */
public interface TransportMetrics {
    /** Told of everything, does nothing. */
    TransportMetrics NONE = new TransportMetrics() {};

    /** Outcome of what went well. */
    String OK = "OK";

    /**
     * A handshake, TLS and hello together, ended. Inbound attempts that fail within TLS are not seen.
     *
     * @param dialed whether this side dialed
     * @param outcome {@link #OK} or the name of a {@link StoqException.Code}
     * @param nanos how long it took
     */
    default void handshake(boolean dialed, String outcome, long nanos) {}

    /**
     * An authenticated connection began.
     *
     * @param dialed whether this side dialed
     */
    default void connectionOpened(boolean dialed) {}

    /**
     * An authenticated connection ended.
     *
     * @param dialed whether this side dialed
     * @param reason the name of a {@link StoqException.Code}
     */
    default void connectionClosed(boolean dialed, String reason) {}

    /**
     * A stream began.
     *
     * @param here whether this side opened it
     */
    default void streamOpened(boolean here) {}

    /**
     * Bytes of streams were handed to the engine.
     *
     * @param bytes how many
     */
    default void bytesSent(long bytes) {}

    /**
     * Bytes of streams came from the engine.
     *
     * @param bytes how many
     */
    default void bytesReceived(long bytes) {}

    /**
     * A request of this side ended.
     *
     * @param service which service was asked
     * @param outcome {@link #OK}, {@code CANCELLED} or the name of a {@link StoqException.Code}
     * @param nanos from the call to its end
     */
    default void requestAsked(int service, String outcome, long nanos) {}

    /**
     * A request of a peer ended.
     *
     * @param service which service was asked; 0 for one that is not offered
     * @param outcome {@link #OK}, {@code FAILED} by the handler, {@code REFUSED} by the messenger, {@code EXPIRED} or {@code
     *     CANCELLED}
     * @param nanos from its first byte to the end of its handler
     */
    default void requestServed(int service, String outcome, long nanos) {}

    /**
     * A one-way message was dropped.
     *
     * @param inbound true where its handler was behind, false where it could not leave
     */
    default void messageDropped(boolean inbound) {}

    /** A lost connection of the messenger was made again. */
    default void reconnected() {}
}
