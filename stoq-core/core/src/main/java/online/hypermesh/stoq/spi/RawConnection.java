package online.hypermesh.stoq.spi;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.Protection;

/** An engine's connection, encrypted but not mutually authenticated. Thread-safe. */
public interface RawConnection {
    /**
     * The application protocol that TLS agreed on.
     *
     * @return one of {@link EngineConfig#protocols} on the accepting side, the dialed one on the other
     */
    String protocol();

    /**
     * Where the peer is now.
     *
     * @return its address
     */
    InetSocketAddress remoteAddress();

    /**
     * The certificates that the server presented and whose leaf's key it proved to hold.
     *
     * @return leaf first on the dialing side, empty on the accepting side
     */
    List<X509Certificate> peerChain();

    /**
     * The leaf that this side presented as a server.
     *
     * @return empty on the dialing side, and on the accepting side if the engine cannot tell
     */
    Optional<X509Certificate> localLeaf();

    /**
     * What this side knows about the confidentiality of this very connection. A dialing engine says HYBRID only when it
     * offered nothing but X25519MLKEM768, or was told that it was agreed on. An accepting engine that prefers X25519MLKEM768
     * may say HYBRID without having been told: the weaker word of both sides counts, and the dialing side signs its own in the
     * hello. Otherwise CLASSICAL; the hello then adds an exchange of its own.
     *
     * @return the protection
     */
    default Protection protection() {
        return Protection.CLASSICAL;
    }

    /**
     * Lets a later connection resume the TLS session of this one, if the engine does that: the server has proven itself, and
     * resumes nothing but sessions that began with the leaf it presents. On the dialing side.
     */
    default void keepSession() {}

    /**
     * Prepares a stream, which the first {@link RawStream#offer} opens. Returns at once.
     *
     * @param unidirectional whether only this side will send
     * @param sink receives the stream's events; the first {@link RawStream#demand} starts them
     * @return the stream
     */
    RawStream open(boolean unidirectional, StreamSink sink);

    /**
     * The peer has proven who it is: from now on it may use what the limits allow. Before, streams that it opens are reset; an
     * engine that goes on to hold what comes on them closes the connection once that is more than
     * {@link EngineConfig#EARLY_BYTES}, and others have nothing to do.
     */
    default void trust() {}

    /**
     * Largest datagram that can be sent at this moment.
     *
     * @return bytes, or 0 if the peer or the engine takes no datagrams
     */
    int maxDatagramBytes();

    /**
     * Sends a datagram; never blocks. One that no longer fits when it is its turn is dropped.
     *
     * @param bytes at most {@link #maxDatagramBytes}; copied or sent before return
     * @return false if it was dropped because {@link online.hypermesh.stoq.TransportLimits#maxDatagramsWaiting} wait
     */
    boolean sendDatagram(byte[] bytes);

    /**
     * How the path does.
     *
     * @return figures of this moment, or of the last one after the end; never fails
     */
    CompletionStage<PathStatistics> statistics();

    /**
     * Closes the connection; idempotent. Ends in {@link ConnectionSink#closed} on both sides.
     *
     * @param code application error code
     * @param reason for people
     */
    void close(long code, String reason);
}
