package online.hypermesh.stoq.messaging;

import java.nio.ByteBuffer;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;

/** One-way messages of a peer, as they come off its stream. Confined to the threads that deliver its bytes. */
final class MessageFrames implements FrameReader.Frames {
    private static final System.Logger LOG = System.getLogger(MessageFrames.class.getName());

    /** Receives complete messages. */
    interface Receiver {
        /** Largest body of a service; negative if its messages are to be passed over. */
        int limit(int service);

        void message(int service, byte[] body);
    }

    private final Stream stream;
    private final Receiver receiver;
    private int service;

    MessageFrames(Stream stream, Receiver receiver) {
        this.stream = stream;
        this.receiver = receiver;
    }

    @Override
    public int headBytes() {
        return Wire.MESSAGE_HEAD_BYTES;
    }

    @Override
    public int head(ByteBuffer head) {
        service = head.getShort() & 0xffff;
        int length = head.getInt();
        int limit = receiver.limit(service);
        if (length < 0 || length > Messenger.MAX_BODY_BYTES || (limit >= 0 && length > limit)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "a message of {0} bytes to service {1} exceeds its limit; its stream is given up",
                    Integer.toUnsignedString(length),
                    service);
            stream.reset(Wire.RESET_MALFORMED);
            return FrameReader.PASS_OVER_REST;
        }
        return limit < 0 ? ~length : length;
    }

    @Override
    public FrameReader.Next body(byte[] body) {
        receiver.message(service, body);
        return FrameReader.Next.FRAME;
    }

    @Override
    public void ended(boolean withinFrame) {
        // what was cut off is lost, as messages may be
    }

    @Override
    public void failed(StoqException reason) {
        LOG.log(System.Logger.Level.DEBUG, "messages end: {0}", reason.getMessage());
    }
}
