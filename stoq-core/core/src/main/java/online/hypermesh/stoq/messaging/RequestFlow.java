package online.hypermesh.stoq.messaging;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * One request of the application, over as many attempts as it allows; completes with the answer or a StoqException.
 * Cancelling it tells the peer. Thread-safe.
 */
final class RequestFlow extends CompletableFuture<byte[]> {
    /** A connection older than this is made again when the peer says that only membership is proven. */
    private static final Duration STANDING_SETTLES = Duration.ofMillis(500);

    private static final int MAX_ATTEMPTS = 10;

    private final Lane lane;
    private final NodeId peer;
    private final int service;
    private final byte[] body;
    private final RequestOptions options;
    private final boolean cancellable;
    private final long endNanos;
    private @Nullable OutboundRequest current;
    private @Nullable CompletableFuture<Connection> waiting;
    private int attempts;
    private boolean renewed;

    /**
     * @param cancellable whether the caller can cancel it before its deadline
     */
    RequestFlow(Lane lane, NodeId peer, int service, byte[] body, RequestOptions options, boolean cancellable) {
        this.lane = lane;
        this.peer = peer;
        this.service = service;
        this.body = body;
        this.options = options;
        this.cancellable = cancellable;
        this.endNanos = System.nanoTime() + options.deadline().toNanos();
    }

    long endNanos() {
        return endNanos;
    }

    void start() {
        Connection open = lane.usable();
        if (open != null) {
            use(open);
            return;
        }
        CompletableFuture<Connection> connection = lane.connection(options.idempotent());
        synchronized (this) {
            waiting = connection;
        }
        connection.whenComplete((made, failure) -> {
            if (failure == null) {
                use(made);
            } else {
                completeExceptionally(failure);
            }
        });
        if (isDone()) {
            lane.withdraw(connection);
        }
    }

    private void use(Connection connection) {
        if (isDone()) {
            return;
        }
        Stream stream;
        try {
            stream = connection.open();
        } catch (StoqException e) {
            // it closed between the look and the use; nothing was sent
            again(e, 2);
            return;
        }
        OutboundRequest request = new OutboundRequest(
                stream,
                peer,
                service,
                (int) Math.min(options.maxAnswerBytes(), Messenger.MAX_BODY_BYTES),
                new Attempt(connection));
        synchronized (this) {
            current = request;
        }
        request.start(body, Wire.millis(endNanos - System.nanoTime()), cancellable);
        if (isCompletedExceptionally()) {
            request.giveUp();
        }
    }

    private void again(StoqException reason, int attemptsOfOthers) {
        attempts++;
        if (attempts < (options.idempotent() ? MAX_ATTEMPTS : attemptsOfOthers)
                && reason.code() != StoqException.Code.BUSY) {
            start();
        } else {
            completeExceptionally(reason);
        }
    }

    private final class Attempt implements OutboundRequest.Caller {
        private final Connection connection;

        Attempt(Connection connection) {
            this.connection = connection;
        }

        @Override
        public void answered(byte[] answer) {
            complete(answer);
        }

        @Override
        public void refused(StoqException reason) {
            if (renewed || !Wire.MEMBER_ONLY.equals(reason.remoteCode())) {
                completeExceptionally(reason);
                return;
            }
            // the peer judged when the connection was made, perhaps before it knew enough; nothing was handled
            renewed = true;
            if (lane.renew(connection, STANDING_SETTLES)) {
                start();
            } else if (endNanos - System.nanoTime() > STANDING_SETTLES.toNanos()) {
                CompletableFuture.delayedExecutor(STANDING_SETTLES.toMillis() + 1, TimeUnit.MILLISECONDS)
                        .execute(this::renew);
            } else {
                completeExceptionally(reason);
            }
        }

        private void renew() {
            if (!isDone()) {
                lane.renew(connection, STANDING_SETTLES);
                start();
            }
        }

        @Override
        public void failed(StoqException reason) {
            if (isDone()) {
                return;
            }
            if (!Failures.isLoss(reason)) {
                completeExceptionally(reason);
            } else if (options.idempotent()) {
                again(reason, 0);
            } else {
                completeExceptionally(Failures.lost(reason));
            }
        }
    }

    /** The deadline has passed. */
    void expire() {
        StoqException late = new StoqException(
                StoqException.Code.TIMEOUT,
                Retry.SAME_CALL,
                "node " + peer.toShortString() + " did not answer service " + service + " within "
                        + options.deadline().toMillis() + " ms");
        if (completeExceptionally(late)) {
            giveUp();
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (cancelled) {
            giveUp();
        }
        return cancelled;
    }

    private void giveUp() {
        OutboundRequest request;
        CompletableFuture<Connection> connection;
        synchronized (this) {
            request = current;
            connection = waiting;
        }
        if (connection != null) {
            lane.withdraw(connection);
        }
        if (request != null) {
            request.giveUp();
        }
    }

    /** Waits for the answer, on the caller's thread. */
    byte[] await() {
        try {
            return get(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            expire();
            return outcome();
        } catch (InterruptedException e) {
            cancel(false);
            Thread.currentThread().interrupt();
            throw new StoqException(
                    StoqException.Code.INTERRUPTED,
                    Retry.WHOLE_OPERATION,
                    "interrupted while waiting for an answer",
                    e);
        } catch (ExecutionException e) {
            throw Failures.forCaller(e.getCause());
        }
    }

    /** The outcome of a flow that is done. */
    private byte[] outcome() {
        try {
            return get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoqException(
                    StoqException.Code.INTERRUPTED,
                    Retry.WHOLE_OPERATION,
                    "interrupted while waiting for an answer",
                    e);
        } catch (ExecutionException e) {
            throw Failures.forCaller(e.getCause());
        } catch (CancellationException e) {
            throw new IllegalStateException("nobody can cancel a request that is waited for", e);
        }
    }
}
