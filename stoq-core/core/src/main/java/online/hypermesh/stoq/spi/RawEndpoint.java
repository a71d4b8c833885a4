package online.hypermesh.stoq.spi;

import java.net.InetSocketAddress;
import java.time.Duration;

/** A bound address of an engine. Thread-safe. */
public interface RawEndpoint extends AutoCloseable {
    /**
     * The address with its actual port.
     *
     * @return an IPv6 address
     */
    InetSocketAddress localAddress();

    /**
     * Connects and finishes the TLS handshake. Any server certificate is accepted whose key the server holds; the caller
     * judges {@link RawConnection#peerChain}. Sends no client certificate.
     *
     * @param remote IPv6 address
     * @param protocol the application protocol (ALPN) to offer
     * @param sink receives the connection's events, possibly before this method returns
     * @param deadline longest wait
     * @return the connection
     * @throws online.hypermesh.stoq.StoqException UNREACHABLE, HANDSHAKE_FAILED, WRONG_PROTOCOL,
     *     TIMEOUT, CLOSED or INTERRUPTED
     */
    RawConnection connect(InetSocketAddress remote, String protocol, ConnectionSink sink, Duration deadline);

    /** Closes every connection and releases the address; idempotent. */
    @Override
    void close();
}
