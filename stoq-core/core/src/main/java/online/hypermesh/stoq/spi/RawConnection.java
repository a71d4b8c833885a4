package online.hypermesh.stoq.spi;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Optional;

/** An engine's connection, encrypted but not mutually authenticated. Thread-safe. */
public interface RawConnection {
    /**
     * Where the peer is.
     *
     * @return its address
     */
    InetSocketAddress remoteAddress();

    /**
     * The leaf that the server presented and whose key it proved to hold.
     *
     * @return present on the dialing side, empty on the accepting side
     */
    Optional<X509Certificate> peerLeaf();

    /**
     * The leaf that this side presented as a server.
     *
     * @return empty on the dialing side, and on the accepting side if the engine cannot tell
     */
    Optional<X509Certificate> localLeaf();

    /**
     * Opens a bidirectional stream. Returns at once.
     *
     * @param sink receives the stream's events; the first {@link RawStream#demand} starts them
     * @return the stream
     */
    RawStream open(StreamSink sink);

    /**
     * Closes the connection; idempotent. Ends in {@link ConnectionSink#closed} on both sides.
     *
     * @param code application error code
     * @param reason for people
     */
    void close(long code, String reason);
}
