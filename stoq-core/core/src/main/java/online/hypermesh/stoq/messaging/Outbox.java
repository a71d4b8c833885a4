package online.hypermesh.stoq.messaging;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.TransportMetrics;
import org.jspecify.annotations.Nullable;

/**
 * One-way messages to one peer, in order, on a long-lived stream of a connection of their own. Sending happens on the
 * thread that sends, as long as the stream takes bytes. Messages that could not leave in time are dropped. Thread-safe.
 */
final class Outbox {
    static final int MAX_MESSAGES = 4096;
    static final int MAX_BYTES = 32 << 20;
    private static final long MAX_AGE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private record Waiting(byte[] frame, long nanos) {}

    private enum Next {
        NOTHING,
        WAIT_WRITABLE,
        CONNECT
    }

    private final Lane lane;
    private final ScheduledExecutorService timer;
    private final TransportMetrics metrics;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private int queuedBytes;
    private boolean connecting;
    private boolean waiting;
    private @Nullable Stream stream;

    Outbox(Lane lane, ScheduledExecutorService timer, TransportMetrics metrics) {
        this.lane = lane;
        this.timer = timer;
        this.metrics = metrics;
    }

    boolean send(byte[] frame) {
        Next next;
        synchronized (this) {
            dropOld();
            if (queue.size() >= MAX_MESSAGES || queuedBytes + frame.length > MAX_BYTES) {
                metrics.messageDropped(false);
                return false;
            }
            queue.add(new Waiting(frame, System.nanoTime()));
            queuedBytes += frame.length;
            next = drain();
        }
        follow(next);
        return true;
    }

    private void dropOld() {
        long oldest = System.nanoTime() - MAX_AGE_NANOS;
        Waiting head = queue.peek();
        while (head != null && head.nanos() - oldest < 0) {
            queue.remove();
            queuedBytes -= head.frame().length;
            metrics.messageDropped(false);
            head = queue.peek();
        }
    }

    private void pump() {
        Next next;
        synchronized (this) {
            waiting = false;
            next = drain();
        }
        follow(next);
    }

    private Next drain() {
        if (waiting || connecting) {
            return Next.NOTHING;
        }
        Stream open = stream;
        while (open != null) {
            Waiting head = queue.peek();
            if (head == null) {
                return Next.NOTHING;
            }
            try {
                if (open.connection().retiring()) {
                    open.offer(new byte[0], 0, 0, true);
                    stream = null;
                    break;
                }
                if (!open.offer(head.frame(), 0, head.frame().length, false)) {
                    waiting = true;
                    return Next.WAIT_WRITABLE;
                }
                queue.remove();
                queuedBytes -= head.frame().length;
            } catch (StoqException e) {
                // the stream is gone with its connection; what waits goes out on the next one
                stream = null;
                open = null;
            }
        }
        dropOld();
        if (queue.isEmpty()) {
            return Next.NOTHING;
        }
        connecting = true;
        return Next.CONNECT;
    }

    private void follow(Next next) {
        if (next == Next.WAIT_WRITABLE) {
            Stream open;
            synchronized (this) {
                open = stream;
            }
            if (open != null) {
                open.onWritable(this::pump);
            }
        } else if (next == Next.CONNECT) {
            CompletableFuture<Connection> connection = lane.connection(false);
            connection.whenComplete((made, failure) -> {
                if (failure == null) {
                    connected(made);
                } else {
                    later();
                }
            });
        }
    }

    private void connected(Connection connection) {
        Next next;
        try {
            Stream opened = connection.open();
            opened.offer(new byte[] {Wire.MESSAGES}, 0, 1, false);
            synchronized (this) {
                connecting = false;
                stream = opened;
                next = drain();
            }
        } catch (StoqException e) {
            later();
            return;
        }
        follow(next);
    }

    private void later() {
        long millis = Math.max(20, lane.backoff().toMillis() + 1);
        try {
            timer.schedule(this::retry, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            synchronized (this) {
                // the messenger is closing; nothing leaves any more
                queue.clear();
                queuedBytes = 0;
            }
        }
    }

    private void retry() {
        Next next;
        synchronized (this) {
            connecting = false;
            next = drain();
        }
        follow(next);
    }

    /** Lets go of the stream, so that the next message takes a new connection. */
    void forget() {
        synchronized (this) {
            stream = null;
            waiting = false;
        }
        lane.forget();
    }

    /** Nothing leaves any more. */
    void close(StoqException reason) {
        synchronized (this) {
            queue.clear();
            queuedBytes = 0;
        }
        lane.close(reason);
    }
}
