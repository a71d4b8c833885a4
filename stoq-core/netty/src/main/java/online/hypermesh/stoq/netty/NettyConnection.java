package online.hypermesh.stoq.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicConnectionPathStats;
import io.netty.handler.codec.quic.QuicDatagramExtensionEvent;
import io.netty.handler.codec.quic.QuicPathEvent;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamLimitChangedEvent;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/** A QUIC connection; its state is confined to its event loop, its methods are thread-safe. */
final class NettyConnection extends ChannelInboundHandlerAdapter implements RawConnection {
    private static final System.Logger LOG = System.getLogger(NettyConnection.class.getName());
    private static final AttributeKey<NettyConnection> KEY = AttributeKey.valueOf(NettyConnection.class, "connection");

    /** Paths that a client may use in the life of a connection, as the library never forgets one. */
    static final int MAX_PATHS = 32;

    /** Streams that wait for the peer to allow them. */
    private static final int MAX_WAITING_STREAMS = 4096;

    /**
     * Streams whose inbound direction was torn down leave a remnant in the library that lives as long as the connection; after
     * so many the connection ends.
     */
    private static final int MAX_TORN_STREAMS = 1 << 14;

    private static final int CLOSE_TOO_MANY_RESETS = 0x7000_0001;

    private final TransportLimits limits;
    private final SegmentationOffload.Sends sends;
    private final SendTurns turns = new SendTurns(this);
    private final @Nullable EngineListener listener;
    private final Set<NettyStream> streams = new HashSet<>(4);
    private final ArrayDeque<NettyStream> waitingStreams = new ArrayDeque<>(1);
    private final ArrayDeque<NettyStream> waitingUnidirectional = new ArrayDeque<>(1);
    private final AtomicInteger datagramsWaiting = new AtomicInteger();
    private volatile @Nullable QuicChannel quic;
    private volatile @Nullable ArrivalRounds rounds;
    private volatile @Nullable Channel socket;
    private volatile @Nullable Runnable giveBack;
    private volatile @Nullable InetSocketAddress remote;
    private volatile String protocol = "";
    private volatile List<X509Certificate> peerChain = List.of();
    private volatile Optional<X509Certificate> localLeaf = Optional.empty();
    private volatile @Nullable ConnectionSink sink;
    private volatile @Nullable StoqException reason;
    private volatile boolean hybrid;
    private volatile boolean resumed;
    private volatile boolean keepsSession;
    private volatile int maxDatagramBytes;
    private volatile PathStatistics lastStatistics = PathStatistics.UNKNOWN;
    private int tornStreams;

    /** TLS is complete; before, nobody but the one who dials is told of a failure, and may dial again. */
    private volatile boolean reached;

    private boolean ended;

    /** What is to be run on the event loop as soon as the connection was accepted, while it is; confined to the event loop. */
    private @Nullable ArrayDeque<Runnable> accepting;

    private NettyConnection(
            TransportLimits limits,
            SegmentationOffload.Sends sends,
            @Nullable EngineListener listener,
            @Nullable ConnectionSink sink,
            @Nullable InetSocketAddress remote) {
        this.limits = limits;
        this.sends = sends;
        this.listener = listener;
        this.sink = sink;
        this.remote = remote;
    }

    static NettyConnection accepting(
            QuicChannel channel, TransportLimits limits, SegmentationOffload.Sends sends, EngineListener listener) {
        NettyConnection connection =
                new NettyConnection(limits, sends, listener, null, (InetSocketAddress) channel.remoteSocketAddress());
        channel.config().setOption(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, sends);
        connection.adopt(channel);
        return connection;
    }

    static NettyConnection dialing(
            TransportLimits limits, SegmentationOffload.Sends sends, ConnectionSink sink, InetSocketAddress remote) {
        return new NettyConnection(limits, sends, null, sink, remote);
    }

    static NettyConnection of(QuicChannel channel) {
        return channel.attr(KEY).get();
    }

    private void adopt(QuicChannel channel) {
        rounds = ArrivalRounds.of(channel.parent());
        quic = channel;
        channel.attr(KEY).set(this);
    }

    /** The socket of its own that goes with the connection. */
    void attachDialed(Channel ownSocket) {
        socket = ownSocket;
    }

    /** What is to be done with the socket, instead of closing it, when the connection has ended in peace. */
    void giveBack(Runnable action) {
        giveBack = action;
    }

    /** Whether the server proved the possession of its leaf's key on an earlier connection, whose session this one resumed. */
    boolean resumed() {
        return resumed;
    }

