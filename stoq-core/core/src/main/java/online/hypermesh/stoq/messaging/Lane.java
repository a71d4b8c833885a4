package online.hypermesh.stoq.messaging;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * The connections to a peer that share one kind of work, made when needed and made again after a loss; a {@link PoolCore}
 * decides. Thread-safe.
 */
final class Lane {
    private static final Duration RENEWED_GRACE = Duration.ofSeconds(5);

    /** What a lane needs of its messenger. */
    interface Surroundings {
        /** Whether an address is known. */
        boolean routed(NodeId peer);

        /** Connects; throws StoqException. */
        Connection dial(NodeId peer);

        /** A connection that the peer made, if one is open. */
        Optional<Connection> inbound(NodeId peer);

        /** A connection was made. */
        void made(Connection connection);

        Executor dialers();

        ScheduledExecutorService timer();

        TransportMetrics metrics();
    }

    private record Made(Connection connection, long nanos) {
        boolean usable() {
            return connection.closed().isEmpty() && !connection.retiring();
        }
    }

    private final NodeId peer;
    private final Surroundings surroundings;
    private final PoolCore<Made, CompletableFuture<Connection>> core;

    Lane(NodeId peer, Surroundings surroundings, PoolSettings settings, RandomGenerator random) {
        this.peer = peer;
        this.surroundings = surroundings;
        core = new PoolCore<>(settings, random);
    }

    /** A connection that is open now, unless making another one is due; null if there is none. */
    synchronized @Nullable Connection usable() {
        Made open = open();
        return open == null || core.wantsMore(System.nanoTime()) ? null : open.connection();
    }

    private @Nullable Made open() {
        Made picked = core.pick();
        while (picked != null && !picked.usable()) {
            core.onLost(picked);
            picked = core.pick();
        }
        return picked;
    }

    /**
     * A connection, now or once it is made; fails with StoqException.
     *
     * @param patient whether to wait while none can be made, until {@link #withdraw}
     */
    CompletableFuture<Connection> connection(boolean patient) {
        CompletableFuture<Connection> waiter = new CompletableFuture<>();
        List<PoolCore.Action<Made, CompletableFuture<Connection>>> actions = List.of();
        boolean possible;
        synchronized (this) {
            possible = open() != null || surroundings.routed(peer);
            if (possible) {
                actions = core.acquire(System.nanoTime(), waiter, patient);
            }
        }
        if (!possible) {
            surroundings.inbound(peer).ifPresentOrElse(waiter::complete, () -> waiter.completeExceptionally(noRoute()));
        }
        perform(actions);
        return waiter;
    }

    private StoqException noRoute() {
        return new StoqException(
                StoqException.Code.NO_ROUTE,
                Retry.SAME_CALL,
                "no address is known for node " + peer.toShortString()
                        + ", and it is not connected; give its endpoint to the messenger");
    }

    /** Whoever waits for this connection does so no more. */
    synchronized void withdraw(CompletableFuture<Connection> waiter) {
        core.withdraw(waiter);
    }

    private void perform(List<PoolCore.Action<Made, CompletableFuture<Connection>>> actions) {
        for (PoolCore.Action<Made, CompletableFuture<Connection>> action : actions) {
            if (action instanceof PoolCore.Action.Dial<Made, CompletableFuture<Connection>> dial) {
                dialLater(dial.attempt());
            } else if (action instanceof PoolCore.Action.Give<Made, CompletableFuture<Connection>> give) {
                give.waiter().complete(give.connection().connection());
            } else if (action instanceof PoolCore.Action.Fail<Made, CompletableFuture<Connection>> fail) {
                fail.waiter().completeExceptionally(fail.reason());
            } else if (action instanceof PoolCore.Action.WakeAt<Made, CompletableFuture<Connection>> wake) {
                wakeAt(wake.nanos());
            } else if (action instanceof PoolCore.Action.Discard<Made, CompletableFuture<Connection>> discard) {
                discard.connection().connection().close();
            } else if (action instanceof PoolCore.Action.Reconnected<Made, CompletableFuture<Connection>>) {
                surroundings.metrics().reconnected();
            }
        }
    }

