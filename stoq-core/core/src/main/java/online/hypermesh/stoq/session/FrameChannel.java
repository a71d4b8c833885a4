package online.hypermesh.stoq.session;

import java.nio.ByteBuffer;
import java.time.Duration;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** Length-prefixed frames over the stream of the hello. Confined to one thread at a time. */
final class FrameChannel {
    private static final int LENGTH_BYTES = 4;

    private final BufferedStream stream;
    private final byte[] head = new byte[LENGTH_BYTES];
    private int headFilled;
    private byte @Nullable [] content;
    private int filled;

    FrameChannel(BufferedStream stream) {
        this.stream = stream;
    }

    /** Sends a frame; frames of the hello always fit. */
    void send(byte[] frame, boolean last) {
        byte[] bytes = ByteBuffer.allocate(LENGTH_BYTES + frame.length)
                .putInt(frame.length)
                .put(frame)
                .array();
        if (!stream.offer(bytes, 0, bytes.length, last)) {
            throw new StoqException(
                    StoqException.Code.BUSY, Retry.SAME_CALL, "the stream of the hello does not take a frame");
        }
    }

    /** The next frame if it is complete; null if more must arrive. */
    byte @Nullable [] poll() {
        while (headFilled < LENGTH_BYTES) {
            int n = stream.readNow(head, headFilled, LENGTH_BYTES - headFilled);
            if (n <= 0) {
                return none(n);
            }
            headFilled += n;
        }
        byte[] frame = content;
        if (frame == null) {
            int length = ByteBuffer.wrap(head).getInt();
            if (length < 1 || length > HelloFrame.MAX_BYTES) {
                throw new StoqException(
                        StoqException.Code.LIMIT_EXCEEDED,
                        Retry.NEVER,
                        "a frame of the STOQ hello has " + Integer.toUnsignedString(length) + " bytes, limit 1.."
                                + HelloFrame.MAX_BYTES);
            }
            frame = new byte[length];
            content = frame;
            filled = 0;
        }
        while (filled < frame.length) {
            int n = stream.readNow(frame, filled, frame.length - filled);
            if (n <= 0) {
                return none(n);
            }
            filled += n;
        }
        content = null;
        headFilled = 0;
        return frame;
    }

    /** Waits for the next frame. */
    byte[] await(long endNanos) {
        while (headFilled < LENGTH_BYTES) {
            headFilled += some(head, headFilled, endNanos);
        }
        byte[] polled = poll();
        while (polled == null) {
            byte[] frame = content;
            if (frame == null) {
                throw new IllegalStateException("a frame with a head has a content");
            }
            filled += some(frame, filled, endNanos);
            polled = poll();
        }
        return polled;
    }

    private int some(byte[] target, int from, long endNanos) {
        Duration left = Duration.ofNanos(endNanos - System.nanoTime());
        int n = stream.read(target, from, target.length - from, left);
        if (n < 0) {
            none(n);
        }
        return n;
    }

    private byte @Nullable [] none(int n) {
        if (n < 0) {
            throw HelloFrame.malformed("the peer ended the STOQ hello before it was complete", null);
        }
        return null;
    }
}