    @Override
    public void keepSession() {
        keepsSession = true;
    }

    /** Whether a later connection may resume the TLS session of this one. */
    boolean keepsSession() {
        return keepsSession;
    }

    /** Takes protocol and certificates from TLS. */
    void finishHandshake() {
        SSLEngine engine = channel().sslEngine();
        protocol = Optional.ofNullable(engine.getApplicationProtocol()).orElse("");
        if (listener != null) {
            Certificate[] presented = engine.getSession().getLocalCertificates();
            if (presented != null && presented.length > 0 && presented[0] instanceof X509Certificate leaf) {
                localLeaf = Optional.of(leaf);
            }
            return;
        }
        List<X509Certificate> chain = new ArrayList<>(2);
        try {
            for (Certificate certificate : engine.getSession().getPeerCertificates()) {
                chain.add((X509Certificate) certificate);
            }
        } catch (SSLPeerUnverifiedException e) {
            throw noLeaf(e);
        }
        if (chain.isEmpty()) {
            throw noLeaf(null);
        }
        peerChain = List.copyOf(chain);
        resumed = !HelloDecides.decided(engine);
    }

    private static StoqException noLeaf(@Nullable Throwable cause) {
        return new StoqException(
                StoqException.Code.HANDSHAKE_FAILED, Retry.NEVER, "the server presented no certificate in TLS", cause);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        if (quic == null) {
            adopt((QuicChannel) context.channel());
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        synchronized (this) {
            reached = true;
        }
        EngineListener accepts = listener;
        if (accepts != null) {
            finishHandshake();
            if (remote == null) {
                remote = (InetSocketAddress) channel().remoteSocketAddress();
            }
            ArrayDeque<Runnable> first = new ArrayDeque<>(4);
            accepting = first;
            try {
                sink = accepts.accepted(this);
            } finally {
                accepting = null;
            }
            // now, so that they leave with the packets that end the handshake
            while (!first.isEmpty()) {
                first.remove().run();
            }
        }
        context.fireChannelActive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof QuicConnectionCloseEvent close) {
            if (reason == null) {
                reason = Failures.closedByPeer(close);
            }
        } else if (event instanceof QuicStreamLimitChangedEvent) {
            openWaiting(waitingStreams, QuicStreamType.BIDIRECTIONAL);
            openWaiting(waitingUnidirectional, QuicStreamType.UNIDIRECTIONAL);
        } else if (event instanceof QuicDatagramExtensionEvent agreed) {
            maxDatagramBytes = agreed.maxLength();
        } else if (event instanceof QuicPathEvent.PeerMigrated) {
            // the event itself has the bytes of the port in the wrong order
            moved((InetSocketAddress) channel().remoteSocketAddress());
        }
        context.fireUserEventTriggered(event);
    }

