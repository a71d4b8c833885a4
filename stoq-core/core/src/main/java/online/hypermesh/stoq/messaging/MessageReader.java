package online.hypermesh.stoq.messaging;

import java.nio.ByteBuffer;
import java.util.Arrays;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;

/** Takes one-way messages off a stream, on the threads that deliver its bytes. Confined to them. */
final class MessageReader {
    private static final System.Logger LOG = System.getLogger(MessageReader.class.getName());
    private static final int FIRST_CHUNK_BYTES = 64 * 1024;

    /** Receives complete messages. */
    interface Receiver {
        /** Largest body of a service; negative if its messages are to be passed over. */
        int limit(int service);

        void message(int service, byte[] body);
    }

    private final Stream stream;
    private final Receiver receiver;
    private final byte[] head = new byte[Wire.HEAD_BYTES];
    private int headFilled;
    private int service;
    private int length;
    private byte[] body = new byte[0];
    private int filled;
    private boolean discarding;

    MessageReader(Stream stream, Receiver receiver) {
        this.stream = stream;
        this.receiver = receiver;
    }

    void pump() {
        try {
            while (true) {
                int n = headFilled < head.length ? readHead() : readBody();
                if (n < 0) {
                    return;
                }
                if (n == 0) {
                    stream.onReadable(this::pump);
                    return;
                }
            }
        } catch (StoqException e) {
            LOG.log(System.Logger.Level.DEBUG, "messages end: {0}", e.getMessage());
        }
    }

    private int readHead() {
        int n = stream.readNow(head, headFilled, head.length - headFilled);
        if (n <= 0) {
            return n;
        }
        headFilled += n;
        if (headFilled == head.length) {
            ByteBuffer in = ByteBuffer.wrap(head);
            service = in.getShort() & 0xffff;
            length = in.getInt();
            int limit = receiver.limit(service);
            if (length < 0 || length > Messenger.MAX_BODY_BYTES || (limit >= 0 && length > limit)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "a message of {0} bytes to service {1} exceeds its limit; its stream is given up",
                        Integer.toUnsignedString(length),
                        service);
                stream.reset(Wire.RESET_MALFORMED);
                return -1;
            }
            discarding = limit < 0;
            filled = 0;
            body = new byte[Math.min(length, FIRST_CHUNK_BYTES)];
            if (length == 0) {
                complete();
            }
        }
        return n;
    }

    private int readBody() {
        if (discarding) {
            int n = stream.readNow(body, 0, Math.min(body.length, length - filled));
            filled += Math.max(n, 0);
            if (filled == length) {
                headFilled = 0;
            }
            return n;
        }
        if (filled == body.length) {
            body = Arrays.copyOf(body, (int) Math.min(length, body.length * 2L));
        }
        int n = stream.readNow(body, filled, body.length - filled);
        filled += Math.max(n, 0);
        if (filled == length) {
            complete();
        }
        return n;
    }

    private void complete() {
        headFilled = 0;
        byte[] message = body;
        body = new byte[0];
        if (!discarding) {
            receiver.message(service, message);
        }
    }
}
