package online.hypermesh.stoq;

import java.time.Duration;
import java.util.Arrays;
import online.hypermesh.stoq.base.error.Retry;

/**
 * A reliable, ordered, bidirectional byte stream within a {@link Connection}. One thread may read while another writes;
 * two readers or two writers must take turns. Every stream must be read to its end or reset, or it keeps occupying one of
 * the peer's stream credits.
 */
public interface Stream {
    /**
     * Number of the stream within its connection.
     *
     * @return a number that no other stream of this connection and direction has
     */
    long id();

    /**
     * The connection this stream belongs to.
     *
     * @return the connection
     */
    Connection connection();

    /**
     * Reads some bytes, waiting for at least one.
     *
     * @param buffer receives the bytes
     * @param offset first index written
     * @param length most bytes wanted, at least 1
     * @param deadline longest wait
     * @return number of bytes read, or -1 at the end of the stream
     * @throws StoqException TIMEOUT, STREAM_RESET, CLOSED, UNREACHABLE or INTERRUPTED
     */
    int read(byte[] buffer, int offset, int length, Duration deadline);

    /**
     * Reads what is there without waiting.
     *
     * @param buffer receives the bytes
     * @param offset first index written
     * @param length most bytes wanted, at least 1
     * @return number of bytes read, 0 if none has arrived, or -1 at the end of the stream
     * @throws StoqException STREAM_RESET, CLOSED or UNREACHABLE
     */
    int readNow(byte[] buffer, int offset, int length);

    /**
     * Runs an action once, as soon as {@link #readNow} has something to tell: bytes, the end or a failure. A later call
     * replaces an action that has not run.
     *
     * @param action runs on the calling thread or on an engine thread; must not block
     */
    void onReadable(Runnable action);

    /**
     * Writes bytes, waiting while the peer or the network does not keep up.
     *
     * @param bytes holds the bytes
     * @param offset first byte
     * @param length number of bytes, may be 0
     * @param last whether the stream ends, in this direction, after these bytes
     * @param deadline longest wait
     * @throws StoqException TIMEOUT (some bytes may be on their way: reset the stream), STREAM_RESET, CLOSED, UNREACHABLE
     *     or INTERRUPTED
     */
    void write(byte[] bytes, int offset, int length, boolean last, Duration deadline);

    /**
     * Takes bytes for sending without waiting: all of them, or none while too much is under way already.
     *
     * @param bytes holds the bytes
     * @param offset first byte
     * @param length number of bytes, may be 0
     * @param last whether the stream ends, in this direction, after these bytes
     * @return whether they were taken
     * @throws StoqException STREAM_RESET, CLOSED or UNREACHABLE
     */
    boolean offer(byte[] bytes, int offset, int length, boolean last);

    /**
     * Runs an action once, as soon as a refused {@link #offer} is worth repeating or the stream has failed. A later call
     * replaces an action that has not run.
     *
     * @param action runs on the calling thread or on an engine thread; must not block
     */
    void onWritable(Runnable action);

    /**
     * Gives the stream up in both directions; what was not delivered is lost. The peer sees STREAM_RESET. Idempotent.
     *
     * @param code tells the peer why, 0..2^31-1
     */
    void reset(long code);

    /**
     * Writes a whole array.
     *
     * @param bytes the bytes
     * @param deadline longest wait
     * @throws StoqException as {@link #write(byte[], int, int, boolean, Duration)}
     */
    default void write(byte[] bytes, Duration deadline) {
        write(bytes, 0, bytes.length, false, deadline);
    }

    /**
     * Ends the stream in this direction; the other direction goes on.
     *
     * @param deadline longest wait
     * @throws StoqException as {@link #write(byte[], int, int, boolean, Duration)}
     */
    default void finish(Duration deadline) {
        write(new byte[0], 0, 0, true, deadline);
    }

    /**
     * Reads exactly so many bytes.
     *
     * @param length number of bytes
     * @param deadline longest wait for all of them
     * @return the bytes
     * @throws StoqException MALFORMED_FRAME if the stream ends before, else as {@link #read}
     */
    default byte[] readExactly(int length, Duration deadline) {
        byte[] bytes = new byte[length];
        long end = System.nanoTime() + deadline.toNanos();
        for (int filled = 0; filled < length; ) {
            int n = read(bytes, filled, length - filled, Duration.ofNanos(end - System.nanoTime()));
            if (n < 0) {
                throw new StoqException(
                        StoqException.Code.MALFORMED_FRAME,
                        Retry.NEVER,
                        "stream " + id() + " ended after " + filled + " of " + length + " bytes");
            }
            filled += n;
        }
        return bytes;
    }

    /**
     * Reads up to the end of the stream.
     *
     * @param limit most bytes accepted
     * @param deadline longest wait for all of them
     * @return the bytes
     * @throws StoqException LIMIT_EXCEEDED if more than {@code limit} bytes come, else as {@link #read}
     */
    default byte[] readToEnd(int limit, Duration deadline) {
        byte[] bytes = new byte[Math.min(limit, 4096) + 1];
        long end = System.nanoTime() + deadline.toNanos();
        int filled = 0;
        while (true) {
            int n = read(bytes, filled, bytes.length - filled, Duration.ofNanos(end - System.nanoTime()));
            if (n < 0) {
                return Arrays.copyOf(bytes, filled);
            }
            filled += n;
            if (filled > limit) {
                throw new StoqException(
                        StoqException.Code.LIMIT_EXCEEDED,
                        Retry.NEVER,
                        "stream " + id() + " carries more than the limit of " + limit + " bytes");
            }
            if (filled == bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(bytes.length * 2L, limit + 1L));
            }
        }
    }
}
