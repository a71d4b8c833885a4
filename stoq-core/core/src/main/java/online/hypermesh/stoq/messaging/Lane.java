package online.hypermesh.stoq.messaging;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a peer, made when needed and made again after a loss. After a failed attempt further ones fail at once
 * until a jittered back-off of 25 ms to 1 s has passed. Thread-safe.
 */
final class Lane {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(8);
    private static final Duration RENEWED_GRACE = Duration.ofSeconds(5);
    private static final long FIRST_BACKOFF_MILLIS = 50;
    private static final long MAX_BACKOFF_MILLIS = 1000;

    private final NodeId peer;
    private final Transport transport;
    private final Supplier<Optional<Endpoint>> route;
    private final Supplier<Optional<Connection>> inbound;
    private final Executor dialers;
    private final Consumer<Connection> made;
    private @Nullable Connection current;
    private @Nullable CompletableFuture<Connection> dialing;
    private @Nullable StoqException lastFailure;
    private int failures;
    private long notBeforeNanos;
    private long generation;
    private long madeNanos;

    Lane(
            NodeId peer,
            Transport transport,
            Supplier<Optional<Endpoint>> route,
            Supplier<Optional<Connection>> inbound,
            Executor dialers,
            Consumer<Connection> made) {
        this.peer = peer;
        this.transport = transport;
        this.route = route;
        this.inbound = inbound;
        this.dialers = dialers;
        this.made = made;
    }

    /** The connection, now or once it is made; fails with StoqException. */
    CompletableFuture<Connection> connection() {
        CompletableFuture<Connection> result;
        Endpoint target;
        long began;
        synchronized (this) {
            Connection open = current;
            if (open != null && open.closed().isEmpty() && !open.retiring()) {
                return CompletableFuture.completedFuture(open);
            }
            current = null;
            if (dialing != null) {
                return dialing;
            }
            Optional<Endpoint> endpoint = route.get();
            if (endpoint.isEmpty()) {
                return inbound.get()
                        .map(CompletableFuture::completedFuture)
                        .orElseGet(() -> CompletableFuture.failedFuture(new StoqException(
                                StoqException.Code.NO_ROUTE,
                                Retry.SAME_CALL,
                                "no address is known for node " + peer.toShortString()
                                        + ", and it is not connected; give its endpoint to the messenger")));
            }
            StoqException failure = lastFailure;
            if (failure != null && System.nanoTime() - notBeforeNanos < 0) {
                return CompletableFuture.failedFuture(failure);
            }
            target = endpoint.get();
            result = new CompletableFuture<>();
            dialing = result;
            began = generation;
        }
        try {
            dialers.execute(() -> dial(target, result, began));
        } catch (RejectedExecutionException e) {
            failed(
                    new StoqException(
                            StoqException.Code.BUSY, Retry.SAME_CALL, "too many connections are being made", e),
                    result);
        }
        return result;
    }

    private void dial(Endpoint target, CompletableFuture<Connection> result, long began) {
        Connection connection;
        try {
            connection = transport.connect(target, CONNECT_TIMEOUT);
        } catch (StoqException e) {
            failed(e, result);
            return;
        } catch (RuntimeException e) {
            failed(
                    new StoqException(
                            StoqException.Code.HANDSHAKE_FAILED, Retry.SAME_CALL, "connecting failed: " + e, e),
                    result);
            return;
        }
        boolean stale;
        synchronized (this) {
            stale = began != generation;
            if (!stale) {
                current = connection;
                madeNanos = System.nanoTime();
                dialing = null;
                failures = 0;
                lastFailure = null;
            }
        }
        if (stale) {
            // made with credentials or for an address that no longer count
            connection.close();
            connection().whenComplete((again, failure) -> {
                if (failure == null) {
                    result.complete(again);
                } else {
                    result.completeExceptionally(failure);
                }
            });
            return;
        }
        made.accept(connection);
        result.complete(connection);
    }

    private void failed(StoqException failure, CompletableFuture<Connection> result) {
        synchronized (this) {
            if (dialing == result) {
                dialing = null;
                lastFailure = failure;
                long ceiling = Math.min(MAX_BACKOFF_MILLIS, FIRST_BACKOFF_MILLIS << Math.min(failures, 5));
                failures++;
                long millis = ThreadLocalRandom.current().nextLong(ceiling / 2, ceiling + 1);
                notBeforeNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            }
        }
        result.completeExceptionally(failure);
    }

    /** How long the next attempt must wait. */
    synchronized Duration backoff() {
        return lastFailure == null ? Duration.ZERO : Duration.ofNanos(Math.max(0, notBeforeNanos - System.nanoTime()));
    }

    /** Lets go of the connection, and of an attempt under way, so that the next use connects anew. */
    synchronized void forget() {
        generation++;
        current = null;
        dialing = null;
        failures = 0;
        lastFailure = null;
    }

    /**
     * Lets go of a connection that is older than an age, without disturbing others that still use it.
     *
     * @return whether the next use gets another connection
     */
    synchronized boolean renew(QuicConnection judged, Duration age) {
        if (current != judged) {
            return true;
        }
        if (System.nanoTime() - madeNanos <= age.toNanos()) {
            return false;
        }
        judged.retire(RENEWED_GRACE);
        current = null;
        return true;
    }

    /** Waits for the connection. */
    Connection await(long endNanos) {
        CompletableFuture<Connection> made = connection();
        try {
            return made.get(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoqException(StoqException.Code.INTERRUPTED, Retry.SAME_CALL, "interrupted while connecting", e);
        } catch (TimeoutException e) {
            throw new StoqException(
                    StoqException.Code.TIMEOUT,
                    Retry.SAME_CALL,
                    "no connection to node " + peer.toShortString() + " within the deadline",
                    e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoqException reason) {
                throw new StoqException(
                        reason.code(),
                        reason.retry(),
                        String.valueOf(reason.getMessage()),
                        reason,
                        reason.remoteCode());
            }
            throw new IllegalStateException("a connection fails with a StoqException", e);
        }
    }
}
