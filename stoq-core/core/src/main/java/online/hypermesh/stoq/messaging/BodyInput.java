package online.hypermesh.stoq.messaging;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** A body as it comes off a stream, of a known length or in chunks. Reading waits, until a deadline. Confined. */
final class BodyInput extends InputStream {
    /** Tells the failure that ends a body in chunks. */
    interface Failure {
        StoqException of(byte[] failure);
    }

    private final Stream stream;
    private final long limit;
    private final long endNanos;
    private final boolean chunked;
    private final @Nullable Failure failures;
    private final Runnable atEnd;
    private int left;
    private long total;
    private boolean ended;
    private @Nullable StoqException failure;

    /**
     * @param length of the body, or {@link Wire#IN_CHUNKS}
     * @param limit most bytes accepted
     * @param failures reads a failure in place of a chunk; null where none may come
     * @param atEnd runs once, when the body was read to its end
     */
    BodyInput(Stream stream, int length, long limit, long endNanos, @Nullable Failure failures, Runnable atEnd) {
        this.stream = stream;
        this.limit = limit;
        this.endNanos = endNanos;
        this.chunked = length == Wire.IN_CHUNKS;
        this.failures = failures;
        this.atEnd = atEnd;
        this.left = chunked ? 0 : length;
    }

    /** Why reading failed, if it did. */
    @Nullable
    StoqException failure() {
        return failure;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
        if (offset < 0 || length < 0 || offset > buffer.length - length) {
            throw new IndexOutOfBoundsException(
                    "offset " + offset + ", length " + length + ", buffer of " + buffer.length);
        }
        if (failure != null) {
            throw failure;
        }
        if (length == 0) {
            return 0;
        }
        try {
            if (!more()) {
                return -1;
            }
            int n = stream.read(buffer, offset, Math.min(length, left), timeLeft());
            if (n < 0) {
                throw malformed("the body ended " + left + " bytes too early");
            }
            left -= n;
            return n;
        } catch (StoqException e) {
            failure = e;
            throw e;
        }
    }

    private boolean more() {
        if (left == 0 && !ended && chunked) {
            nextChunk();
        }
        if (left == 0 && !ended) {
            ended = true;
            atEnd.run();
        }
        return !ended;
    }

    private void nextChunk() {
        int length = ByteBuffer.wrap(stream.readExactly(Wire.CHUNK_HEAD_BYTES, timeLeft()))
                .getInt();
        if (length < 0 && length >= -Wire.MAX_FAILURE_BYTES && failures != null) {
            throw failures.of(stream.readExactly(-length, timeLeft()));
        }
        ChunkedBody.checkLength(length);
        total += length;
        if (total > limit) {
            throw new StoqException(
                    StoqException.Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "the body has more than the limit of " + limit + " bytes");
        }
        left = length;
    }

    private static StoqException malformed(String what) {
        return new StoqException(StoqException.Code.MALFORMED_FRAME, Retry.NEVER, what);
    }

    private Duration timeLeft() {
        return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }
}
