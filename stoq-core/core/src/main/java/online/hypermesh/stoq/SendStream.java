package online.hypermesh.stoq;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The direction of a stream in which this side sends: reliable and ordered. One thread may write at a time; writers must
 * take turns.
 */
public interface SendStream {
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
     * Writes bytes, waiting while the peer or the network does not keep up.
     *
     * @param bytes holds the bytes
     * @param offset first byte
     * @param length number of bytes, may be 0
     * @param last whether the stream ends, in this direction, after these bytes
     * @param deadline longest wait
     * @throws StoqException TIMEOUT (some bytes may be on their way: reset the stream), STREAM_STOPPED, CLOSED, UNREACHABLE
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
     * @throws StoqException STREAM_STOPPED, CLOSED or UNREACHABLE
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
     * Runs an action once, when what is sent reaches nobody any more: the peer wants no more, this side has reset the stream,
     * or the connection ended before the last byte was taken. An engine may notice that the peer wants no more only with
     * the next bytes sent. A later call replaces an action that has not run.
     *
     * @param action receives the reason; runs on the calling thread or on an engine thread; must not block
     */
    void onStopped(Consumer<StoqException> action);

    /**
     * Sends without waiting, after everything sent before. At most 1024 sends and 16 MiB wait per stream; cancelling a send
     * of which nothing has left takes it back, cancelling one that has begun resets this direction with code 0.
     *
     * @param bytes the bytes, not to be changed before the outcome is known
     * @param last whether the stream ends, in this direction, after these bytes
     * @return completes when the engine has taken all bytes; fails with StoqException BUSY (too many waiting),
     *     STREAM_STOPPED, CLOSED or UNREACHABLE
     */
    CompletableFuture<Void> send(byte[] bytes, boolean last);

    /**
     * Gives this direction up; what was not delivered is lost. A peer that reads sees STREAM_RESET with the code. Idempotent;
     * without effect after the end.
     *
     * @param code tells the peer why, 0..2^31-1
     */
    void resetSending(long code);

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
     * Writes what remains in a buffer.
     *
     * @param bytes its position is its limit afterwards
     * @param last whether the stream ends, in this direction, after these bytes
     * @param deadline longest wait
     * @throws StoqException as {@link #write(byte[], int, int, boolean, Duration)}
     */
    default void write(ByteBuffer bytes, boolean last, Duration deadline) {
        int length = bytes.remaining();
        if (bytes.hasArray()) {
            write(bytes.array(), bytes.arrayOffset() + bytes.position(), length, last, deadline);
            bytes.position(bytes.limit());
        } else {
            byte[] copy = new byte[length];
            bytes.get(copy);
            write(copy, 0, length, last, deadline);
        }
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
     * This direction as an output stream; closing it ends the direction.
     *
     * @param deadline longest wait of each call
     * @return an output stream whose failures are {@link StreamIoException}
     */
    default OutputStream output(Duration deadline) {
        return new StreamOutput(this, deadline);
    }

    /**
     * This direction as a channel; closing it ends the direction.
     *
     * @param deadline longest wait of each call
     * @return a channel whose failures are {@link StreamIoException}
     */
    default WritableByteChannel writableChannel(Duration deadline) {
        return new StreamOutput(this, deadline);
    }
}
