package online.hypermesh.stoq.kwik;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.TlsIdentity;
import org.jspecify.annotations.Nullable;
import tech.kwik.core.QuicClientConnection;
import tech.kwik.core.QuicConnection;
import tech.kwik.core.QuicStream;
import tech.kwik.core.server.ApplicationProtocolConnection;
import tech.kwik.core.server.ApplicationProtocolConnectionFactory;
import tech.kwik.core.server.ServerConnection;
import tech.kwik.core.server.ServerConnectionConfig;
import tech.kwik.core.server.ServerConnector;

/**
 * One bound socket for inbound connections, and one connected socket for each outbound connection, so that the system
 * reports at once when nobody listens at the other end. Thread-safe.
 */
final class KwikEndpoint implements RawEndpoint {
    private static final System.Logger LOG = System.getLogger(KwikEndpoint.class.getName());

    /** TLS names the server so to nobody's benefit: STOQ servers are known by their keys. */
    private static final String SERVER_NAME = "stoq";

    private static final long IDLE_THREAD_SECONDS = 5;
    private static final long STACK_BYTES = 512 * 1024;
    private static final long LATER_MILLIS = 100;
    private static final Duration FAREWELL = Duration.ofMillis(200);
    private static final long LAST_DATAGRAM_NANOS = 2_000_000;

    /** Kwik's check of the idle time comes once a second. */
    private static final Duration IDLE_CHECK = Duration.ofSeconds(2);

    private final EngineConfig config;
    private final EngineListener listener;
    private final KwikHealth health;
    private final GuardedSocket socket;
    private final InetSocketAddress address;
    private final InitialGate gate;
    private final PresentedLeaf leaf;
    private final ServerConnector connector;
    private final ThreadLocal<KwikConnection> accepting = new ThreadLocal<>();
    private final ThreadFactory factory;
    private final ThreadPoolExecutor threads;
    private final ScheduledThreadPoolExecutor timer;
    private final WriteWatch watch;
    private final Set<KwikConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong exported = new AtomicLong();
    private volatile boolean closed;

    private KwikEndpoint(
            EngineConfig config,
            EngineListener listener,
            KwikHealth health,
            GuardedSocket socket,
            InitialGate gate,
            PresentedLeaf leaf)
            throws SocketException, CertificateException {
        this.config = config;
        this.listener = listener;
        this.health = health;
        this.socket = socket;
        this.address = (InetSocketAddress) socket.getLocalSocketAddress();
        this.gate = gate;
        this.leaf = leaf;
        this.connector = ServerConnector.builder()
                .withSocket(socket)
                .withKeyStore(leaf.keyStore(), PresentedLeaf.ALIAS, new char[0], PresentedLeaf.CURVE)
                .withConfiguration(accepting(config.limits()))
                .withLogger(new FrameWatch(accepting::get))
                .build();
        this.factory = factory();
        // bounded by the streams: each has at most one thread that reads and one that writes
        this.threads = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_THREAD_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
        this.timer = new ScheduledThreadPoolExecutor(1, factory);
        this.timer.setKeepAliveTime(IDLE_THREAD_SECONDS, TimeUnit.SECONDS);
        this.timer.allowCoreThreadTimeOut(true);
        this.watch = new WriteWatch(health);
    }

    static KwikEndpoint open(EngineConfig config, EngineListener listener, KwikHealth health) {
        config.insecureExport()
                .filter(directory -> !Files.isDirectory(directory))
                .ifPresent(directory -> {
                    throw new IllegalArgumentException(
                            "insecureExport must be an existing directory, was " + directory);
                });
        InitialGate gate = new InitialGate(
                config.limits().maxHandshakes(),
                config.limits().maxHandshakesPerSource(),
                idle(config.limits()).plus(IDLE_CHECK).toNanos(),
                System::nanoTime,
                health);
        GuardedSocket socket;
        try {
            socket = GuardedSocket.accepting(config.bind(), gate, health);
        } catch (SocketException e) {
            throw cannotBind(config.bind(), e);
        }
        boolean opened = false;
        try {
            KwikEndpoint endpoint =
                    new KwikEndpoint(config, listener, health, socket, gate, new PresentedLeaf(config.identity()));
            endpoint.start();
            opened = true;
            return endpoint;
        } catch (SocketException | CertificateException e) {
            throw new StoqException(
                    StoqException.Code.NO_ENGINE,
                    Retry.NEVER,
                    "Kwik does not accept the leaf; it must have an ECDSA P-256 key: " + e.getMessage(),
                    e);
        } finally {
            if (!opened) {
                socket.close();
            }
        }
    }

