package online.hypermesh.stoq.messaging;

import java.nio.ByteBuffer;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * One request of a peer, from its head to its response. No thread waits for the peer: bytes are taken as they come and given
 * as they go. Its steps follow one another, but for the deadline, which may pass at any time.
 */
final class InboundRequest implements FrameReader.Frames {
    private static final System.Logger LOG = System.getLogger(InboundRequest.class.getName());

    /** How long a request may take to tell its deadline. */
    private static final long HEAD_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final int JOINED_RESPONSE_BYTES = 16 * 1024;

    private final Serving serving;
    private final InboundPeer origin;
    private final PeerIdentity peer;
    private final Stream stream;
    private final long beganNanos = System.nanoTime();
    private volatile long endNanos = beganNanos + HEAD_NANOS;
    private volatile @Nullable Service service;
    private volatile @Nullable Future<?> deadline;
    private volatile boolean handed;
    private volatile boolean cancelled;
    private @Nullable ChunkedBody chunks;
    private int announced;
    private long reserved;
    private boolean over;

    InboundRequest(Serving serving, InboundPeer origin, PeerIdentity peer, Stream stream) {
        this.serving = serving;
        this.origin = origin;
        this.peer = peer;
        this.stream = stream;
    }

    void start() {
        serving.underWay().enter();
        new FrameReader(stream, this, Messenger.MAX_BODY_BYTES).run();
        if (!handed) {
            watchDeadline();
        }
    }

    private void watchDeadline() {
        if (over()) {
            return;
        }
        try {
            Future<?> watch =
                    serving.timer().schedule(this::expire, endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            deadline = watch;
            if (over()) {
                watch.cancel(false);
            }
        } catch (RejectedExecutionException e) {
            stream.reset(Wire.RESET_GIVEN_UP);
            finish(Serving.CANCELLED);
        }
    }

    /** The deadline has passed, unless the request has told a later one meanwhile. On the timer's thread. */
    private void expire() {
        if (endNanos - System.nanoTime() > 0) {
            watchDeadline();
        } else if (finish(Serving.EXPIRED)) {
            stream.reset(Wire.RESET_EXPIRED);
        }
    }

    private synchronized boolean over() {
        return over;
    }

    /** Ends the request once, however it ends. */
    private boolean finish(String outcome) {
        long held = settle();
        if (held < 0) {
            return false;
        }
        origin.release(held);
        Service known = service;
        serving.metrics().requestServed(known == null ? 0 : known.number(), outcome, System.nanoTime() - beganNanos);
        serving.underWay().leave();
        return true;
    }

    /** Ends what this object does; the memory it holds, or below zero if it had ended. */
    private long settle() {
        long held;
        synchronized (this) {
            if (over) {
                return -1;
            }
            over = true;
            held = reserved;
        }
        Future<?> watch = deadline;
        if (watch != null) {
            watch.cancel(false);
        }
        return held;
    }

    /** Counts memory as the peer's until the request ends; whether the peer has no more than its share. */
    private boolean hold(long bytes) {
        synchronized (this) {
            if (over) {
                return true;
            }
            reserved += bytes;
        }
        return origin.reserve(bytes);
    }

    @Override
    public int headBytes() {
        return chunks == null ? Wire.REQUEST_HEAD_BYTES : Wire.CHUNK_HEAD_BYTES;
    }

    @Override
    public int head(ByteBuffer head) {
        ChunkedBody body = chunks;
        if (body != null) {
            int length = body.next(head.getInt());
            return length == ChunkedBody.TOO_LONG ? tooLong(body.limit()) : length;
        }
        int number = head.getShort() & 0xffff;
        long millis = Integer.toUnsignedLong(head.getInt());
        announced = head.getInt();
        Service found = serving.services().apply(number);
        if (found == null) {
            return refuse("UNKNOWN_SERVICE", Retry.NEVER, "this node offers no service " + number);
        }
        service = found;
        if (peer.standing() == Standing.MEMBER_ONLY && !found.limits().memberOnly()) {
            return refuse(
                    Wire.MEMBER_ONLY,
                    Retry.NEVER,
                    "only membership of " + peer.id().toShortString() + " is proven; service " + number
                            + " needs a leaf that holds; renew it");
        }
        long longest = found.limits().maxDuration().toMillis();
        endNanos = beganNanos + TimeUnit.MILLISECONDS.toNanos(Math.min(millis, longest));
        long limit = found.limits().maxRequestBytes();
        if (announced != Wire.IN_CHUNKS && (announced < 0 || announced > limit)) {
            return tooLong(limit);
        }
        if (found.handling() instanceof Service.Handling.Streamed) {
            return 0;
        }
        if (announced == Wire.IN_CHUNKS) {
            chunks = new ChunkedBody((int) limit);
            return 0;
        }
        return announced;
    }

    private int tooLong(long limit) {
        return refuse(
                "LIMIT_EXCEEDED",
                Retry.NEVER,
                "the request has "
                        + (announced == Wire.IN_CHUNKS ? "more" : Integer.toUnsignedString(announced))
                        + " bytes, limit " + limit);
    }

    @Override
    public boolean reserve(int bytes) {
        if (!hold(bytes)) {
            refuseMemory();
            return false;
        }
        return true;
    }

    private void refuseMemory() {
        refuse(
                "OVERLOADED",
                Retry.SAME_CALL,
                "requests of this peer and answers it has not read hold more than " + InboundPeer.maxBytes()
                        + " bytes; read the answers");
    }

    @Override
    public FrameReader.Next body(byte[] body) {
        Service asked = service;
        if (asked == null) {
            throw new IllegalStateException("a body without a head");
        }
        if (asked.handling() instanceof Service.Handling.Streamed streamed) {
            handed = true;
            settle();
            new InboundExchange(serving, peer, asked, streamed.handler(), stream, announced, beganNanos, endNanos)
                    .start(origin.exchanges());
            return FrameReader.Next.LEAVE;
        }
        ChunkedBody parts = chunks;
        if (parts != null && !parts.add(body)) {
            return FrameReader.Next.FRAME;
        }
        byte[] whole = parts == null ? body : parts.whole();
        RequestHandler handler = ((Service.Handling.Whole) asked.handling()).handler();
        handed = true;
        try {
            origin.requests().execute(() -> handle(handler, whole));
        } catch (RejectedExecutionException e) {
            refuse(
                    "OVERLOADED",
                    Retry.SAME_CALL,
                    "too many requests are waiting at this node; wait for answers or try again later");
        }
        return FrameReader.Next.END;
    }

    @Override
    public void ended(boolean withinFrame) {
        if (finish(Serving.REFUSED)) {
            stream.reset(Wire.RESET_MALFORMED);
        }
    }

    @Override
    public void failed(StoqException reason) {
        cancelled = true;
        if (!handed && finish(Serving.CANCELLED)) {
            LOG.log(System.Logger.Level.DEBUG, "a request ends: {0}", reason.getMessage());
            stream.reset(Wire.RESET_MALFORMED);
        }
    }

    private void handle(RequestHandler handler, byte[] body) {
        if (cancelled) {
            finish(Serving.CANCELLED);
            return;
        }
        if (endNanos - System.nanoTime() <= 0) {
            if (finish(Serving.EXPIRED)) {
                tell("TIMEOUT", Retry.SAME_CALL, "the deadline passed before a worker was free");
            }
            return;
        }
        if (!origin.reserve(0)) {
            refuseMemory();
            return;
        }
        try {
            byte status = Wire.OK;
            byte[] answer;
            try {
                answer = handler.handle(peer, body);
                long limit = limit();
                if (answer.length > limit) {
                    status = Wire.HANDLER_FAILED;
                    answer = Wire.failure(
                            "LIMIT_EXCEEDED",
                            Retry.NEVER,
                            "the response has " + answer.length + " bytes, limit " + limit);
                }
            } catch (CodedException e) {
                status = Wire.HANDLER_FAILED;
                answer = Wire.failure(e.codeName(), e.retry(), e.getMessage());
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "a service of this node failed", e);
                status = Wire.HANDLER_FAILED;
                answer = Wire.failure("INTERNAL", Retry.NEVER, "the service failed; its node's log tells more");
            }
            respond(status, answer);
        } catch (StoqException e) {
            unanswered(e);
        }
    }

