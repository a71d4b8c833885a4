package online.hypermesh.stoq.messaging;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.base.error.Retry;

/**
 * A body on its way into a stream: in one piece when all of it fits the buffer, else in chunks. Writing waits while the peer
 * does not keep up, until a deadline. Confined.
 */
final class BodyOutput extends OutputStream {
    private static final int BUFFER_BYTES = 32 * 1024;

    /** What goes before the body, and around it. */
    interface Framing {
        /** Head of a body in chunks. */
        byte[] chunkedHead();

        /** Head and body in one. */
        byte[] whole(byte[] body);

        /** Runs before bytes leave; may throw to keep them. */
        void beforeWrite();

        /** Bytes could not leave; what the writer is to be told. */
        StoqException failed(StoqException reason);
    }

    private final Stream stream;
    private final Framing framing;
    private final long limit;
    private final long endNanos;
    private final boolean endsStream;
    private byte[] buffer = Wire.NOTHING;
    private int filled;
    private long total;
    private boolean begun;
    private boolean closed;

    /**
     * @param limit most bytes taken
     * @param endsStream whether the stream's direction ends with the body
     */
    BodyOutput(Stream stream, Framing framing, long limit, long endNanos, boolean endsStream) {
        this.stream = stream;
        this.framing = framing;
        this.limit = limit;
        this.endNanos = endNanos;
        this.endsStream = endsStream;
    }

    boolean closed() {
        return closed;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        if (offset < 0 || length < 0 || offset > bytes.length - length) {
            throw new IndexOutOfBoundsException(
                    "offset " + offset + ", length " + length + ", array of " + bytes.length);
        }
        if (closed) {
            throw new IllegalStateException("the body was closed; nothing can follow");
        }
        total += length;
        if (total > limit) {
            throw new StoqException(
                    StoqException.Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "the body has more than the limit of " + limit + " bytes");
        }
        int done = 0;
        while (done < length) {
            room(length - done);
            int n = Math.min(BUFFER_BYTES - filled, length - done);
            System.arraycopy(bytes, offset + done, buffer, Wire.CHUNK_HEAD_BYTES + filled, n);
            filled += n;
            done += n;
            if (filled == BUFFER_BYTES) {
                flush();
            }
        }
    }

    /** Grows the buffer, which has room for the heads of two chunks, with what is written. */
    private void room(int more) {
        int wanted = Math.min(BUFFER_BYTES, Math.max(filled + more, 2 * filled)) + 2 * Wire.CHUNK_HEAD_BYTES;
        if (wanted > buffer.length) {
            buffer = Arrays.copyOf(buffer, wanted);
        }
    }

    @Override
    public void flush() {
        if (filled > 0 && !closed) {
            send(Wire.CHUNK_HEAD_BYTES + filled, false);
        }
    }

    private void send(int length, boolean last) {
        framing.beforeWrite();
        if (!begun) {
            begun = true;
            byte[] head = framing.chunkedHead();
            write(head, head.length, false);
        }
        ByteBuffer.wrap(buffer).putInt(filled);
        filled = 0;
        write(buffer, length, last);
    }

    private void write(byte[] bytes, int length, boolean last) {
        try {
            stream.write(bytes, 0, length, last, Duration.ofNanos(Math.max(0, endNanos - System.nanoTime())));
        } catch (StoqException e) {
            throw framing.failed(e);
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (!begun) {
            framing.beforeWrite();
            begun = true;
            byte[] body = filled == 0
                    ? Wire.NOTHING
                    : Arrays.copyOfRange(buffer, Wire.CHUNK_HEAD_BYTES, Wire.CHUNK_HEAD_BYTES + filled);
            byte[] whole = framing.whole(body);
            write(whole, whole.length, endsStream);
        } else if (filled == 0) {
            byte[] end = Wire.lastChunk();
            write(end, end.length, endsStream);
        } else {
            int length = Wire.CHUNK_HEAD_BYTES + filled;
            ByteBuffer.wrap(buffer).putInt(length, 0);
            send(length + Wire.CHUNK_HEAD_BYTES, endsStream);
        }
    }

    /** Ends the body with a failure: in place of the whole, or of the next chunk. */
    void fail(byte[] whole, byte[] chunk) {
        closed = true;
        byte[] end = begun ? chunk : whole;
        begun = true;
        write(end, end.length, true);
    }
}
