package online.hypermesh.stoq.messaging;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Exchange;
import online.hypermesh.stoq.ExchangeHandler;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** A request of a peer whose bodies are streams, from its head to the end of its answer. Thread-safe. */
final class InboundExchange implements Exchange, Runnable {
    private static final System.Logger LOG = System.getLogger(InboundExchange.class.getName());

    /** What is passed over of a body that the handler did not want. */
    private static final long UNREAD_BYTES = 64L << 20;

    private final Serving serving;
    private final PeerIdentity peer;
    private final Service service;
    private final ExchangeHandler handler;
    private final Stream stream;
    private final long beganNanos;
    private final long endNanos;
    private final BodyInput body;
    private final BodyOutput answer;
    private @Nullable Runnable onCancelled;
    private @Nullable String cancelled;
    private boolean over;
    private volatile @Nullable Future<?> deadline;

    InboundExchange(
            Serving serving,
            PeerIdentity peer,
            Service service,
            ExchangeHandler handler,
            Stream stream,
            int length,
            long beganNanos,
            long endNanos) {
        this.serving = serving;
        this.peer = peer;
        this.service = service;
        this.handler = handler;
        this.stream = stream;
        this.beganNanos = beganNanos;
        this.endNanos = endNanos;
        body = new BodyInput(stream, length, service.limits().maxRequestBytes(), endNanos, null, () -> {});
        answer = new BodyOutput(stream, new Answering(), service.limits().maxAnswerBytes(), endNanos, true);
    }

    /** Hands itself to a thread, or refuses the request. */
    void start(Executor turns) {
        stream.onReset(reason -> cancel(Serving.CANCELLED));
        stream.onStopped(reason -> cancel(Serving.CANCELLED));
        try {
            deadline = serving.timer().schedule(this::expire, endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            turns.execute(this);
        } catch (RejectedExecutionException e) {
            if (finish(Serving.REFUSED)) {
                refuse("OVERLOADED", "too many requests are waiting at this node; wait for answers or try again later");
            }
        }
    }

    private void refuse(String code, String message) {
        byte[] whole = Wire.response(Wire.NOT_HANDLED, Wire.failure(code, Retry.SAME_CALL, message));
        try {
            stream.offer(whole, 0, whole.length, true);
            FrameReader.passOver(stream, UNREAD_BYTES);
        } catch (StoqException e) {
            LOG.log(System.Logger.Level.DEBUG, "a refusal did not reach {0}: {1}", peer.id(), e.getMessage());
        }
    }

    /** On the timer's thread. */
    private void expire() {
        Runnable action = begin(Serving.EXPIRED);
        if (action != null) {
            // the caller hears of it before the handler does, whose answer would be too late
            stream.reset(Wire.RESET_EXPIRED);
            action.run();
        }
    }

    private void cancel(String why) {
        Runnable action = begin(why);
        if (action != null) {
            action.run();
        }
    }

    /** What the handler wants to be run now; null if the exchange had ended. */
    private @Nullable Runnable begin(String why) {
        synchronized (this) {
            if (cancelled != null || over) {
                return null;
            }
            cancelled = why;
            Runnable action = onCancelled;
            onCancelled = null;
            return action == null ? () -> {} : action;
        }
    }

    private boolean finish(String outcome) {
        String told;
        synchronized (this) {
            if (over) {
                return false;
            }
            over = true;
            told = cancelled == null ? outcome : cancelled;
        }
        Future<?> watch = deadline;
        if (watch != null) {
            watch.cancel(false);
        }
        serving.metrics().requestServed(service.number(), told, System.nanoTime() - beganNanos);
        serving.underWay().leave();
        return true;
    }

    @Override
    public void run() {
        if (cancelled()) {
            finish(Serving.CANCELLED);
            return;
        }
        String outcome = Serving.FAILED;
        try {
            outcome = handle();
        } catch (StoqException e) {
            LOG.log(System.Logger.Level.DEBUG, "an answer did not reach {0}: {1}", peer.id(), e.getMessage());
            stream.reset(Wire.RESET_GIVEN_UP);
        } finally {
            finish(outcome);
        }
        FrameReader.passOver(stream, UNREAD_BYTES);
    }

    private String handle() {
        try {
            handler.handle(this);
            answer.close();
            return TransportMetrics.OK;
        } catch (CodedException e) {
            byte status = e == body.failure() ? Wire.NOT_HANDLED : Wire.HANDLER_FAILED;
            fail(status, Wire.failure(e.codeName(), e.retry(), e.getMessage()));
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "service " + service.number() + " failed", e);
            fail(
                    Wire.HANDLER_FAILED,
                    Wire.failure("INTERNAL", Retry.NEVER, "the service failed; its node's log tells more"));
        }
        return Serving.FAILED;
    }

    private void fail(byte status, byte[] failure) {
        if (answer.closed()) {
            // the answer was complete before; the caller has it
            return;
        }
        answer.fail(Wire.response(status, failure), Wire.failedChunk(failure));
    }

    @Override
    public PeerIdentity peer() {
        return peer;
    }

    @Override
    public int service() {
        return service.number();
    }

    @Override
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }

    @Override
    public synchronized boolean cancelled() {
        return cancelled != null;
    }

    @Override
    public void onCancelled(Runnable action) {
        synchronized (this) {
            if (cancelled == null) {
                onCancelled = action;
                return;
            }
        }
        action.run();
    }

    @Override
    public InputStream body() {
        return body;
    }

    @Override
    public OutputStream answer() {
        return answer;
    }

    private static final class Answering implements BodyOutput.Framing {
        @Override
        public byte[] chunkedHead() {
            return Wire.responseHead(Wire.CHUNKS, 0);
        }

        @Override
        public byte[] whole(byte[] body) {
            return Wire.response(Wire.OK, body);
        }

        @Override
        public void beforeWrite() {
            // the handler may write whenever it likes
        }

        @Override
        public StoqException failed(StoqException reason) {
            return reason;
        }
    }
}
