package online.hypermesh.stoq.session;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.TransportEngine;
import org.jspecify.annotations.Nullable;

/**
 * Runs the hello over an engine's connections and keeps them alive, as long as the peers' standing lasts: it is judged again
 * once per handshake timeout. Thread-safe.
 */
final class AuthenticatedTransport implements Transport {
    private static final System.Logger LOG = System.getLogger(AuthenticatedTransport.class.getName());
    private static final int HELLO_THREADS = 2;

    /** How long a refusal may take to reach the peer before the connection goes. */
    private static final long REFUSAL_LINGER_MILLIS = 250;

    private final TransportConfig config;
    private final Protection offered;
    private final ServedLeaves leaves;
    private final RawEndpoint endpoint;
    private final ScheduledThreadPoolExecutor timer;
    private final ThreadPoolExecutor workers;
    private final Set<AuthenticatedConnection> connections = ConcurrentHashMap.newKeySet();
    private final Set<ServerHandshake> handshakes = ConcurrentHashMap.newKeySet();
    private final HandshakePlaces places;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Connection> waiting = new ArrayDeque<>();
    private @Nullable Consumer<Connection> handler;
    private final AtomicBoolean judging = new AtomicBoolean();
    private volatile boolean closed;

    AuthenticatedTransport(TransportConfig config, TransportEngine engine) {
        this.config = config;
        this.offered = engine.protection();
        this.leaves = new ServedLeaves(config);
        this.places = new HandshakePlaces(config.limits().maxHandshakes());
        leaves.current();
        String name = config.self().toShortString();
        timer = new ScheduledThreadPoolExecutor(1, daemon("stoq-timer-" + name));
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        workers = new ThreadPoolExecutor(
                HELLO_THREADS,
                HELLO_THREADS,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(2 * config.limits().maxHandshakes()),
                daemon("stoq-hello-" + name));
        workers.allowCoreThreadTimeOut(true);
        try {
            endpoint = engine.open(
                    new EngineConfig(config.bind(), StoqProtocol.ALPN, leaves::serve, config.limits()), this::accepted);
        } catch (StoqException e) {
            timer.shutdownNow();
            workers.shutdownNow();
            throw e;
        }
        long everyMillis = config.limits().handshakeTimeout().toMillis();
        timer.scheduleWithFixedDelay(this::judgeAgain, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
    }

    /** Hands the look at every peer's standing to a worker, unless the last look still goes on. */
    private void judgeAgain() {
        if (!judging.compareAndSet(false, true)) {
            return;
        }
        try {
            workers.execute(() -> {
                try {
                    connections.forEach(AuthenticatedTransport::judgeAgain);
                } finally {
                    judging.set(false);
                }
            });
        } catch (RejectedExecutionException e) {
            // hellos are in the way; there is another look soon
            judging.set(false);
        }
    }

    private static void judgeAgain(AuthenticatedConnection connection) {
        try {
            connection.judgeAgain();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "judging a peer again failed", e);
        }
    }

    @Override
    public NodeId self() {
        return config.self();
    }

    @Override
    public InetSocketAddress localAddress() {
        return endpoint.localAddress();
    }

    @Override
    public Connection connect(Endpoint target, Duration deadline) {
        throwIfClosed();
        long limitNanos =
                Math.min(deadline.toNanos(), config.limits().handshakeTimeout().toNanos());
        long endNanos = System.nanoTime() + limitNanos;
        Credentials credentials = leaves.current();
        AuthenticatedConnection connection = new AuthenticatedConnection(true, config.limits(), timer);
        RawConnection raw = endpoint.connect(target.address(), connection, Duration.ofNanos(limitNanos));
        connection.attach(raw);
        try {
            ClientHandshake handshake = new ClientHandshake(config, credentials, offered);
            X509Certificate tlsLeaf = raw.peerLeaf()
                    .orElseThrow(() -> ClientHandshake.failed("the server presented no certificate in TLS"));
            LeafBinding server = handshake.expected(target, tlsLeaf);
            handshake.run(connection, tlsLeaf, server, endNanos);
        } catch (StoqException e) {
            StoqException told = busyOr(e);
            refuseLater(connection, told);
            throw told;
        } catch (RuntimeException e) {
            connection.close(AuthenticatedConnection.CLOSE_REFUSED, "INTERNAL");
            throw e;
        }
        keep(connection);
        return connection;
    }

