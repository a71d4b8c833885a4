package online.hypermesh.stoq;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import online.hypermesh.stoq.base.error.Retry;

/**
 * The direction of a stream in which the peer sends: reliable and ordered. One thread may read at a time; readers must take
 * turns. It must be read to its end or stopped, or it keeps occupying one of the peer's stream credits.
 */
public interface ReceiveStream {
    /**
     * Number of the stream within its connection.
     *
     * @return a number that no other stream of this connection has, or -1 until the peer has allowed the stream
     */
    long id();

    /**
     * The connection this stream belongs to.
     *
     * @return the connection
     */
    QuicConnection connection();

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
     * Runs an action once, when no more can be read before the end was: the peer or this side has reset the stream, or the
     * connection ended. Engines may notice a peer's reset only while less than 256 KiB wait to be read. A later call replaces
     * an action that has not run.
     *
     * @param action receives the reason; runs on the calling thread or on an engine thread; must not block
     */
    void onReset(Consumer<StoqException> action);

    /**
     * Asks the peer to send no more and drops what has not been read; later reads fail with CLOSED. The peer's writes fail
     * with STREAM_STOPPED and the code. Idempotent; without effect after the end.
     *
     * @param code tells the peer why, 0..2^31-1
     */
    void stopSending(long code);

    /**
     * Reads some bytes into a buffer, waiting for at least one.
     *
     * @param buffer has room for at least one byte; its position moves
     * @param deadline longest wait
     * @return number of bytes read, or -1 at the end of the stream
     * @throws StoqException as {@link #read(byte[], int, int, Duration)}
     */
    default int read(ByteBuffer buffer, Duration deadline) {
        if (buffer.hasArray()) {
            int n = read(buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining(), deadline);
            if (n > 0) {
                buffer.position(buffer.position() + n);
            }
            return n;
        }
        byte[] copy = new byte[Math.min(buffer.remaining(), 64 * 1024)];
        int n = read(copy, 0, copy.length, deadline);
        if (n > 0) {
            buffer.put(copy, 0, n);
        }
        return n;
    }

    /**
     * Reads exactly so many bytes.
     *
     * @param length number of bytes
     * @param deadline longest wait for all of them
     * @return the bytes
     * @throws StoqException MALFORMED_FRAME if the stream ends before, else as {@link #read(byte[], int, int, Duration)}
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
     * @throws StoqException LIMIT_EXCEEDED if more than {@code limit} bytes come, else as {@link #read(byte[], int, int,
     *     Duration)}
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

    /**
     * This direction as an input stream; closing it before the end stops the peer with code 0.
     *
     * @param deadline longest wait of each call
     * @return an input stream whose failures are {@link StreamIoException}
     */
    default InputStream input(Duration deadline) {
        return new StreamInput(this, deadline);
    }

    /**
     * This direction as a channel; closing it before the end stops the peer with code 0.
     *
     * @param deadline longest wait of each call
     * @return a channel whose failures are {@link StreamIoException}
     */
    default ReadableByteChannel readableChannel(Duration deadline) {
        return new StreamInput(this, deadline);
    }
}
