package online.hypermesh.stoq;

import java.io.InputStream;
import java.io.OutputStream;

/**
 * A request of this side with both bodies as streams, neither of which is ever in memory as a whole. The peer begins to work
 * with the first bytes; it may answer before the request's body has ended. Reading and writing wait for the peer and fail with
 * a {@link StoqException}: TIMEOUT after the deadline, the peer's failure as REMOTE_FAILURE and its kin, LIMIT_EXCEEDED,
 * MALFORMED_FRAME, UNREACHABLE or CLOSED with a lost connection. One thread may write while another reads.
 */
public interface Call extends AutoCloseable {
    /**
     * Where the request's body goes; closing it ends the body. What is written is held back until {@code flush} or some 32
     * KiB. Writing fails as soon as the peer has answered with a failure.
     *
     * @return the body
     */
    OutputStream body();

    /**
     * The answer. Where the peer waits for the end of the request's body, close the body first.
     *
     * @return the bytes; ends where the peer ended them
     */
    InputStream answer();

    /** Gives up; the peer learns of it. Idempotent; nothing happens once the answer was read to its end. */
    void cancel();

    /** Cancels, unless the answer was read to its end; idempotent. */
    @Override
    void close();
}
