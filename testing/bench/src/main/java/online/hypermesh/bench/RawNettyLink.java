package online.hypermesh.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.EpollQuicUtils;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamFrame;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Credentials;

/**
 * The baseline: Netty QUIC by itself. The server is known by its certificate to nobody, there is no hello, and writing
 * happens on the event loop from a buffer that is never copied.
 */
final class RawNettyLink implements Link {
    private static final String ALPN = "raw";
    private static final long PENDING_BYTES = 1 << 20;

    /** The longest that the system merges. */
    private static final int MERGED_BYTES = 64 * 1024;

    /** Datagrams that are taken before something is sent. */
    private static final int ROUND_DATAGRAMS = 72;

    private final MultiThreadIoEventLoopGroup serverLoop;
    private final MultiThreadIoEventLoopGroup clientLoop;
    private final Channel serverSocket;
    private final Channel clientSocket;
    private final QuicChannel connection;
    private final ByteBuf chunk;
    private final ByteBuf question;

    private RawNettyLink(
            MultiThreadIoEventLoopGroup serverLoop,
            MultiThreadIoEventLoopGroup clientLoop,
            Channel serverSocket,
            Channel clientSocket,
            QuicChannel connection) {
        this.serverLoop = serverLoop;
        this.clientLoop = clientLoop;
        this.serverSocket = serverSocket;
        this.clientSocket = clientSocket;
        this.connection = connection;
        byte[] bytes = Link.chunk();
        chunk = Unpooled.directBuffer(bytes.length).writeBytes(bytes);
        question = Unpooled.directBuffer(REQUEST_BYTES).writeBytes(Link.request());
    }

