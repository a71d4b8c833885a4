package online.hypermesh.stoq.messaging;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import online.hypermesh.stoq.Call;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** A request of this side whose bodies are streams. Thread-safe as far as {@link Call} promises. */
final class OutboundCall implements Call {
    private static final System.Logger LOG = System.getLogger(OutboundCall.class.getName());

    /** Told once how the call ended. */
    interface Ending {
        void ended(String outcome);
    }

    private final Stream stream;
    private final NodeId peer;
    private final int service;
    private final RequestOptions options;
    private final long endNanos;
    private final Ending ending;
    private final BodyOutput body;
    private final Answer answer = new Answer();
    private volatile boolean answerBegan;
    private boolean over;

    OutboundCall(Stream stream, NodeId peer, int service, RequestOptions options, long endNanos, Ending ending) {
        this.stream = stream;
        this.peer = peer;
        this.service = service;
        this.options = options;
        this.endNanos = endNanos;
        this.ending = ending;
        body = new BodyOutput(stream, new Asking(), Long.MAX_VALUE, endNanos, false);
        stream.onReadable(() -> answerBegan = true);
    }

    @Override
    public OutputStream body() {
        return body;
    }

    @Override
    public InputStream answer() {
        return answer;
    }

    @Override
    public void cancel() {
        end("CANCELLED", true);
    }

    @Override
    public void close() {
        cancel();
    }

    private void end(String outcome, boolean giveUp) {
        synchronized (this) {
            if (over) {
                return;
            }
            over = true;
        }
        if (giveUp) {
            stream.reset(Wire.RESET_GIVEN_UP);
        }
        ending.ended(outcome);
    }

    private StoqException failed(StoqException reason) {
        StoqException told = Failures.ofReset(reason);
        if (reason.remoteCode() == null && Failures.isLoss(reason)) {
            told = Failures.lost(reason);
        } else if (reason.code() == StoqException.Code.TIMEOUT && reason.remoteCode() == null) {
            told = new StoqException(
                    StoqException.Code.TIMEOUT,
                    Retry.WHOLE_OPERATION,
                    "the call to service " + service + " of node " + peer.toShortString() + " was not complete within "
                            + options.deadline().toMillis() + " ms",
                    reason);
        }
        end(told.code().name(), true);
        return told;
    }

    private Duration timeLeft() {
        return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }

    /** What goes before the body. */
    private final class Asking implements BodyOutput.Framing {
        @Override
        public byte[] chunkedHead() {
            return head(Wire.IN_CHUNKS, Wire.NOTHING);
        }

        @Override
        public byte[] whole(byte[] all) {
            return head(all.length, all);
        }

        private byte[] head(int length, byte[] joined) {
            return Wire.request(service, Wire.millis(endNanos - System.nanoTime()), length, joined);
        }

        /** A peer that has answered with a failure wants no more. */
        @Override
        public void beforeWrite() {
            if (answerBegan) {
                answer.throwIfFailed();
            }
        }

        @Override
        public StoqException failed(StoqException reason) {
            return OutboundCall.this.failed(reason);
        }
    }

    /** Reads the head of the answer before its body. */
    private final class Answer extends InputStream {
        private final Object headLock = new Object();
        private @Nullable BodyInput content;
        private @Nullable StoqException failure;

        void throwIfFailed() {
            content();
        }

        private BodyInput content() {
            synchronized (headLock) {
                if (failure != null) {
                    throw failure;
                }
                if (content == null) {
                    try {
                        content = begin();
                    } catch (StoqException e) {
                        failure = failed(e);
                        throw failure;
                    }
                }
                return content;
            }
        }

        private BodyInput begin() {
            ByteBuffer head = ByteBuffer.wrap(stream.readExactly(Wire.RESPONSE_HEAD_BYTES, timeLeft()));
            byte status = head.get();
            int length = head.getInt();
            boolean chunked = status == Wire.CHUNKS && length == 0;
            boolean refusal = (status == Wire.HANDLER_FAILED || status == Wire.NOT_HANDLED)
                    && length >= 0
                    && length <= Wire.MAX_FAILURE_BYTES;
            if (refusal) {
                byte[] told = length == 0 ? Wire.NOTHING : stream.readExactly(length, timeLeft());
                throw Wire.failed(peer, service, status, told);
            }
            if (!chunked && (status != Wire.OK || length < 0)) {
                throw new StoqException(
                        StoqException.Code.MALFORMED_FRAME,
                        Retry.NEVER,
                        "node " + peer.toShortString() + " answers with status " + status + " and "
                                + Integer.toUnsignedString(length) + " bytes");
            }
            if (length > options.maxAnswerBytes()) {
                throw new StoqException(
                        StoqException.Code.LIMIT_EXCEEDED,
                        Retry.NEVER,
                        "the answer has " + length + " bytes, limit " + options.maxAnswerBytes());
            }
            return new BodyInput(
                    stream,
                    chunked ? Wire.IN_CHUNKS : length,
                    options.maxAnswerBytes(),
                    endNanos,
                    told -> Wire.failed(peer, service, Wire.HANDLER_FAILED, told),
                    this::complete);
        }

        /** The answer is there: the peer learns that nothing more is wanted or sent. */
        private void complete() {
            boolean sending = !body.closed();
            if (!sending) {
                try {
                    stream.offer(Wire.NOTHING, 0, 0, true);
                } catch (StoqException e) {
                    LOG.log(System.Logger.Level.DEBUG, "the peer wanted no end of a call: {0}", e.getMessage());
                }
            }
            end(TransportMetrics.OK, sending);
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            BodyInput from = content();
            StoqException before = from.failure();
            try {
                return from.read(buffer, offset, length);
            } catch (StoqException e) {
                if (before != null) {
                    throw e;
                }
                throw failed(e);
            }
        }
    }
}
