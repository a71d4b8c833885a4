package online.hypermesh.stoq.messaging;

import java.nio.ByteBuffer;
import java.util.Arrays;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;

/** Takes one request off a stream, on the threads that deliver its bytes. Confined to them. */
final class RequestReader {
    private static final System.Logger LOG = System.getLogger(RequestReader.class.getName());
    private static final int FIRST_CHUNK_BYTES = 64 * 1024;

    /** Receives the request. */
    interface Receiver {
        /** Called once the head is known; false to pass over the body, after having answered. */
        boolean wanted(int service, int length);

        /** More memory is needed for the body; false to pass over the rest, after having answered. */
        boolean reserve(int bytes);

        void request(int service, byte[] body);

        /** The request will not become complete. */
        void abandoned();
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
    private boolean told;

    RequestReader(Stream stream, Receiver receiver) {
        this.stream = stream;
        this.receiver = receiver;
    }

    void pump() {
        try {
            while (!told) {
                int n = discarding ? discard() : headFilled < head.length ? readHead() : readBody();
                if (n < 0) {
                    ended();
                    return;
                }
                if (n == 0) {
                    stream.onReadable(this::pump);
                    return;
                }
            }
        } catch (StoqException e) {
            LOG.log(System.Logger.Level.DEBUG, "a request ends: {0}", e.getMessage());
            abandon();
        }
    }

    private void ended() {
        if (!discarding) {
            stream.reset(Wire.RESET_MALFORMED);
        }
        abandon();
    }

    private void abandon() {
        if (!told) {
            told = true;
            receiver.abandoned();
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
            if (!receiver.wanted(service, length)) {
                pass();
            } else if (length == 0) {
                complete();
            } else {
                grow();
            }
        }
        return n;
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
        if (!receiver.reserve(capacity - body.length)) {
            pass();
            return false;
        }
        body = Arrays.copyOf(body, capacity);
        return true;
    }

    private void pass() {
        discarding = true;
        body = new byte[4096];
        filled = 0;
    }

    private int discard() {
        int n = stream.readNow(body, 0, body.length);
        filled += Math.max(n, 0);
        if (filled > Messenger.MAX_BODY_BYTES) {
            stream.reset(Wire.RESET_MALFORMED);
            return -1;
        }
        return n;
    }

    private void complete() {
        told = true;
        receiver.request(service, body);
    }
}