    private static StoqException busyOr(StoqException found) {
        if (found.code() == StoqException.Code.CLOSED
                && Long.toString(AuthenticatedConnection.CLOSE_BUSY).equals(found.remoteCode())) {
            return new StoqException(
                    StoqException.Code.BUSY,
                    Retry.SAME_CALL,
                    "the server has too many connections or handshakes in flight; try again later",
                    found);
        }
        return found;
    }

    private void refuseLater(AuthenticatedConnection connection, StoqException why) {
        if (connection.closed().isPresent()) {
            return;
        }
        HelloFrame.Refusal refusal = PeerCheck.refusal(why);
        Runnable close =
                () -> connection.close(AuthenticatedConnection.CLOSE_REFUSED, refusal.code() + ": " + refusal.detail());
        if (closed) {
            close.run();
        } else {
            timer.schedule(close, REFUSAL_LINGER_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private ConnectionSink accepted(RawConnection raw) {
        AuthenticatedConnection connection = new AuthenticatedConnection(false, config.limits(), timer);
        connection.attach(raw);
        if (closed
                || connections.size() >= config.limits().maxConnections()
                || !places.enter(raw.remoteAddress().getAddress())) {
            connection.close(AuthenticatedConnection.CLOSE_BUSY, "too many connections or handshakes in flight");
            return connection;
        }
        ServerHandshake handshake =
                new ServerHandshake(config, leaves, offered, workers, connection, raw.localLeaf(), this::finished);
        handshakes.add(handshake);
        connection.onClosed(reason -> handshake.refuse(reason));
        timer.schedule(
                () -> handshake.refuse(new StoqException(
                        StoqException.Code.TIMEOUT,
                        Retry.SAME_CALL,
                        "the hello was not complete within "
                                + config.limits().handshakeTimeout().toMillis() + " ms")),
                config.limits().handshakeTimeout().toMillis(),
                TimeUnit.MILLISECONDS);
        handshake.start();
        return connection;
    }

    private void finished(ServerHandshake handshake, Optional<StoqException> failure) {
        handshakes.remove(handshake);
        AuthenticatedConnection connection = handshake.connection();
        places.leave(connection.remoteAddress().getAddress());
        if (failure.isPresent()) {
            LOG.log(System.Logger.Level.DEBUG, "refused an inbound connection: {0}", failure.get());
            refuseLater(connection, failure.get());
            return;
        }
        keep(connection);
        Consumer<Connection> target;
        lock.lock();
        try {
            target = handler;
            if (target == null && waiting.size() < config.limits().maxConnections()) {
                waiting.add(connection);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (target != null) {
            target.accept(connection);
        }
    }

    private void keep(AuthenticatedConnection connection) {
        connections.add(connection);
        connection.onClosed(reason -> connections.remove(connection));
        if (closed) {
            connection.close(AuthenticatedConnection.CLOSE_SHUTDOWN, "shutting down");
            return;
        }
        connection.watch();
    }

    @Override
    public Connection accept(Duration deadline) {
        long left = deadline.toNanos();
        lock.lock();
        try {
            throwIfClosed();
            while (waiting.isEmpty()) {
                if (left <= 0) {
                    throw new StoqException(
                            StoqException.Code.TIMEOUT, Retry.SAME_CALL, "no peer connected within the deadline");
                }
                left = changed.awaitNanos(left);
                throwIfClosed();
            }
            return waiting.remove();
        } catch (InterruptedException e) {
            throw BufferedStream.interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onConnection(Consumer<Connection> newHandler) {
        List<Connection> already;
        lock.lock();
        try {
            handler = newHandler;
            already = new ArrayList<>(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        already.forEach(newHandler);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        for (AuthenticatedConnection connection : connections) {
            connection.close(AuthenticatedConnection.CLOSE_SHUTDOWN, "shutting down");
        }
        for (ServerHandshake handshake : handshakes) {
            handshake.connection().close(AuthenticatedConnection.CLOSE_SHUTDOWN, "shutting down");
        }
        timer.shutdownNow();
        workers.shutdownNow();
        endpoint.close();
    }

    private void throwIfClosed() {
        if (closed) {
            throw new StoqException(
                    StoqException.Code.CLOSED,
                    Retry.NEVER,
                    "the transport of " + config.self().toShortString() + " was closed");
        }
    }

    private static ThreadFactory daemon(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
