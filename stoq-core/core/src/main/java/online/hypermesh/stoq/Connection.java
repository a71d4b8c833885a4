package online.hypermesh.stoq;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** An open connection to a mutually authenticated peer. Thread-safe. */
public interface Connection extends AutoCloseable {
    /**
     * Who is at the other end, proven in the hello; it does not change while the connection lives.
     *
     * @return the peer
     */
    PeerIdentity peer();

    /**
     * Where the peer is.
     *
     * @return its address
     */
    InetSocketAddress remoteAddress();

    /**
     * Whether this side opened the connection.
     *
     * @return true on the side that called {@link Transport#connect}
     */
    boolean dialed();

    /**
     * How the bytes are protected on their way.
     *
     * @return the protection, derived from what both sides signed in the hello
     */
    Protection protection();

    /**
     * Opens a stream. Returns at once; the peer learns of the stream with its first bytes. A stream beyond the number that
     * the peer allows waits for another one to end, or fails with BUSY, as the engine can.
     *
     * @return the stream
     * @throws StoqException CLOSED or UNREACHABLE
     */
    Stream open();

    /**
     * Waits for a stream that the peer opens. Not to be mixed with {@link #onStream}.
     *
     * @param deadline longest wait
     * @return the stream
     * @throws StoqException TIMEOUT, CLOSED, UNREACHABLE or INTERRUPTED
     */
    Stream accept(Duration deadline);

    /**
     * Hands every stream that the peer opens, waiting ones first, to a handler.
     *
     * @param handler runs on the calling thread or on an engine thread; must not block
     */
    void onStream(Consumer<Stream> handler);

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
     * Asks the peer to open nothing new on this connection, and closes it after a while; streams under way go on until
     * then. Idempotent.
     *
     * @param grace how long streams under way have
     */
    void retire(Duration grace);

    /**
     * Closes the connection; streams fail with CLOSED on both sides. Idempotent.
     *
     * @param code tells the peer why, 0..2^31-1
     * @param reason for people at the other side, cut at 200 bytes
     */
    void close(long code, String reason);

    /** Closes with code 0. */
    @Override
    default void close() {
        close(0, "");
    }
}
