package online.hypermesh.stoq;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * An open connection that carries streams and datagrams, with no more known about the peer than TLS tells; {@link Connection}
 * adds the node behind it. Thread-safe.
 */
public interface QuicConnection extends AutoCloseable {
    /**
     * The application protocol that both sides agreed on (ALPN).
     *
     * @return for example {@code stoq/1} or {@code doq}
     */
    String protocol();

    /**
     * Where the peer is now; changes when the peer's path does.
     *
     * @return its address
     */
    InetSocketAddress remoteAddress();

    /**
     * Whether this side opened the connection.
     *
     * @return true on the side that dialed
     */
    boolean dialed();

    /**
     * The certificates that the server presented in TLS and whose leaf's key it proved to hold. TLS itself judges nothing.
     *
     * @return leaf first; empty on the accepting side, as clients present none
     */
    List<X509Certificate> tlsPeer();

    /**
     * Opens a bidirectional stream. Returns at once; the peer learns of the stream with its first bytes. A stream beyond the
     * number that the peer allows waits for another one to end, or fails with BUSY, as the engine can.
     *
     * @return the stream
     * @throws StoqException CLOSED or UNREACHABLE
     */
    Stream open();

    /**
     * Opens a stream in which only this side sends; otherwise as {@link #open}.
     *
     * @return the stream
     * @throws StoqException CLOSED or UNREACHABLE
     */
    SendStream openUnidirectional();

    /**
     * Opens a bidirectional stream and tells when the peer allows it. Cancelling resets it.
     *
     * @return completes when the stream has its number; fails with StoqException BUSY, CLOSED or UNREACHABLE
     */
    CompletableFuture<Stream> openAsync();

    /**
     * Opens a stream in which only this side sends and tells when the peer allows it. Cancelling resets it.
     *
     * @return completes when the stream has its number; fails with StoqException BUSY, CLOSED or UNREACHABLE
     */
    CompletableFuture<SendStream> openUnidirectionalAsync();

    /**
     * Waits for a bidirectional stream that the peer opens. Not to be mixed with {@link #onStream}.
     *
     * @param deadline longest wait
     * @return the stream
     * @throws StoqException TIMEOUT, CLOSED, UNREACHABLE or INTERRUPTED
     */
    Stream accept(Duration deadline);

    /**
     * Waits for a stream in which only the peer sends. Not to be mixed with {@link #onUnidirectionalStream}.
     *
     * @param deadline longest wait
     * @return the stream
     * @throws StoqException TIMEOUT, CLOSED, UNREACHABLE or INTERRUPTED
     */
    ReceiveStream acceptUnidirectional(Duration deadline);

    /**
     * Hands every bidirectional stream that the peer opens, waiting ones first, to a handler.
     *
     * @param handler runs on the calling thread or on an engine thread; must not block
     */
    void onStream(Consumer<Stream> handler);

    /**
     * Hands every stream in which only the peer sends, waiting ones first, to a handler.
     *
     * @param handler runs on the calling thread or on an engine thread; must not block
     */
    void onUnidirectionalStream(Consumer<ReceiveStream> handler);

    /**
     * Largest datagram that {@link #sendDatagram} takes at this moment.
     *
     * @return bytes, or 0 if the peer or the engine takes no datagrams
     */
    int maxDatagramBytes();

    /**
     * Sends a datagram: unreliable and unordered, encrypted like everything else. Never blocks.
     *
     * @param bytes at most {@link #maxDatagramBytes}
     * @return false if it was dropped on this side because too many wait
     * @throws StoqException LIMIT_EXCEEDED if it is too large or datagrams were not agreed on, CLOSED or UNREACHABLE
     */
    boolean sendDatagram(byte[] bytes);

    /**
     * Waits for a datagram. Not to be mixed with {@link #onDatagram}. When more than {@link
     * TransportLimits#maxDatagramsWaiting} wait for a reader, further ones are dropped and counted.
     *
     * @param deadline longest wait
     * @return its bytes
     * @throws StoqException TIMEOUT, CLOSED, UNREACHABLE or INTERRUPTED
     */
    byte[] receiveDatagram(Duration deadline);

    /**
     * Hands every datagram, waiting ones first, to a handler.
     *
     * @param handler runs on the calling thread or on an engine thread; must not block
     */
    void onDatagram(Consumer<byte[]> handler);

    /**
     * How the connection does.
     *
     * @param deadline longest wait
     * @return figures of this moment; those of the last moment once it has ended
     * @throws StoqException TIMEOUT or INTERRUPTED
     */
    ConnectionStatistics statistics(Duration deadline);

    /**
     * Why the connection is no longer open.
     *
     * @return the reason, or empty while it is open
     */
    Optional<StoqException> closed();

    /**
     * Runs an action when the connection ends, or at once if it has ended.
     *
     * @param action receives the reason; runs on the calling thread or on an engine thread; must not block
     */
    void onClosed(Consumer<StoqException> action);

    /**
     * Whether one side has asked to open nothing new here, because the connection is about to be closed.
     *
     * @return true after {@link #retire} on either side
     */
    boolean retiring();

    /**
     * Drains the connection: asks the peer to open nothing new, as far as the protocol has words for it ({@code stoq/1} has),
     * and closes the connection after a while; streams under way go on until then. Idempotent.
     *
     * @param grace how long streams under way have
     */
    void retire(Duration grace);

    /**
     * Closes the connection; streams fail with CLOSED on both sides. Idempotent.
     *
     * @param code tells the peer why, 0..2^31-1
     * @param reason for people at the other side, cut at 200 characters
     */
    void close(long code, String reason);

    /** Closes with code 0. */
    @Override
    default void close() {
        close(0, "");
    }
}
