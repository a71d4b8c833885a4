package online.hypermesh.stoq.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.unix.Errors;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelBootstrap;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.util.concurrent.Future;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;

/**
 * One bound socket for inbound connections, and one connected socket for each outbound connection, so that the system
 * reports at once when nobody listens at the other end; sockets are used again. Thread-safe.
 */
final class NettyEndpoint implements RawEndpoint {
    /** How long a server may take to answer a client hello with X25519MLKEM768 alone. */
    private static final long HYBRID_NANOS = TimeUnit.SECONDS.toNanos(4);

    private static final int MAX_CLASSICAL_SERVERS = 1024;
    private static final int THREADS = 2;
    /** How epoll sockets, which are there on Linux only, say that a port is taken; others throw a BindException. */
    private static final int LINUX_EADDRINUSE = 98;

    private static final int SERVER_BUFFER_BYTES = 8 << 20;
    private static final int CLIENT_BUFFER_BYTES = 4 << 20;

    private static final int INITIAL_WINDOW_PACKETS = 32;

    /** A server may have learned the group; until then it is not asked again. */
    private static final long CLASSICAL_NANOS = TimeUnit.MINUTES.toNanos(5);

    private static final long CLOSE_SECONDS = 5;

    private static final long LATER_MILLIS = 1000;

    private final EngineConfig config;
    private final UdpSockets sockets;
    private final ClientTls clientTls;
    private final Optional<SecretsExport> export;
    private final Channel socket;
    private final Set<Channel> dialed = ConcurrentHashMap.newKeySet();
    private final DialSockets idle = new DialSockets();

    /** Servers that refused a client hello with X25519MLKEM768 alone, or left it unanswered, and until when that counts. */
    private final Map<InetSocketAddress, Long> classicalServers = new ConcurrentHashMap<>();

    private volatile boolean closed;

    private NettyEndpoint(EngineConfig config, UdpSockets sockets, Optional<SecretsExport> export, Channel socket) {
        this.config = config;
        this.sockets = sockets;
        this.clientTls = new ClientTls(config, export, sockets.loops());
        this.export = export;
        this.socket = socket;
    }

