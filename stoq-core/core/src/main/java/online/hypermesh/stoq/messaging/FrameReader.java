package online.hypermesh.stoq.messaging;

import java.nio.ByteBuffer;
import java.util.Arrays;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;

/**
 * Takes frames, each a head and a body, off a stream, on the threads that deliver its bytes. Memory for a body grows with what
 * has arrived and not with what was announced. Confined to those threads, one after the other.
 */
final class FrameReader implements Runnable {
    /** The body, and all that follows it, is passed over. */
    static final int PASS_OVER_REST = Integer.MIN_VALUE;

    private static final int FIRST_CHUNK_BYTES = 64 * 1024;
    private static final int SCRATCH_BYTES = 4096;

    /** What follows a frame. */
    enum Next {
        /** Another frame. */
        FRAME,
        /** Nothing: any further byte resets the stream. */
        END,
        /** Bytes that somebody else reads. */
        LEAVE
    }

    /** Receives what is read. */
    interface Frames {
        /** Bytes of the next head, at least 1 and at most 16. */
        int headBytes();

        /**
         * Judges a head.
         *
         * @return bytes of the body to collect; its complement to pass over so many; {@link #PASS_OVER_REST}
         * @throws StoqException ends the reading, as a failure of the stream would
         */
        int head(ByteBuffer head);

        /** More memory is needed for the body; false to pass over the rest of the stream, after having answered. */
        default boolean reserve(int bytes) {
            return true;
        }

        /** A frame that was not passed over is complete. */
        Next body(byte[] body);

        /**
         * The peer has ended the stream before {@link Next#END}, within a frame or, only where frames may follow, between two.
         */
        void ended(boolean withinFrame);

        /** The stream failed, or {@link #head} or {@link #body} did; after {@link Next#END} too. */
        void failed(StoqException reason);
    }

    private enum Phase {
        HEAD,
        BODY,
        PASS_BODY,
        PASS_REST,
        TAIL,
        OVER
    }

    private final Stream stream;
    private final Frames frames;
    private final long maxPassedBytes;
    private final byte[] head = new byte[16];
    private Phase phase = Phase.HEAD;
    private int headFilled;
    private int length;
    private byte[] body = Wire.NOTHING;
    private int filled;
    private long passed;

    /**
     * @param maxPassedBytes most bytes passed over after a refusal, then the stream is reset
     */
    FrameReader(Stream stream, Frames frames, long maxPassedBytes) {
        this.stream = stream;
        this.frames = frames;
        this.maxPassedBytes = maxPassedBytes;
    }

    /** Passes over what still comes, so that the peer is not held up and its stream ends. */
    static void passOver(Stream stream, long maxBytes) {
        FrameReader reader = new FrameReader(stream, Unread.INSTANCE, maxBytes);
        reader.passOverRest();
        reader.run();
    }

    /** Reads what has arrived, and goes on when more arrives. */
    @Override
    public void run() {
        try {
            while (phase != Phase.OVER) {
                int n = step();
                if (n < 0) {
                    end();
                } else if (n == 0 && phase != Phase.OVER) {
                    stream.onReadable(this);
                    return;
                }
            }
        } catch (StoqException e) {
            phase = Phase.OVER;
            frames.failed(e);
        }
    }

    /** Bytes read, 0 if there are none now, below 0 at the end of the stream. */
    private int step() {
        return switch (phase) {
            case HEAD -> readHead();
            case BODY -> readBody();
            case PASS_BODY -> passBody();
            case PASS_REST -> passRest();
            case TAIL -> readTail();
            case OVER -> 0;
        };
    }

    private void end() {
        Phase ended = phase;
        phase = Phase.OVER;
        if (ended == Phase.HEAD || ended == Phase.BODY || ended == Phase.PASS_BODY) {
            frames.ended(ended != Phase.HEAD || headFilled > 0);
        }
    }

    private int readHead() {
        int wanted = frames.headBytes();
        int n = stream.readNow(head, headFilled, wanted - headFilled);
        if (n <= 0) {
            return n;
        }
        headFilled += n;
        if (headFilled == wanted) {
            headFilled = 0;
            filled = 0;
            begin(frames.head(ByteBuffer.wrap(head, 0, wanted)));
        }
        return n;
    }

    private void begin(int verdict) {
        if (verdict == PASS_OVER_REST) {
            passOverRest();
        } else if (verdict < 0) {
            length = ~verdict;
            phase = length == 0 ? Phase.HEAD : Phase.PASS_BODY;
            body = new byte[Math.min(length, SCRATCH_BYTES)];
        } else {
            length = verdict;
            body = Wire.NOTHING;
            phase = Phase.BODY;
            if (length == 0) {
                complete();
            } else {
                grow();
            }
        }
    }

    private void passOverRest() {
        phase = Phase.PASS_REST;
        body = new byte[SCRATCH_BYTES];
    }

    private int readBody() {
        if (filled == body.length && !grow()) {
            return 1;
        }
        int n = stream.readNow(body, filled, body.length - filled);
        filled += Math.max(n, 0);
        if (filled == length) {
            complete();
        }
        return n;
    }

    private boolean grow() {
        int capacity = (int) Math.min(length, Math.max(FIRST_CHUNK_BYTES, body.length * 2L));
        if (!frames.reserve(capacity - body.length)) {
            passOverRest();
            return false;
        }
        body = body.length == 0 ? new byte[capacity] : Arrays.copyOf(body, capacity);
        return true;
    }

    private void complete() {
        byte[] whole = body;
        body = Wire.NOTHING;
        phase = Phase.HEAD;
        switch (frames.body(whole)) {
            case FRAME -> phase = Phase.HEAD;
            case END -> phase = Phase.TAIL;
            case LEAVE -> phase = Phase.OVER;
        }
    }

    private int passBody() {
        int n = stream.readNow(body, 0, Math.min(body.length, length - filled));
        filled += Math.max(n, 0);
        if (filled == length) {
            body = Wire.NOTHING;
            phase = Phase.HEAD;
        }
        return n;
    }

    private int passRest() {
        int n = stream.readNow(body, 0, body.length);
        passed += Math.max(n, 0);
        if (passed > maxPassedBytes) {
            phase = Phase.OVER;
            stream.reset(Wire.RESET_MALFORMED);
        }
        return n;
    }

    private int readTail() {
        int n = stream.readNow(head, 0, 1);
        if (n > 0) {
            // nothing can follow; whoever goes on would only take memory
            phase = Phase.OVER;
            stream.reset(Wire.RESET_MALFORMED);
        }
        return n;
    }

    /** Receives nothing, for streams of which nothing is wanted. */
    private enum Unread implements Frames {
        INSTANCE;

        @Override
        public int headBytes() {
            return 1;
        }

        @Override
        public int head(ByteBuffer head) {
            return PASS_OVER_REST;
        }

        @Override
        public Next body(byte[] body) {
            return Next.END;
        }

        @Override
        public void ended(boolean withinFrame) {
            // the peer ends what nobody listens to
        }

        @Override
        public void failed(StoqException reason) {
            // and so it may
        }
    }
}