    private void moved(InetSocketAddress to) {
        InetSocketAddress from = remoteAddress();
        ConnectionSink receiver = sink;
        if (!from.equals(to)) {
            remote = to;
            if (receiver != null) {
                receiver.moved(from, to);
            }
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf datagram)) {
            context.fireChannelRead(message);
            return;
        }
        try {
            ConnectionSink receiver = sink;
            if (receiver != null && !ended) {
                byte[] bytes = new byte[datagram.readableBytes()];
                datagram.readBytes(bytes);
                receiver.datagram(bytes);
            }
        } finally {
            datagram.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        LOG.log(System.Logger.Level.DEBUG, "connection to {0}: {1}", remote, cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (!ended) {
            ended = true;
            StoqException why = reason;
            if (why == null) {
                why = channel().isTimedOut()
                        ? new StoqException(
                                StoqException.Code.UNREACHABLE,
                                Retry.SAME_CALL,
                                "nothing was heard from " + remote + " for the idle time")
                        : new StoqException(
                                StoqException.Code.CLOSED,
                                Retry.WHOLE_OPERATION,
                                "the connection to " + remote + " ended");
            }
            ConnectionSink receiver = sink;
            if (receiver != null && reached) {
                receiver.closed(why);
            }
            for (NettyStream stream : new ArrayList<>(streams)) {
                stream.fail(why);
            }
            streams.clear();
            waitingStreams.clear();
            waitingUnidirectional.clear();
        }
        Channel own = socket;
        Runnable back = giveBack;
        StoqException why = reason;
        if (back != null && why != null && why.code() == StoqException.Code.CLOSED) {
            back.run();
        } else if (own != null) {
            own.close();
        }
        context.fireChannelInactive();
    }

    /** The system says that nobody listens at the other end; on the event loop. */
    void unreachable() {
        if (reason == null) {
            reason = new StoqException(
                    StoqException.Code.UNREACHABLE,
                    Retry.SAME_CALL,
                    "nobody listens at " + remote + "; start the node or correct the address");
        }
        QuicChannel channel = quic;
        if (channel != null) {
            channel.close();
        }
    }

    /**
     * Nothing of the connection is told any more: it came to nothing, and the sink may be another one's soon. Whether TLS was
     * complete before: then something may have been told.
     */
    synchronized boolean abandon() {
        sink = null;
        return reached;
    }

    @Nullable
    StoqException reason() {
        return reason;
    }

    /** The peer opened a stream; on the event loop. */
    void opened(QuicStreamChannel channel) {
        ConnectionSink receiver = sink;
        NettyStream stream =
                new NettyStream(this, channel.streamId(), channel.type() == QuicStreamType.UNIDIRECTIONAL, false);
        channel.pipeline().addLast(stream.handler());
        stream.adopt(channel);
        if (receiver == null || ended) {
            channel.close();
            return;
        }
        streams.add(stream);
        stream.deliverTo(receiver.stream(stream));
    }

    @Override
    public InetSocketAddress remoteAddress() {
        InetSocketAddress address = remote;
        if (address == null) {
            throw new IllegalStateException("the connection is not made yet");
        }
        return address;
    }

    @Override
    public String protocol() {
        return protocol;
    }

    @Override
    public List<X509Certificate> peerChain() {
        return peerChain;
    }

    @Override
    public Optional<X509Certificate> localLeaf() {
        return localLeaf;
    }

    /** Whether this side offered X25519MLKEM768 alone. */
    void proveHybrid(boolean offeredAlone) {
        hybrid = offeredAlone;
    }

    @Override
    public Protection protection() {
        return hybrid || listener != null ? Protection.HYBRID : Protection.CLASSICAL;
    }

    /** How it packs what it sends. */
    SegmentationOffload.Sends sends() {
        return sends;
    }

    /** Whose turn it is to send much. */
    SendTurns turns() {
        return turns;
    }

    /** Whether more streams are open than may send much at once. */
    boolean crowded() {
        return streams.size() > SendTurns.MAX_TURNS;
    }

    /** Runs after the packets that arrive together next; false if nobody can say when. On the event loop. */
    boolean afterNextArrivals(Runnable task) {
        ArrivalRounds arrivals = rounds;
        return arrivals != null && arrivals.addToNext(task);
    }

    int sendBufferBytes() {
        return limits.sendBufferBytes();
    }

    @Override
    public RawStream open(boolean unidirectional, StreamSink receiver) {
        NettyStream stream = new NettyStream(this, -1, unidirectional, true);
        stream.deliverTo(receiver);
        return stream;
    }

    private static QuicStreamType type(NettyStream stream) {
        return stream.unidirectional() ? QuicStreamType.UNIDIRECTIONAL : QuicStreamType.BIDIRECTIONAL;
    }

    /** Creates the stream at the peer's as soon as it allows; on the event loop. */
    void create(NettyStream stream) {
        if (ended) {
            stream.fail(endedReason());
            return;
        }
        streams.add(stream);
        ArrayDeque<NettyStream> line = stream.unidirectional() ? waitingUnidirectional : waitingStreams;
        if (mayCreate(stream)) {
            createNow(stream);
        } else if (line.size() < MAX_WAITING_STREAMS) {
            line.add(stream);
        } else {
            streams.remove(stream);
            stream.fail(new StoqException(
                    StoqException.Code.BUSY,
                    Retry.SAME_CALL,
                    MAX_WAITING_STREAMS + " streams wait already for " + remote + " to allow more"));
        }
    }

    /** Whether the peer allows one more stream now; on the event loop. */
    boolean mayCreate(NettyStream stream) {
        return !ended
                && channel().peerAllowedStreams(type(stream)) > 0
                && (stream.unidirectional() ? waitingUnidirectional : waitingStreams).isEmpty();
    }

    private void openWaiting(ArrayDeque<NettyStream> line, QuicStreamType type) {
        while (!line.isEmpty() && channel().peerAllowedStreams(type) > 0) {
            createNow(line.remove());
        }
    }

    @Override
    public int maxDatagramBytes() {
        return maxDatagramBytes;
    }

    @Override
    public boolean sendDatagram(byte[] bytes) {
        if (datagramsWaiting.incrementAndGet() > limits.maxDatagramsWaiting()) {
            datagramsWaiting.decrementAndGet();
            return false;
        }
        ByteBuf copy = PooledByteBufAllocator.DEFAULT
                .directBuffer(Math.max(1, bytes.length))
                .writeBytes(bytes);
        run(() -> channel().writeAndFlush(copy).addListener(done -> datagramsWaiting.decrementAndGet()));
        return true;
    }

    @Override
    public CompletionStage<PathStatistics> statistics() {
        CompletableFuture<PathStatistics> result = new CompletableFuture<>();
        run(() -> collect(0, result));
        if (ended) {
            result.complete(lastStatistics);
        }
        return result;
    }

    /** Looks for the active path among those the library numbers. */
    private void collect(int path, CompletableFuture<PathStatistics> result) {
        if (ended || !channel().isActive()) {
            result.complete(lastStatistics);
            return;
        }
        channel().collectPathStats(path).addListener((Future<QuicConnectionPathStats> collected) -> {
            if (!collected.isSuccess()) {
                result.complete(lastStatistics);
            } else if (!collected.getNow().active() && path < MAX_PATHS) {
                collect(path + 1, result);
            } else {
                lastStatistics = statistics(collected.getNow());
                result.complete(lastStatistics);
            }
        });
    }

    private static PathStatistics statistics(QuicConnectionPathStats path) {
        return new PathStatistics(
                OptionalLong.of(path.rtt()),
                OptionalLong.of(path.cwnd()),
                OptionalLong.of(path.pmtu()),
                OptionalLong.of(path.sent()),
                OptionalLong.of(path.recv()),
                OptionalLong.of(path.lost()),
                OptionalLong.of(path.sentBytes()),
                OptionalLong.of(path.recvBytes()));
    }

    private void createNow(NettyStream stream) {
        if (stream.givenUp()) {
            streams.remove(stream);
            return;
        }
        channel().createStream(type(stream), stream.handler()).addListener(created -> {
            if (created.isSuccess()) {
                stream.adopt((QuicStreamChannel) created.getNow());
            } else {
                streams.remove(stream);
                stream.fail(new StoqException(
                        StoqException.Code.BUSY,
                        Retry.SAME_CALL,
                        "cannot open a stream to " + remote + ": " + created.cause(),
                        created.cause()));
            }
        });
    }

    /** The stream has ended; whether it left a remnant. */
    void done(NettyStream stream, boolean torn) {
        streams.remove(stream);
        if (torn && ++tornStreams == MAX_TORN_STREAMS) {
            close(CLOSE_TOO_MANY_RESETS, "too many streams were reset on this connection; connect again");
        }
    }

    private StoqException endedReason() {
        StoqException why = reason;
        return why != null
                ? why
                : new StoqException(
                        StoqException.Code.CLOSED, Retry.WHOLE_OPERATION, "the connection to " + remote + " ended");
    }

    /** Runs on the event loop; when that has stopped, nobody is left to whom it would matter. */
    void run(Runnable task) {
        EventLoop loop = channel().eventLoop();
        if (loop.inEventLoop()) {
            ArrayDeque<Runnable> first = accepting;
            if (first != null) {
                first.add(task);
                return;
            }
            ArrivalRounds arrivals = rounds;
            if (arrivals != null && arrivals.add(task)) {
                return;
            }
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.log(System.Logger.Level.DEBUG, "the event loop has stopped");
        }
    }

    /** Runs on the event loop after a while, unless that has stopped. */
    void later(Runnable task, long delay, TimeUnit unit) {
        try {
            channel().eventLoop().schedule(task, delay, unit);
        } catch (RejectedExecutionException e) {
            LOG.log(System.Logger.Level.DEBUG, "the event loop has stopped");
        }
    }

    QuicChannel channel() {
        QuicChannel channel = quic;
        if (channel == null) {
            throw new IllegalStateException("the connection is not made yet");
        }
        return channel;
    }

    @Override
    public void close(long code, String text) {
        if (reason == null) {
            reason = new StoqException(
                    StoqException.Code.CLOSED,
                    Retry.WHOLE_OPERATION,
                    "the connection to " + remote + " was closed by this side");
        }
        channel()
                .close(
                        true,
                        (int) Math.min(code, Integer.MAX_VALUE),
                        Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
    }
}