    static NettyEndpoint open(EngineConfig config, EngineListener listener) {
        UdpSockets sockets = UdpSockets.open(THREADS, config.limits());
        Optional<SecretsExport> export = config.insecureExport().map(SecretsExport::new);
        ServerTls serverTls = new ServerTls(config, export);
        InboundHandshakes handshakes = new InboundHandshakes(config.limits());
        QuicServerCodecBuilder server = common(new QuicServerCodecBuilder(), config.limits(), sockets)
                .sslEngineProvider(channel -> serverTls.engine(channel.alloc()))
                .tokenHandler(handshakes)
                .activeConnectionIdLimit(NettyConnection.MAX_PATHS)
                .handler(new ChannelInitializer<QuicChannel>() {
                    @Override
                    protected void initChannel(QuicChannel channel) {
                        handshakes.began(channel);
                        channel.pipeline()
                                .addLast(
                                        NettyConnection.accepting(channel, config.limits(), sockets.sends(), listener));
                    }
                })
                .streamHandler(streams());
        export.ifPresent(secrets -> server.option(QuicChannelOption.QLOG, secrets.qlog()));
        ChannelFuture bound = sockets.datagrams(sockets.loops(), SERVER_BUFFER_BYTES, server.build())
                .bind(config.bind())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            stop(sockets.loops());
            throw cannotBind(config.bind(), bound.cause());
        }
        return new NettyEndpoint(config, sockets, export, bound.channel());
    }

    private static StoqException cannotBind(InetSocketAddress address, Throwable cause) {
        boolean taken = cause instanceof BindException
                || (cause instanceof Errors.NativeIoException e && e.expectedErr() == -LINUX_EADDRINUSE);
        String next = taken
                ? "stop the process that uses the port, choose another one, or port 0 for any free port"
                : "check that this machine has the address and IPv6 is on";
        return new StoqException(
                StoqException.Code.ADDRESS_IN_USE,
                Retry.SAME_CALL,
                "cannot bind UDP port " + address.getPort() + " at " + address.getAddress() + ": " + cause.getMessage()
                        + "; " + next,
                cause);
    }

    private static <B extends QuicCodecBuilder<B>> B common(B builder, TransportLimits limits, UdpSockets sockets) {
        return builder.maxIdleTimeout(
                        limits.idleTimeout().plus(limits.keepAlive()).toMillis(), TimeUnit.MILLISECONDS)
                .maxSendUdpPayloadSize(limits.maxUdpPayloadBytes())
                .maxRecvUdpPayloadSize(sockets.receivedBytes())
                .discoverPmtu(true)
                .initialCongestionWindowPackets(INITIAL_WINDOW_PACKETS)
                .initialMaxData(limits.connectionWindowBytes())
                .initialMaxStreamDataBidirectionalLocal(limits.streamWindowBytes())
                .initialMaxStreamDataBidirectionalRemote(limits.streamWindowBytes())
                .initialMaxStreamsBidirectional(limits.maxStreams())
                .initialMaxStreamsUnidirectional(limits.maxStreams())
                .initialMaxStreamDataUnidirectional(limits.streamWindowBytes())
                .datagram(limits.maxDatagramsWaiting(), limits.maxDatagramsWaiting());
    }

    /** Streams that the peer opens. */
    private static ChannelHandler streams() {
        return new ChannelInitializer<QuicStreamChannel>() {
            @Override
            protected void initChannel(QuicStreamChannel channel) {
                NettyConnection.of(channel.parent()).opened(channel);
            }
        };
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) socket.localAddress();
    }

    @Override
    public RawConnection connect(InetSocketAddress remote, String protocol, ConnectionSink sink, Duration deadline) {
        throwIfClosed();
        long endNanos = System.nanoTime() + deadline.toNanos();
        long now = System.nanoTime();
        Long until = classicalServers.get(remote);
        if (config.postQuantum() != PostQuantum.OFF && (until == null || until - now <= 0)) {
            long enoughNanos = now + Math.min(HYBRID_NANOS, (endNanos - now) / 2);
            NettyConnection first = dialing(sink, remote);
            try {
                return connect(first, protocol, enoughNanos, true);
            } catch (StoqException e) {
                // a server without the group answers with an alert or, as some do, not at all
                if (first.abandon() || !Failures.isGroupRefused(e) && System.nanoTime() - enoughNanos < 0) {
                    throw e;
                }
                if (classicalServers.size() >= MAX_CLASSICAL_SERVERS) {
                    classicalServers.clear();
                }
                classicalServers.put(remote, System.nanoTime() + CLASSICAL_NANOS);
            }
        }
        return connect(dialing(sink, remote), protocol, endNanos, false);
    }

    private NettyConnection dialing(ConnectionSink sink, InetSocketAddress remote) {
        return NettyConnection.dialing(config.limits(), sockets.sends(), sink, remote);
    }

    private RawConnection connect(NettyConnection connection, String protocol, long endNanos, boolean hybrid) {
        InetSocketAddress remote = connection.remoteAddress();
        ClientTls.Offered offered = clientTls.offer(protocol, hybrid, remote);
        DialSockets.Socket own = socketTo(new DialSockets.Target(remote, offered));
        String session = offered.take(remote);
        Channel channel = own.channel();
        boolean connected = false;
        try {
            await(own.ready(), endNanos, connection);
            channel.eventLoop().execute(() -> own.watch().watch(connection::unreachable));
            QuicChannelBootstrap bootstrap = QuicChannel.newBootstrap(channel)
                    .handler(connection)
                    .streamHandler(streams())
                    .remoteAddress(remote)
                    .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, connection.sends())
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millisAfter(endNanos));
            if (session != null) {
                bootstrap.attr(ClientTls.Offered.session(), session);
            }
            export.ifPresent(secrets -> bootstrap.option(QuicChannelOption.QLOG, secrets.qlog()));
            Future<QuicChannel> quic = bootstrap.connect();
            connection.attachDialed(channel);
            await(quic, endNanos, connection);
            connection.finishHandshake();
            if (connection.resumed() && session == null) {
                throw new IllegalStateException("TLS resumed a session where none is kept");
            }
            if (session != null) {
                quic.getNow().closeFuture().addListener(done -> {
                    if (connection.keepsSession()) {
                        offered.giveBack(remote, session);
                    }
                });
            }
            connection.giveBack(() -> idle.giveBack(own));
            connection.proveHybrid(hybrid);
            connected = true;
            return connection;
        } finally {
            if (!connected) {
                connection.abandon();
            }
            if (!connected || closed) {
                channel.close();
            }
        }
    }

    private DialSockets.Socket socketTo(DialSockets.Target target) {
        DialSockets.Socket prepared = idle.take(target);
        if (prepared != null) {
            return prepared;
        }
        ChannelHandler codec = common(new QuicClientCodecBuilder(), config.limits(), sockets)
                .sslEngineProvider(target.tls()::engine)
                .build();
        UnreachableWatch watch = new UnreachableWatch();
        ChannelFuture udp = sockets.datagrams(target.tls().loop(), CLIENT_BUFFER_BYTES, watch, codec)
                .connect(target.remote());
        Channel channel = udp.channel();
        dialed.add(channel);
        channel.closeFuture().addListener(done -> dialed.remove(channel));
        return new DialSockets.Socket(target, udp, watch);
    }

    /** The library's own deadline is later than ours: what it fails with would be taken for an answer. */
    private static int millisAfter(long endNanos) {
        long millis = TimeUnit.NANOSECONDS.toMillis(Math.max(0, endNanos - System.nanoTime()));
        return (int) Math.min(Integer.MAX_VALUE, millis + LATER_MILLIS);
    }

    private static void await(Future<?> future, long endNanos, NettyConnection connection) {
        InetSocketAddress remote = connection.remoteAddress();
        boolean done;
        try {
            done = future.await(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoqException(
                    StoqException.Code.INTERRUPTED, Retry.SAME_CALL, "interrupted while connecting to " + remote, e);
        }
        if (!done) {
            throw new StoqException(
                    StoqException.Code.UNREACHABLE,
                    Retry.SAME_CALL,
                    remote + " did not finish a TLS handshake within the deadline; is a STOQ node listening there?");
        }
        if (!future.isSuccess()) {
            StoqException known = connection.reason();
            throw known != null ? known : Failures.connecting(remote, future.cause());
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        idle.close();
        for (Channel channel : dialed) {
            channel.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
        socket.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        stop(sockets.loops());
    }

    private static void stop(MultiThreadIoEventLoopGroup loops) {
        loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
    }

    private void throwIfClosed() {
        if (closed) {
            throw new StoqException(
                    StoqException.Code.CLOSED, Retry.NEVER, "the endpoint " + config.bind() + " was closed");
        }
    }
}
