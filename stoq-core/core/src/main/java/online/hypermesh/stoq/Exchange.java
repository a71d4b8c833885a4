package online.hypermesh.stoq;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/**
 * A request as its {@link ExchangeHandler} sees it: who asks, how long there is, and both bodies as streams, neither of which
 * is ever in memory as a whole. Reading and writing wait for the peer and fail with a {@link StoqException}: TIMEOUT after the
 * deadline, STREAM_RESET or CLOSED when the caller has given up, LIMIT_EXCEEDED beyond the service's limits, MALFORMED_FRAME.
 * One thread may read while another writes.
 */
public interface Exchange {
    /**
     * Who asks.
     *
     * @return the peer
     */
    PeerIdentity peer();

    /**
     * Which service is asked.
     *
     * @return its number
     */
    int service();

    /**
     * How long the caller still waits.
     *
     * @return the time left, not below zero
     */
    Duration remaining();

    /**
     * Whether nobody waits for the answer any more: the caller has cancelled, its connection is lost, or the deadline has
     * passed.
     *
     * @return true once that is so
     */
    boolean cancelled();

    /**
     * Runs an action once, as soon as {@link #cancelled} becomes true, or at once. A later call replaces an action that has
     * not run.
     *
     * @param action runs on any thread; must not block
     */
    void onCancelled(Runnable action);

    /**
     * The request's body. It arrives as fast as it is read.
     *
     * @return the bytes; ends where the caller ended them
     */
    InputStream body();

    /**
     * Where the answer goes. It leaves as fast as the caller reads it; what is written is held back until {@code flush} or
     * some 32 KiB.
     *
     * @return the answer; ended by the handler's return, if not closed before
     */
    OutputStream answer();
}
