package online.hypermesh.stoq.messaging;

import java.util.Arrays;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;

/** Puts the chunks of a body together, up to a limit. Confined. */
final class ChunkedBody {
    /** The body exceeds its limit. */
    static final int TOO_LONG = Integer.MIN_VALUE + 1;

    private final int limit;
    private byte[] bytes = Wire.NOTHING;
    private int filled;
    private boolean last;

    ChunkedBody(int limit) {
        this.limit = limit;
    }

    int limit() {
        return limit;
    }

    /** Judges the head of a chunk: bytes that follow, or {@link #TOO_LONG}; throws MALFORMED_FRAME. */
    int next(int length) {
        checkLength(length);
        last = length == 0;
        return filled + (long) length > limit ? TOO_LONG : length;
    }

    /** Throws MALFORMED_FRAME unless it is the length of a chunk or of the end. */
    static void checkLength(int length) {
        if (length < 0 || length > Wire.MAX_CHUNK_BYTES) {
            throw new StoqException(
                    StoqException.Code.MALFORMED_FRAME,
                    Retry.NEVER,
                    "a chunk has " + length + " bytes, limit " + Wire.MAX_CHUNK_BYTES);
        }
    }

    /** Adds a chunk; whether the body is complete. */
    boolean add(byte[] chunk) {
        if (filled + chunk.length > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(limit, Math.max(filled + chunk.length, bytes.length * 2L)));
        }
        System.arraycopy(chunk, 0, bytes, filled, chunk.length);
        filled += chunk.length;
        return last;
    }

    byte[] whole() {
        return filled == bytes.length ? bytes : Arrays.copyOf(bytes, filled);
    }
}