    private void dialLater(long attempt) {
        try {
            surroundings.dialers().execute(() -> dial(attempt));
        } catch (RejectedExecutionException e) {
            dialFailed(
                    attempt,
                    new StoqException(
                            StoqException.Code.BUSY, Retry.SAME_CALL, "too many connections are being made", e));
        }
    }

    private void dial(long attempt) {
        Connection connection;
        try {
            connection = surroundings.dial(peer);
        } catch (StoqException e) {
            dialFailed(attempt, e);
            return;
        } catch (RuntimeException e) {
            dialFailed(attempt, Failures.unexpected(e));
            return;
        }
        Made made = new Made(connection, System.nanoTime());
        List<PoolCore.Action<Made, CompletableFuture<Connection>>> actions;
        boolean kept;
        synchronized (this) {
            actions = core.onDialed(System.nanoTime(), attempt, made);
            kept = core.connections().contains(made);
        }
        if (kept) {
            connection.onClosed(reason -> lost(made));
            surroundings.made(connection);
        }
        perform(actions);
    }

    private void dialFailed(long attempt, StoqException reason) {
        List<PoolCore.Action<Made, CompletableFuture<Connection>>> actions;
        synchronized (this) {
            actions = core.onDialFailed(System.nanoTime(), attempt, reason);
        }
        perform(actions);
    }

    private synchronized void lost(Made made) {
        core.onLost(made);
    }

    private void wakeAt(long nanos) {
        try {
            surroundings.timer().schedule(this::tick, nanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            close(new StoqException(StoqException.Code.CLOSED, Retry.NEVER, "the messenger is closing", e));
        }
    }

    private void tick() {
        List<PoolCore.Action<Made, CompletableFuture<Connection>>> actions;
        synchronized (this) {
            actions = core.onTick(System.nanoTime());
        }
        perform(actions);
    }

    /** How long the next attempt must wait. */
    synchronized Duration backoff() {
        return core.backoff(System.nanoTime());
    }

    /** Lets go of the connections, and of an attempt under way, so that the next use connects anew. */
    void forget() {
        List<PoolCore.Action<Made, CompletableFuture<Connection>>> actions;
        synchronized (this) {
            actions = core.onReset(System.nanoTime());
        }
        perform(actions);
    }

    /** Nothing is made any more; whoever waits is told. */
    void close(StoqException reason) {
        List<PoolCore.Action<Made, CompletableFuture<Connection>>> actions;
        synchronized (this) {
            actions = core.onClose(reason);
        }
        perform(actions);
    }

    /**
     * Lets go of a connection that is older than an age, without disturbing others that still use it.
     *
     * @return whether the next use gets another connection
     */
    boolean renew(Connection judged, Duration age) {
        synchronized (this) {
            Made found = null;
            for (Made each : core.connections()) {
                found = each.connection() == judged ? each : found;
            }
            if (found == null) {
                return true;
            }
            if (System.nanoTime() - found.nanos() <= age.toNanos()) {
                return false;
            }
            core.onLost(found);
        }
        judged.retire(RENEWED_GRACE);
        return true;
    }

    /** Waits for a connection. */
    Connection await(boolean patient, long endNanos) {
        Connection open = usable();
        if (open != null) {
            return open;
        }
        CompletableFuture<Connection> waiter = connection(patient);
        try {
            return waiter.get(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            withdraw(waiter);
            Thread.currentThread().interrupt();
            throw new StoqException(StoqException.Code.INTERRUPTED, Retry.SAME_CALL, "interrupted while connecting", e);
        } catch (TimeoutException e) {
            withdraw(waiter);
            throw new StoqException(
                    StoqException.Code.TIMEOUT,
                    Retry.SAME_CALL,
                    "no connection to node " + peer.toShortString() + " within the deadline",
                    e);
        } catch (ExecutionException e) {
            throw Failures.forCaller(e.getCause());
        }
    }
}
