package online.hypermesh.stoq;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Consumer;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A local address from which connections are made and on which they are accepted. Every connection it hands out is mutually
 * authenticated by the STOQ hello. Thread-safe.
 */
public interface Transport extends AutoCloseable {
    /**
     * This node's identity.
     *
     * @return the identity
     */
    NodeId self();

    /**
     * The address that is bound, with its actual port.
     *
     * @return an IPv6 address
     */
    InetSocketAddress localAddress();

    /**
     * Connects to a node and authenticates both sides, with the credentials of this moment.
     *
     * @param endpoint where and who
     * @param deadline longest wait; the configured handshake time limits it too
     * @return the connection
     * @throws StoqException UNREACHABLE, HANDSHAKE_FAILED, WRONG_NETWORK, WRONG_IDENTITY, PEER_REFUSED,
     *     WRONG_PROTOCOL, REFUSED_BY_PEER, MALFORMED_FRAME, LIMIT_EXCEEDED, TIMEOUT, CLOSED or INTERRUPTED
     */
    Connection connect(Endpoint endpoint, Duration deadline);

    /**
     * Waits for an authenticated connection from a peer. Not to be mixed with {@link #onConnection}.
     *
     * @param deadline longest wait
     * @return the connection
     * @throws StoqException TIMEOUT, CLOSED or INTERRUPTED
     */
    Connection accept(Duration deadline);

    /**
     * Hands every authenticated connection from a peer, waiting ones first, to a handler.
     *
     * @param handler runs on the calling thread or on a transport thread; must not block
     */
    void onConnection(Consumer<Connection> handler);

    /**
     * Connects for another application protocol than {@code stoq/1}: there is no hello, and no more is known about the
     * server than its TLS certificates. Sends no client certificate and no server name.
     *
     * @param remote IPv6 address
     * @param protocol the application protocol (ALPN), for example {@code doq}
     * @param verifier judges the server before the connection is handed out
     * @param deadline longest wait; the configured handshake time limits it too
     * @return the connection
     * @throws StoqException UNREACHABLE, HANDSHAKE_FAILED, WRONG_PROTOCOL, PEER_REFUSED, TIMEOUT, CLOSED or INTERRUPTED
     */
    QuicConnection connectPlain(InetSocketAddress remote, String protocol, TlsPeerVerifier verifier, Duration deadline);

    /**
     * Closes in peace: lets nobody in any more, retires every connection and waits until they have ended, at most for the
     * grace; then closes.
     *
     * @param grace how long streams under way have
     * @throws StoqException INTERRUPTED, after closing
     */
    void drain(Duration grace);

    /** Closes every connection and releases the address; idempotent. */
    @Override
    void close();
}
