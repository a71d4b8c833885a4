package online.hypermesh.stoq.session;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TlsPeerVerifier;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.HandshakePlaces;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.TransportEngine;

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
    private final ServedLeaves leaves;
    private final PeerLeaves peerLeaves = new PeerLeaves();
    private final HeldTickets tickets = new HeldTickets();
    private final SealCiphers ciphers = new SealCiphers();
    private final ServerHandshake.Context handshakeContext;
    private final Observers observers;
    private final RawEndpoint endpoint;
    private final ScheduledThreadPoolExecutor timer;
    private final ThreadPoolExecutor workers;
    private final Set<EngineConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger plainConnections = new AtomicInteger();
    private final Map<ServerHandshake, InetAddress> handshakes = new ConcurrentHashMap<>();
    private final HandshakePlaces places;
    private final WaitingLine<Connection> waiting;
    private final AtomicBoolean judging = new AtomicBoolean();
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean draining;
    private volatile boolean closed;

    AuthenticatedTransport(TransportConfig config, TransportEngine engine) {
        this.config = config;
        this.leaves = new ServedLeaves(config);
        this.observers = new Observers(config.listener(), config.metrics());
        this.places = new HandshakePlaces(
                config.limits().maxHandshakes(), config.limits().maxHandshakesPerSource());
        this.waiting = new WaitingLine<>(config.limits().maxConnections());
        leaves.current();
        config.insecureExport()
                .ifPresent(directory -> LOG.log(
                        System.Logger.Level.WARNING,
                        "INSECURE: qlog files and the TLS keys of every connection are written to {0}; whoever reads them"
                                + " can decrypt everything",
                        directory));
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
        handshakeContext = new ServerHandshake.Context(
                config,
                leaves,
                peerLeaves,
                new TicketIssuer(config),
                ciphers,
                new PeerPlaces(config.limits().maxConnectionsPerPeer()),
                workers);
        try {
            endpoint = engine.open(
                    new EngineConfig(
                            config.bind(),
                            protocols(config),
                            leaves::serve,
                            new SessionNumbers(config.resumption(), config.clock()),
                            config.postQuantum(),
                            config.limits(),
                            config.insecureExport()),
                    this::accepted);
        } catch (StoqException e) {
            timer.shutdownNow();
            workers.shutdownNow();
            throw e;
        }
        long everyMillis = config.limits().handshakeTimeout().toMillis();
        timer.scheduleWithFixedDelay(this::judgeAgain, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
    }

    private static List<String> protocols(TransportConfig config) {
        List<String> served = new ArrayList<>();
        served.add(StoqProtocol.ALPN);
        served.addAll(config.plainProtocols().keySet());
        return served;
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

    private static void judgeAgain(EngineConnection connection) {
        try {
            if (connection instanceof AuthenticatedConnection authenticated) {
                authenticated.judgeAgain();
            }
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
        long beganNanos = System.nanoTime();
        String outcome = StoqException.Code.HANDSHAKE_FAILED.name();
        try {
            Connection made = dial(target, deadline);
            outcome = TransportMetrics.OK;
            return made;
        } catch (StoqException e) {
            outcome = e.code().name();
            throw e;
        } finally {
            config.metrics().handshake(true, outcome, System.nanoTime() - beganNanos);
        }
    }

    private Connection dial(Endpoint target, Duration deadline) {
        long limitNanos = limit(deadline);
        long endNanos = System.nanoTime() + limitNanos;
        ServedLeaves.Own own = leaves.current();
        AuthenticatedConnection connection = new AuthenticatedConnection(true, config.limits(), timer, observers);
        RawConnection raw =
                endpoint.connect(target.address(), StoqProtocol.ALPN, connection, Duration.ofNanos(limitNanos));
        connection.attach(raw);
        try {
            ClientHandshake handshake = new ClientHandshake(config, own, tickets, peerLeaves, ciphers);
            X509Certificate tlsLeaf = raw.peerChain().stream()
                    .findFirst()
                    .orElseThrow(() -> ClientHandshake.failed("the server presented no certificate in TLS"));
            PeerLeaves.Leaf server = handshake.expected(target, tlsLeaf);
            if (handshake.run(connection, raw.protection(), server, endNanos) == Protection.HYBRID) {
                raw.keepSession();
            }
        } catch (StoqException e) {
            StoqException told = busyOr(e);
            refuseLater(connection, told);
            throw told;
        } catch (RuntimeException e) {
            connection.close(EngineConnection.CLOSE_REFUSED, "INTERNAL");
            throw e;
        }
        keep(connection);
        connection.watch();
        return connection;
    }

    private long limit(Duration deadline) {
        return Math.min(deadline.toNanos(), config.limits().handshakeTimeout().toNanos());
    }

    @Override
    public QuicConnection connectPlain(
            InetSocketAddress remote, String protocol, TlsPeerVerifier verifier, Duration deadline) {
        throwIfClosed();
        PlainConnection connection =
                new PlainConnection(protocol + " server " + remote, true, config.limits(), timer, observers);
        RawConnection raw = endpoint.connect(remote, protocol, connection, Duration.ofNanos(limit(deadline)));
        connection.attach(raw);
        if (config.postQuantum() == PostQuantum.REQUIRED && raw.protection() == Protection.CLASSICAL) {
            connection.close(0, "");
            throw new StoqException(
                    StoqException.Code.POST_QUANTUM_REQUIRED,
                    Retry.NEVER,
                    "this node requires post-quantum protection, and TLS with the server at " + remote
                            + " is not known to use X25519MLKEM768; a plain protocol has nothing to add to it");
        }
        if (verifier.judge(raw.peerChain()) instanceof PeerVerifier.Judgement.Refused refused) {
            connection.close(0, "");
            throw new StoqException(
                    StoqException.Code.PEER_REFUSED,
                    Retry.NEVER,
                    "the server at " + remote + " is refused: " + refused.code() + ": " + refused.detail(),
                    null,
                    refused.code());
        }
        plainConnections.incrementAndGet();
        keep(connection);
        connection.establish(null);
        return connection;
    }

    private static StoqException busyOr(StoqException found) {
        if (found.code() == StoqException.Code.CLOSED
                && Long.toString(EngineConnection.CLOSE_BUSY).equals(found.remoteCode())) {
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
                () -> connection.close(EngineConnection.CLOSE_REFUSED, refusal.code() + ": " + refusal.detail());
        if (closed) {
            close.run();
        } else {
            timer.schedule(close, REFUSAL_LINGER_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private ConnectionSink accepted(RawConnection raw) {
        Consumer<QuicConnection> plain = config.plainProtocols().get(raw.protocol());
        return plain == null ? acceptedStoq(raw) : acceptedPlain(raw, plain);
    }

    private ConnectionSink acceptedPlain(RawConnection raw, Consumer<QuicConnection> plain) {
        PlainConnection connection = new PlainConnection(
                raw.protocol() + " client " + raw.remoteAddress(), false, config.limits(), timer, observers);
        connection.attach(raw);
        int already = plainConnections.getAndIncrement();
        if (closed || draining || already >= config.limits().maxPlainConnections()) {
            plainConnections.decrementAndGet();
            connection.close(EngineConnection.CLOSE_BUSY, "too many connections");
            return connection;
        }
        keep(connection);
        plain.accept(connection);
        connection.establish(null);
        return connection;
    }

    private ConnectionSink acceptedStoq(RawConnection raw) {
        AuthenticatedConnection connection = new AuthenticatedConnection(false, config.limits(), timer, observers);
        connection.attach(raw);
        InetAddress from = raw.remoteAddress().getAddress();
        int open = connections.size() - plainConnections.get();
        if (closed || draining || open >= config.limits().maxConnections() || !places.enter(from)) {
            config.metrics().handshake(false, StoqException.Code.BUSY.name(), 0);
            connection.close(EngineConnection.CLOSE_BUSY, "too many connections or handshakes in flight");
            return connection;
        }
        long beganNanos = System.nanoTime();
        ServerHandshake handshake = new ServerHandshake(
                handshakeContext, connection, raw.localLeaf(), raw.protection(), (ended, failure) -> {
                    String outcome = failure.map(e -> e.code().name()).orElse(TransportMetrics.OK);
                    config.metrics().handshake(false, outcome, System.nanoTime() - beganNanos);
                    finished(ended, failure);
                });
        handshakes.put(handshake, from);
        connection.onClosed(reason -> handshake.refuse(reason));
        Future<?> limit = timer.schedule(
                () -> handshake.refuse(new StoqException(
                        StoqException.Code.TIMEOUT,
                        Retry.SAME_CALL,
                        "the hello was not complete within "
                                + config.limits().handshakeTimeout().toMillis() + " ms")),
                config.limits().handshakeTimeout().toMillis(),
                TimeUnit.MILLISECONDS);
        handshake.start(limit);
        return connection;
    }

    private void finished(ServerHandshake handshake, Optional<StoqException> failure) {
        InetAddress from = handshakes.remove(handshake);
        if (from != null) {
            places.leave(from);
        }
        AuthenticatedConnection connection = handshake.connection();
        if (failure.isPresent()) {
            LOG.log(System.Logger.Level.DEBUG, "refused an inbound connection: {0}", failure.get());
            refuseLater(connection, failure.get());
            return;
        }
        keep(connection);
        connection.watch();
        if (!waiting.add(connection)) {
            connection.close(EngineConnection.CLOSE_BUSY, "too many connections wait to be accepted");
        }
    }

    private void keep(EngineConnection connection) {
        connections.add(connection);
        connection.onClosed(reason -> {
            connections.remove(connection);
            if (connection instanceof PlainConnection) {
                plainConnections.decrementAndGet();
            }
            synchronized (connections) {
                connections.notifyAll();
            }
        });
        if (closed) {
            connection.close(EngineConnection.CLOSE_SHUTDOWN, "shutting down");
        }
    }

    @Override
    public Connection accept(Duration deadline) {
        if (closed) {
            throw closedHere();
        }
        return waiting.take(deadline, "no peer connected");
    }

    @Override
    public void onConnection(Consumer<Connection> newHandler) {
        waiting.handTo(newHandler);
    }

    @Override
    public void drain(Duration grace) {
        throwIfClosed();
        draining = true;
        connections.forEach(connection -> connection.retire(grace));
        long endNanos = System.nanoTime() + grace.toNanos();
        try {
            synchronized (connections) {
                while (!connections.isEmpty()) {
                    long leftMillis = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
                    if (leftMillis <= 0) {
                        return;
                    }
                    connections.wait(leftMillis);
                }
            }
        } catch (InterruptedException e) {
            throw BufferedStream.interrupted(e);
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        closed = true;
        waiting.end(closedHere());
        for (EngineConnection connection : connections) {
            connection.close(EngineConnection.CLOSE_SHUTDOWN, "shutting down");
        }
        for (ServerHandshake handshake : handshakes.keySet()) {
            handshake.connection().close(EngineConnection.CLOSE_SHUTDOWN, "shutting down");
        }
        timer.shutdownNow();
        workers.shutdownNow();
        endpoint.close();
    }

    private void throwIfClosed() {
        if (closed || draining) {
            throw closedHere();
        }
    }

    private StoqException closedHere() {
        return new StoqException(
                StoqException.Code.CLOSED,
                Retry.NEVER,
                "the transport of " + config.self().toShortString() + " was closed");
    }

    private static ThreadFactory daemon(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