    static RawNettyLink open(NettySettings settings) {
        Credentials credentials = new BenchNode().credentials();
        QuicSslContext serverTls = QuicSslContextBuilder.forServer(
                        credentials.leafKey(), null, credentials.chain().toArray(new X509Certificate[0]))
                .applicationProtocols(ALPN)
                .build();
        QuicSslContext clientTls = QuicSslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .applicationProtocols(ALPN)
                .build();
        MultiThreadIoEventLoopGroup serverLoop = loop("raw-server", settings);
        MultiThreadIoEventLoopGroup clientLoop = loop("raw-client", settings);
        QuicServerCodecBuilder server = set(new QuicServerCodecBuilder(), settings)
                .sslContext(serverTls)
                .handler(new ChannelInitializer<QuicChannel>() {
                    @Override
                    protected void initChannel(QuicChannel channel) {
                        // streams have handlers, connections need none
                    }
                })
                .streamHandler(new ChannelInitializer<QuicStreamChannel>() {
                    @Override
                    protected void initChannel(QuicStreamChannel channel) {
                        channel.pipeline().addLast(new Answering());
                    }
                });
        if (settings.segments() > 0) {
            server.option(
                    QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR,
                    EpollQuicUtils.newSegmentedAllocator(settings.segments()));
        }
        Channel serverSocket = bind(serverLoop, settings, server.build());
        Channel clientSocket = bind(
                clientLoop,
                settings,
                set(new QuicClientCodecBuilder(), settings)
                        .sslContext(clientTls)
                        .build());
        var bootstrap = QuicChannel.newBootstrap(clientSocket)
                .handler(new ChannelInboundHandlerAdapter())
                .streamHandler(new ChannelInboundHandlerAdapter())
                .remoteAddress(serverSocket.localAddress());
        if (settings.segments() > 0) {
            bootstrap.option(
                    QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR,
                    EpollQuicUtils.newSegmentedAllocator(settings.segments()));
        }
        Future<QuicChannel> connecting = bootstrap.connect();
        if (!connecting.awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS) || !connecting.isSuccess()) {
            throw new IllegalStateException("raw Netty QUIC does not connect", connecting.cause());
        }
        return new RawNettyLink(serverLoop, clientLoop, serverSocket, clientSocket, connecting.getNow());
    }

    private static MultiThreadIoEventLoopGroup loop(String name, NettySettings settings) {
        return new MultiThreadIoEventLoopGroup(
                1,
                new DefaultThreadFactory(name, true),
                settings.epoll() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    private static Channel bind(MultiThreadIoEventLoopGroup loop, NettySettings settings, ChannelHandler codec) {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(settings.epoll() ? EpollDatagramChannel.class : NioDatagramChannel.class)
                .handler(codec);
        if (settings.socketBufferBytes() > 0) {
            bootstrap.option(ChannelOption.SO_RCVBUF, settings.socketBufferBytes());
            bootstrap.option(ChannelOption.SO_SNDBUF, settings.socketBufferBytes());
        }
        if (settings.merged()) {
            bootstrap.option(EpollChannelOption.UDP_GRO, true);
            bootstrap.option(
                    ChannelOption.RECVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(MERGED_BYTES).maxMessagesPerRead(ROUND_DATAGRAMS));
        }
        return bootstrap.bind(BenchNode.loopback()).syncUninterruptibly().channel();
    }

    private static <B extends QuicCodecBuilder<B>> B set(B builder, NettySettings settings) {
        return builder.maxIdleTimeout(30, TimeUnit.SECONDS)
                .maxSendUdpPayloadSize(settings.datagramBytes())
                .maxRecvUdpPayloadSize(settings.datagramBytes())
                .initialMaxData(settings.connectionWindowBytes())
                .initialMaxStreamDataBidirectionalLocal(settings.streamWindowBytes())
                .initialMaxStreamDataBidirectionalRemote(settings.streamWindowBytes())
                .initialMaxStreamsBidirectional(settings.maxStreams());
    }

    /** The server's side of a stream. */
    private static final class Answering extends ChannelInboundHandlerAdapter {
        private final byte[] echo = new byte[REQUEST_BYTES];
        private long received;
        private byte kind;

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            readFrames(context);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            QuicStreamFrame frame = (QuicStreamFrame) message;
            ByteBuf content = frame.content();
            int length = content.readableBytes();
            if (received == 0 && length > 0) {
                kind = content.getByte(content.readerIndex());
            }
            if (kind == REQUEST) {
                content.readBytes(echo, (int) received, length);
            }
            received += length;
            boolean last = frame.hasFin();
            frame.release();
            if (last) {
                ByteBuf reply = kind == REQUEST
                        ? context.alloc().directBuffer(REQUEST_BYTES).writeBytes(echo)
                        : context.alloc().directBuffer(Long.BYTES).writeLong(received);
                context.writeAndFlush(new DefaultQuicStreamFrame(reply, true));
            }
        }
    }

    private static void readFrames(ChannelHandlerContext context) {
        QuicStreamChannel channel = (QuicStreamChannel) context.channel();
        channel.config().setReadFrames(true);
        channel.config().setAllowHalfClosure(true);
    }

    /** The client's side of a stream: ends when the server has answered and ended. */
    private abstract static class Asking extends ChannelInboundHandlerAdapter {
        final CompletableFuture<Void> done = new CompletableFuture<>();

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            readFrames(context);
        }

        abstract void answered(ByteBuf content);

        abstract void ended();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            QuicStreamFrame frame = (QuicStreamFrame) message;
            try {
                answered(frame.content());
                if (frame.hasFin()) {
                    ended();
                }
            } finally {
                frame.release();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            done.completeExceptionally(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            done.completeExceptionally(new IllegalStateException("the stream ended early"));
        }
    }

    private final class Uploading extends Asking {
        private final long bytes;
        private long left;
        private long pending;
        private long counted = -1;

        Uploading(long bytes) {
            this.bytes = bytes;
            this.left = bytes;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            fill(context);
        }

        private void fill(ChannelHandlerContext context) {
            while (left > 0 && pending < PENDING_BYTES) {
                int length = (int) Math.min(left, CHUNK_BYTES);
                left -= length;
                pending += length;
                context.writeAndFlush(new DefaultQuicStreamFrame(chunk.retainedSlice(0, length), left == 0))
                        .addListener((GenericFutureListener<Future<Void>>) written -> {
                            pending -= length;
                            if (written.isSuccess()) {
                                fill(context);
                            } else {
                                done.completeExceptionally(written.cause());
                            }
                        });
            }
        }

        @Override
        void answered(ByteBuf content) {
            if (content.readableBytes() == Long.BYTES) {
                counted = content.readLong();
            }
        }

        @Override
        void ended() {
            if (counted == bytes) {
                done.complete(null);
            } else {
                done.completeExceptionally(
                        new IllegalStateException("the server counted " + counted + " of " + bytes + " bytes"));
            }
        }
    }

    private final class Requesting extends Asking {
        private final byte[] answer = new byte[REQUEST_BYTES];
        private int received;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.writeAndFlush(new DefaultQuicStreamFrame(question.retainedDuplicate(), true));
        }

        @Override
        void answered(ByteBuf content) {
            int length = content.readableBytes();
            content.readBytes(answer, received, length);
            received += length;
        }

        @Override
        void ended() {
            if (received == REQUEST_BYTES) {
                done.complete(null);
            } else {
                done.completeExceptionally(new IllegalStateException(
                        "the server answered " + received + " of " + REQUEST_BYTES + " bytes"));
            }
        }
    }

    @Override
    public void upload(int streams, long bytesPerStream) {
        List<Uploading> uploads = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            Uploading uploading = new Uploading(bytesPerStream);
            uploads.add(uploading);
            create(uploading);
        }
        for (Uploading uploading : uploads) {
            StoqLink.await(uploading.done);
        }
    }

    private void create(Asking asking) {
        connection.createStream(QuicStreamType.BIDIRECTIONAL, asking).addListener(created -> {
            if (!created.isSuccess()) {
                asking.done.completeExceptionally(created.cause());
            }
        });
    }

    @Override
    public void requests(long[] nanos) {
        for (int i = 0; i < nanos.length; i++) {
            long begin = System.nanoTime();
            Requesting requesting = new Requesting();
            create(requesting);
            StoqLink.await(requesting.done);
            nanos[i] = System.nanoTime() - begin;
        }
    }

    @Override
    public void close() {
        connection.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        clientSocket.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        serverSocket.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        clientLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        serverLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
