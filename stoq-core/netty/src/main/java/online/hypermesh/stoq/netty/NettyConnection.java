package online.hypermesh.stoq.netty;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamLimitChangedEvent;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import online.hypermesh.stoq.StoqException;
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

    /** Streams that wait for the peer to allow them. */
    private static final int MAX_WAITING_STREAMS = 4096;

    private final @Nullable EngineListener listener;
    private final Set<NettyStream> streams = new HashSet<>();
    private final ArrayDeque<NettyStream> waitingStreams = new ArrayDeque<>();
    private volatile @Nullable QuicChannel quic;
    private volatile @Nullable Channel socket;
    private volatile @Nullable InetSocketAddress remote;
    private volatile Optional<X509Certificate> peerLeaf = Optional.empty();
    private volatile Optional<X509Certificate> localLeaf = Optional.empty();
    private volatile @Nullable ConnectionSink sink;
    private volatile @Nullable StoqException reason;
    private boolean ended;

    private NettyConnection(
            @Nullable EngineListener listener, @Nullable ConnectionSink sink, @Nullable InetSocketAddress remote) {
        this.listener = listener;
        this.sink = sink;
        this.remote = remote;
    }

    static NettyConnection accepting(QuicChannel channel, EngineListener listener) {
        NettyConnection connection =
                new NettyConnection(listener, null, (InetSocketAddress) channel.remoteSocketAddress());
        connection.adopt(channel);
        return connection;
    }

    static NettyConnection dialing(ConnectionSink sink, InetSocketAddress remote) {
        return new NettyConnection(null, sink, remote);
    }

    static NettyConnection of(QuicChannel channel) {
        return channel.attr(KEY).get();
    }

    private void adopt(QuicChannel channel) {
        quic = channel;
        channel.attr(KEY).set(this);
    }

    /** The socket of its own that goes with the connection. */
    void attachDialed(Channel ownSocket) {
        socket = ownSocket;
    }

    /** Takes the server's leaf from TLS. */
    void finishHandshake() {
        peerLeaf = Optional.of(peerCertificate());
    }

    private X509Certificate peerCertificate() {
        SSLEngine engine = channel().sslEngine();
        try {
            Certificate[] chain = engine.getSession().getPeerCertificates();
            if (chain.length > 0 && chain[0] instanceof X509Certificate leaf) {
                return leaf;
            }
            throw noLeaf(null);
        } catch (SSLPeerUnverifiedException e) {
            throw noLeaf(e);
        }
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
        EngineListener accepts = listener;
        if (accepts != null) {
            Certificate[] presented = channel().sslEngine().getSession().getLocalCertificates();
            if (presented != null && presented.length > 0 && presented[0] instanceof X509Certificate leaf) {
                localLeaf = Optional.of(leaf);
            }
            if (remote == null) {
                remote = (InetSocketAddress) channel().remoteSocketAddress();
            }
            sink = accepts.accepted(this);
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
            openWaiting();
        }
        context.fireUserEventTriggered(event);
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
            if (receiver != null) {
                receiver.closed(why);
            }
            for (NettyStream stream : new ArrayList<>(streams)) {
                stream.fail(why);
            }
            streams.clear();
            waitingStreams.clear();
        }
        Channel own = socket;
        if (own != null) {
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

    @Nullable
    StoqException reason() {
        return reason;
    }

    /** The peer opened a stream; on the event loop. */
    void opened(QuicStreamChannel channel) {
        ConnectionSink receiver = sink;
        NettyStream stream = new NettyStream(this, channel.streamId());
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
    public Optional<X509Certificate> peerLeaf() {
        return peerLeaf;
    }

    @Override
    public Optional<X509Certificate> localLeaf() {
        return localLeaf;
    }

    @Override
    public RawStream open(StreamSink receiver) {
        NettyStream stream = new NettyStream(this, -1);
        stream.deliverTo(receiver);
        return stream;
    }

    /** Creates the stream at the peer's as soon as it allows; on the event loop. */
    void create(NettyStream stream) {
        if (ended) {
            stream.fail(endedReason());
            return;
        }
        streams.add(stream);
        if (channel().peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) > 0 && waitingStreams.isEmpty()) {
            createNow(stream);
        } else if (waitingStreams.size() < MAX_WAITING_STREAMS) {
            waitingStreams.add(stream);
        } else {
            streams.remove(stream);
            stream.fail(new StoqException(
                    StoqException.Code.BUSY,
                    Retry.SAME_CALL,
                    MAX_WAITING_STREAMS + " streams wait already for " + remote + " to allow more"));
        }
    }

    private void openWaiting() {
        while (!waitingStreams.isEmpty() && channel().peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) > 0) {
            createNow(waitingStreams.remove());
        }
    }

    private void createNow(NettyStream stream) {
        if (stream.givenUp()) {
            streams.remove(stream);
            return;
        }
        channel().createStream(QuicStreamType.BIDIRECTIONAL, stream.handler()).addListener(created -> {
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

    void done(NettyStream stream) {
        streams.remove(stream);
    }

    private StoqException endedReason() {
        StoqException why = reason;
        return why != null
                ? why
                : new StoqException(
                        StoqException.Code.CLOSED, Retry.WHOLE_OPERATION, "the connection to " + remote + " ended");
    }

    boolean inLoop() {
        return channel().eventLoop().inEventLoop();
    }

    /** Runs on the event loop; when that has stopped, nobody is left to whom it would matter. */
    void run(Runnable task) {
        try {
            channel().eventLoop().execute(task);
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
