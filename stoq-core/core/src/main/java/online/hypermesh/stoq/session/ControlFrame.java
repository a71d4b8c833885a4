package online.hypermesh.stoq.session;

import java.nio.ByteBuffer;

/** What a side says on the control stream once the hello is complete ({@code docs/spec/stoq.md}). Immutable. */
sealed interface ControlFrame {
    byte PING = 1;
    byte PONG = 2;
    byte LEAVING = 3;
    byte STOPPED = 4;
    byte ENDED = 5;
    int STOPPED_BYTES = 13;
    int ENDED_BYTES = 17;

    /** Largest stream id and largest offset in a stream (RFC 9000 section 16). */
    long MAX_VARINT = (1L << 62) - 1;

    /** The frame as it is sent. */
    byte[] encode();

    /** Asks for a {@link Pong}. */
    record Ping() implements ControlFrame {
        @Override
        public byte[] encode() {
            return new byte[] {PING};
        }
    }

    /** Answers a {@link Ping}. */
    record Pong() implements ControlFrame {
        @Override
        public byte[] encode() {
            return new byte[] {PONG};
        }
    }

    /** The sender will close the connection. */
    record Leaving() implements ControlFrame {
        @Override
        public byte[] encode() {
            return new byte[] {LEAVING};
        }
    }

    /**
     * The sender wants no more bytes on a stream.
     *
     * @param stream its id
     * @param code why, 0..2^32-1
     */
    record Stopped(long stream, long code) implements ControlFrame {
        @Override
        public byte[] encode() {
            return ByteBuffer.allocate(STOPPED_BYTES)
                    .put(STOPPED)
                    .putLong(stream)
                    .putInt((int) code)
                    .array();
        }
    }

    /**
     * What the sender sends on a stream ends, and the frame that says so travels alone.
     *
     * @param stream its id
     * @param bytes how many bytes it has in this direction
     */
    record Ended(long stream, long bytes) implements ControlFrame {
        @Override
        public byte[] encode() {
            return ByteBuffer.allocate(ENDED_BYTES)
                    .put(ENDED)
                    .putLong(stream)
                    .putLong(bytes)
                    .array();
        }
    }
}
