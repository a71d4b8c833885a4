package online.hypermesh.stoq.session;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Makes frames of the bytes of the control stream, in whatever pieces they come. Confined to one thread at a time. */
final class ControlReader {
    private final boolean ends;
    private final ByteBuffer partial = ByteBuffer.allocate(ControlFrame.ENDED_BYTES);

    /** @param ends whether both sides agreed to tell each other ends of streams */
    ControlReader(boolean ends) {
        this.ends = ends;
    }

    /**
     * Takes the next byte.
     *
     * @return the frame that it completes, or null
     * @throws online.hypermesh.stoq.StoqException MALFORMED_FRAME if nothing that begins so was agreed on
     */
    @Nullable
    ControlFrame next(byte next) {
        if (partial.position() == 0) {
            partial.limit(lengthOf(next));
        }
        partial.put(next);
        if (partial.hasRemaining()) {
            return null;
        }
        partial.flip();
        ControlFrame frame = decode(partial);
        partial.clear();
        return frame;
    }

    private int lengthOf(byte kind) {
        return switch (kind) {
            case ControlFrame.PING, ControlFrame.PONG, ControlFrame.LEAVING -> 1;
            case ControlFrame.STOPPED -> ControlFrame.STOPPED_BYTES;
            case ControlFrame.ENDED -> {
                if (!ends) {
                    throw HelloFrame.malformed("the end of a stream was told, which was not agreed on", null);
                }
                yield ControlFrame.ENDED_BYTES;
            }
            default -> throw HelloFrame.malformed("unknown control byte " + kind, null);
        };
    }

    private static ControlFrame decode(ByteBuffer in) {
        return switch (in.get()) {
            case ControlFrame.PING -> new ControlFrame.Ping();
            case ControlFrame.PONG -> new ControlFrame.Pong();
            case ControlFrame.LEAVING -> new ControlFrame.Leaving();
            case ControlFrame.STOPPED -> new ControlFrame.Stopped(in.getLong(), Integer.toUnsignedLong(in.getInt()));
            default -> {
                long stream = in.getLong();
                long bytes = in.getLong();
                if (stream < 0 || stream > ControlFrame.MAX_VARINT || bytes < 0 || bytes > ControlFrame.MAX_VARINT) {
                    throw HelloFrame.malformed(
                            "no stream " + Long.toUnsignedString(stream) + " can end at byte "
                                    + Long.toUnsignedString(bytes) + "; both are below 2^62",
                            null);
                }
                yield new ControlFrame.Ended(stream, bytes);
            }
        };
    }
}
