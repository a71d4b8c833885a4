package online.hypermesh.stoq.messaging;

import java.nio.ByteBuffer;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a request of this side with whole bodies, from its first byte to its answer. No thread waits. Confined to the
 * threads that deliver its stream's events.
 */
final class OutboundRequest implements FrameReader.Frames {
    private static final System.Logger LOG = System.getLogger(OutboundRequest.class.getName());
    private static final int JOINED_REQUEST_BYTES = 16 * 1024;

    /** Told once how the attempt ended. */
    interface Caller {
        void answered(byte[] answer);

        /** The peer answered with a failure. */
        void refused(StoqException reason);

        /** There will be no answer. */
        void failed(StoqException reason);
    }

    private final Stream stream;
    private final NodeId peer;
    private final int service;
    private final int maxAnswerBytes;
    private final Caller caller;
    private byte status;
    private @Nullable ChunkedBody chunks;
    private boolean over;
    private boolean endsLater;

    OutboundRequest(Stream stream, NodeId peer, int service, int maxAnswerBytes, Caller caller) {
        this.stream = stream;
        this.peer = peer;
        this.service = service;
        this.maxAnswerBytes = maxAnswerBytes;
        this.caller = caller;
    }

    /**
     * @param open whether the stream's direction stays open until the answer is there: only then every engine tells the peer
     *     that nobody waits any more
     */
    void start(byte[] body, int deadlineMillis, boolean open) {
        endsLater = open;
        if (body.length <= JOINED_REQUEST_BYTES) {
            send(Wire.request(service, deadlineMillis, body.length, body), Wire.NOTHING);
        } else {
            send(Wire.request(service, deadlineMillis, body.length, Wire.NOTHING), body);
        }
        new FrameReader(stream, this, 0).run();
    }

    /** A failure to send is met by the reading side, too. */
    private void send(byte[] head, byte[] body) {
        new PieceWriter(stream, head, body, !endsLater, failure -> {}).run();
    }

    /** Nobody waits for the answer any more. */
    void giveUp() {
        stream.reset(Wire.RESET_GIVEN_UP);
    }

    @Override
    public int headBytes() {
        return chunks == null ? Wire.RESPONSE_HEAD_BYTES : Wire.CHUNK_HEAD_BYTES;
    }

    @Override
    public int head(ByteBuffer head) {
        ChunkedBody parts = chunks;
        if (parts != null) {
            int length = head.getInt();
            if (length < 0 && length >= -Wire.MAX_FAILURE_BYTES) {
                status = Wire.HANDLER_FAILED;
                chunks = null;
                return -length;
            }
            int next = parts.next(length);
            if (next == ChunkedBody.TOO_LONG) {
                throw tooLong("more");
            }
            return next;
        }
        status = head.get();
        int length = head.getInt();
        if (status < Wire.OK || status > Wire.CHUNKS || length < 0) {
            throw malformed(length);
        }
        if (status == Wire.OK && length > maxAnswerBytes) {
            throw tooLong(Integer.toString(length));
        }
        if (status == Wire.CHUNKS ? length > 0 : status != Wire.OK && length > Wire.MAX_FAILURE_BYTES) {
            throw malformed(length);
        }
        return length;
    }

    private StoqException malformed(int length) {
        return new StoqException(
                StoqException.Code.MALFORMED_FRAME,
                Retry.NEVER,
                "node " + peer.toShortString() + " answers with status " + status + " and "
                        + Integer.toUnsignedString(length) + " bytes");
    }

    private StoqException tooLong(String bytes) {
        return new StoqException(
                StoqException.Code.LIMIT_EXCEEDED,
                Retry.NEVER,
                "the answer of node " + peer.toShortString() + " has " + bytes + " bytes, limit " + maxAnswerBytes
                        + "; allow more in the request's options or take it as a stream");
    }

    @Override
    public FrameReader.Next body(byte[] body) {
        if (status == Wire.CHUNKS) {
            ChunkedBody parts = chunks;
            if (parts == null) {
                chunks = new ChunkedBody(maxAnswerBytes);
                return FrameReader.Next.FRAME;
            }
            if (!parts.add(body)) {
                return FrameReader.Next.FRAME;
            }
            complete();
            caller.answered(parts.whole());
        } else if (status == Wire.OK) {
            complete();
            caller.answered(body);
        } else {
            complete();
            caller.refused(Wire.failed(peer, service, status, body));
        }
        return FrameReader.Next.END;
    }

    private void complete() {
        over = true;
        if (endsLater) {
            endsLater = false;
            try {
                stream.offer(Wire.NOTHING, 0, 0, true);
            } catch (StoqException e) {
                LOG.log(System.Logger.Level.DEBUG, "the peer wanted no end of a request: {0}", e.getMessage());
            }
        }
    }

    @Override
    public void ended(boolean withinFrame) {
        failed(new StoqException(
                StoqException.Code.MALFORMED_FRAME,
                Retry.NEVER,
                "node " + peer.toShortString() + " ended its answer before it was complete"));
    }

    @Override
    public void failed(StoqException reason) {
        if (!over) {
            over = true;
            stream.reset(Wire.RESET_GIVEN_UP);
            caller.failed(Failures.ofReset(reason));
        }
    }
}