    private static StoqException cannotBind(InetSocketAddress address, SocketException cause) {
        String next = cause instanceof BindException
                ? "stop the process that uses the port, choose another one, or port 0 for any free port"
                : "check that this machine has the address and IPv6 is on";
        return new StoqException(
                StoqException.Code.ADDRESS_IN_USE,
                Retry.SAME_CALL,
                "cannot bind UDP port " + address.getPort() + " at " + address.getAddress() + ": " + cause.getMessage()
                        + "; " + next,
                cause);
    }

    private static Duration idle(TransportLimits limits) {
        return limits.idleTimeout().plus(limits.keepAlive());
    }

    private static ServerConnectionConfig accepting(TransportLimits limits) {
        return ServerConnectionConfig.builder()
                .maxIdleTimeout((int) idle(limits).toMillis())
                .maxConnectionBufferSize(limits.connectionWindowBytes())
                .maxBidirectionalStreamBufferSize(limits.streamWindowBytes())
                .maxUnidirectionalStreamBufferSize(limits.streamWindowBytes())
                .maxOpenPeerInitiatedBidirectionalStreams(limits.maxStreams())
                .maxOpenPeerInitiatedUnidirectionalStreams(limits.maxStreams())
                // Kwik keeps every address that never answers its retry; the gate bounds handshakes instead
                .retryRequired(false)
                .connectionIdLength(KwikSettings.CONNECTION_ID_BYTES)
                .build();
    }

    ThreadFactory daemons() {
        return factory;
    }

    private static ThreadFactory factory() {
        AtomicLong count = new AtomicLong();
        return task -> {
            Thread thread = new Thread(null, task, "stoq-kwik-" + count.incrementAndGet(), STACK_BYTES);
            thread.setDaemon(true);
            return thread;
        };
    }

    private void start() {
        Accepting accepting = new Accepting();
        config.protocols().forEach(protocol -> connector.registerApplicationProtocol(protocol, accepting));
        connector.start();
    }

    void execute(Runnable task) {
        threads.execute(task);
    }

    /** Runs in a while, when what is on its way has arrived. */
    void later(Runnable task) {
        timer.schedule(() -> threads.execute(task), LATER_MILLIS, TimeUnit.MILLISECONDS);
    }

    TransportLimits limits() {
        return config.limits();
    }

    WriteWatch watch() {
        return watch;
    }

    void forget(KwikConnection connection) {
        connections.remove(connection);
    }

    @Override
    public InetSocketAddress localAddress() {
        return address;
    }

    /** Accepts connections; called by Kwik on the thread of each connection. */
    private final class Accepting implements ApplicationProtocolConnectionFactory {
        @Override
        public int maxConcurrentPeerInitiatedBidirectionalStreams() {
            return config.limits().maxStreams();
        }

        @Override
        public int maxConcurrentPeerInitiatedUnidirectionalStreams() {
            return config.limits().maxStreams();
        }

        @Override
        public boolean enableDatagramExtension() {
            return true;
        }

        @Override
        public @Nullable ApplicationProtocolConnection createConnection(String protocol, QuicConnection quic) {
            InetSocketAddress remote = ((ServerConnection) quic).getInitialRemoteAddress();
            gate.finished(remote);
            TlsIdentity presented = leaf.onThisThread();
            if (presented == null || closed) {
                // a resumed session has shown no leaf: the hello has nothing to stand on
                quic.close();
                return null;
            }
            X509Certificate own = presented.chain().get(0);
            KwikConnection connection =
                    KwikConnection.accepted(KwikEndpoint.this, remote, protocol, quic, own, socket, listener::accepted);
            connections.add(connection);
            accepting.set(connection);
            return new ApplicationProtocolConnection() {
                @Override
                public void acceptPeerInitiatedStream(QuicStream stream) {
                    connection.opened(stream);
                }
            };
        }
    }