    private long limit() {
        Service asked = service;
        return asked == null ? 0 : Math.min(asked.limits().maxAnswerBytes(), Messenger.MAX_BODY_BYTES);
    }

    private void respond(byte status, byte[] answer) {
        String outcome = status == Wire.OK ? TransportMetrics.OK : Serving.FAILED;
        if (cancelled) {
            finish(Serving.CANCELLED);
            return;
        }
        if (endNanos - System.nanoTime() <= 0) {
            expire();
            return;
        }
        byte[] head;
        byte[] rest;
        if (answer.length <= JOINED_RESPONSE_BYTES) {
            head = Wire.response(status, answer);
            rest = Wire.NOTHING;
            if (stream.offer(head, 0, head.length, true)) {
                finish(outcome);
                return;
            }
        } else {
            head = Wire.responseHead(status, answer.length);
            rest = answer;
        }
        // what the peer does not take counts as its memory, and only until the deadline
        hold(answer.length);
        if (deadline == null) {
            watchDeadline();
        }
        new PieceWriter(stream, head, rest, true, failure -> {
                    if (failure == null) {
                        finish(outcome);
                    } else {
                        unanswered(failure);
                    }
                })
                .run();
    }

    private void unanswered(StoqException reason) {
        LOG.log(System.Logger.Level.DEBUG, "a response did not reach {0}: {1}", peer.id(), reason.getMessage());
        if (finish(Serving.CANCELLED)) {
            stream.reset(Wire.RESET_GIVEN_UP);
        }
    }

    private int refuse(String code, Retry retry, String message) {
        if (finish(Serving.REFUSED)) {
            tell(code, retry, message);
        }
        return FrameReader.PASS_OVER_REST;
    }

    private void tell(String code, Retry retry, String message) {
        byte[] whole = Wire.response(Wire.NOT_HANDLED, Wire.failure(code, retry, message));
        try {
            if (!stream.offer(whole, 0, whole.length, true)) {
                stream.reset(Wire.RESET_GIVEN_UP);
            }
        } catch (StoqException e) {
            LOG.log(System.Logger.Level.DEBUG, "a refusal did not reach {0}: {1}", peer.id(), e.getMessage());
        }
    }
}