    @Override
    public RawConnection connect(InetSocketAddress remote, String protocol, ConnectionSink sink, Duration deadline) {
        throwIfClosed();
        KwikConnection connection = KwikConnection.dialing(this, remote, protocol, sink);
        CompletableFuture<KwikConnection> connected = new CompletableFuture<>();
        execute(() -> dial(connection, deadline, connected));
        try {
            return connected.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            StoqException failure = Failures.unanswered(remote, e);
            if (connected.completeExceptionally(failure)) {
                throw failure;
            }
            return connected.join();
        } catch (InterruptedException e) {
            StoqException failure = Failures.interrupted(remote, e);
            if (connected.completeExceptionally(failure)) {
                throw failure;
            }
            return connected.join();
        } catch (ExecutionException e) {
            throw Failures.connecting(remote, e.getCause());
        }
    }

    private void dial(KwikConnection connection, Duration deadline, CompletableFuture<KwikConnection> connected) {
        InetSocketAddress remote = connection.remoteAddress();
        GuardedSocket own = null;
        try {
            GuardedSocket dialing = GuardedSocket.dialing(remote, health);
            own = dialing;
            QuicClientConnection quic = client(remote, deadline, dialing, connection);
            connection.couple(quic);
            quic.connect(new NoEarlyData(dialing::answerable));
            connection.finishHandshake(quic.getServerCertificateChain());
            connections.add(connection);
            dialing.onNobodyListens(connection::nobodyListens);
            if (closed || !connected.complete(connection)) {
                connection.abandon(Failures.closedHere(remote));
                connected.completeExceptionally(Failures.closedHere(remote));
            }
        } catch (IOException e) {
            StoqException failure = own != null && own.nobodyListens()
                    ? Failures.nobodyListens(remote)
                    : Failures.connecting(remote, e);
            if (own != null) {
                own.close();
            }
            connection.abandon(failure);
            connected.completeExceptionally(failure);
        }
    }

    private QuicClientConnection client(
            InetSocketAddress remote, Duration deadline, GuardedSocket own, KwikConnection connection)
            throws IOException {
        TransportLimits limits = config.limits();
        QuicClientConnection.Builder builder = QuicClientConnection.newBuilder()
                .host(SERVER_NAME)
                .proxy(remote.getAddress().getHostAddress())
                .preferIPv6()
                .port(remote.getPort())
                .applicationProtocol(connection.protocol())
                .connectTimeout(Duration.ofMillis(Math.max(1, deadline.toMillis())))
                .maxIdleTimeout(idle(limits))
                // ten times this is the window of the connection; the streams' follows
                .defaultStreamReceiveBufferSize((limits.connectionWindowBytes() + 9L) / 10)
                .maxOpenPeerInitiatedBidirectionalStreams(limits.maxStreams())
                .maxOpenPeerInitiatedUnidirectionalStreams(limits.maxStreams())
                .noServerCertificateCheck()
                .customTrustManager(new HelloDecides())
                .socketFactory(ignored -> own)
                .logger(new FrameWatch(() -> connection))
                .enableDatagramExtension();
        config.insecureExport().ifPresent(directory -> builder.secrets(keys(directory)));
        QuicClientConnection quic = builder.build();
        quic.setDefaultUnidirectionalStreamReceiveBufferSize(limits.streamWindowBytes());
        quic.setDefaultBidirectionalStreamReceiveBufferSize(limits.streamWindowBytes());
        return quic;
    }

    /** A file per connection: Kwik empties the file it is given. */
    private Path keys(Path directory) {
        return directory.resolve("keys-" + address.getPort() + "-" + exported.incrementAndGet() + ".log");
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        for (KwikConnection connection : connections) {
            connection.close(0, "the endpoint was closed");
        }
        if (!socket.awaitFarewells(FAREWELL)) {
            LOG.log(System.Logger.Level.DEBUG, "not every peer of {0} could be told of the end", address);
        }
        LockSupport.parkNanos(LAST_DATAGRAM_NANOS);
        socket.release();
        // Kwik goes on for as long as its connections may have to repeat their farewell
        execute(connector::close);
        watch.close();
    }

    private void throwIfClosed() {
        if (closed) {
            throw new StoqException(
                    StoqException.Code.CLOSED, Retry.NEVER, "the endpoint " + config.bind() + " was closed");
        }
    }
}
