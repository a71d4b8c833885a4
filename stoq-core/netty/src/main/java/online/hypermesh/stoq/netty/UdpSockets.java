package online.hypermesh.stoq.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import online.hypermesh.stoq.TransportLimits;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of an endpoint and the threads that serve them: on Linux, where Netty's native transport is there, many
 * datagrams pass the system boundary in one call; elsewhere one. Thread-safe.
 */
final class UdpSockets {
    private static final System.Logger LOG = System.getLogger(UdpSockets.class.getName());

    /** Once in a process is enough. */
    private static final AtomicBoolean TOLD = new AtomicBoolean();

    /** What Ethernet carries at most: datagrams of peers that ask for nothing are not longer. */
    private static final int MIN_RECEIVED_BYTES = 1500;

    /** Datagrams that one call may bring; their buffer is taken for the time of the call only. */
    private static final int MAX_RECEIVE_BATCH = 64;

    /** Datagrams of one round where each takes a call. */
    private static final int MAX_SINGLE_READS = 16;

    private static final int RECEIVE_BATCH_BYTES = 96 * 1024;

    /** Whether this system merges datagrams that arrive together: Linux 5.0 and later. Asked once. */
    private static final BooleanSupplier MERGES = new BooleanSupplier() {
        private @Nullable Boolean known;

        @Override
        public synchronized boolean getAsBoolean() {
            Boolean answer = known;
            if (answer == null) {
                answer = merging();
                known = answer;
            }
            return answer;
        }
    };

    private final MultiThreadIoEventLoopGroup loops;
    private final SegmentationOffload offload;
    private final boolean epoll;
    private final boolean merges;
    private final int receivedBytes;

    private UdpSockets(
            MultiThreadIoEventLoopGroup loops,
            SegmentationOffload offload,
            boolean epoll,
            boolean merges,
            int receivedBytes) {
        this.loops = loops;
        this.offload = offload;
        this.epoll = epoll;
        this.merges = merges;
        this.receivedBytes = receivedBytes;
    }

    static UdpSockets open(int threads, TransportLimits limits) {
        if (!Epoll.isAvailable() && TOLD.compareAndSet(false, true)) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "sockets pass one datagram per call (NIO); on Linux add io.netty:netty-transport-native-epoll: {0}",
                    String.valueOf(Epoll.unavailabilityCause()));
        }
        return open(threads, limits, Epoll.isAvailable());
    }

    static UdpSockets open(int threads, TransportLimits limits, boolean epoll) {
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        return new UdpSockets(
                new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("stoq-netty", true), io),
                SegmentationOffload.of(epoll, limits.maxUdpPayloadBytes()),
                epoll,
                epoll && MERGES.getAsBoolean(),
                Math.max(MIN_RECEIVED_BYTES, limits.maxUdpPayloadBytes()));
    }

    private static boolean merging() {
        EpollDatagramChannel asked = new EpollDatagramChannel(SocketProtocolFamily.INET6);
        try {
            asked.config().setUdpGro(true);
            return asked.config().isUdpGro();
        } catch (ChannelException e) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "the system does not merge datagrams: {0}",
                    String.valueOf(e.getCause()));
            return false;
        } finally {
            asked.unsafe().closeForcibly();
        }
    }

    MultiThreadIoEventLoopGroup loops() {
        return loops;
    }

    /** Largest datagram that is received whole. */
    int receivedBytes() {
        return receivedBytes;
    }

    /** How a connection packs what it sends. */
    SegmentationOffload.Sends sends() {
        return offload.sends();
    }

    /** A socket on one of the given loops, whose datagrams pass the given handlers. */
    Bootstrap datagrams(EventLoopGroup where, int bufferBytes, ChannelHandler... handlers) {
        List<ChannelHandler> pipeline = List.of(handlers);
        ChannelFactory<DatagramChannel> factory = epoll
                ? () -> new EpollDatagramChannel(SocketProtocolFamily.INET6)
                : () -> new NioDatagramChannel(SocketProtocolFamily.INET6);
        Bootstrap bootstrap = new Bootstrap()
                .group(where)
                .channelFactory(factory)
                .option(ChannelOption.SO_RCVBUF, bufferBytes)
                .option(ChannelOption.SO_SNDBUF, bufferBytes);
        if (epoll && merges) {
            bootstrap.option(EpollChannelOption.UDP_GRO, true);
            bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR, new MergedReceives());
        } else if (epoll) {
            int batch = Math.max(1, Math.min(MAX_RECEIVE_BATCH, RECEIVE_BATCH_BYTES / receivedBytes));
            bootstrap.option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, receivedBytes);
            bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBatches(receivedBytes, batch));
        } else {
            bootstrap.option(
                    ChannelOption.RECVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(receivedBytes).maxMessagesPerRead(MAX_SINGLE_READS));
        }
        return bootstrap.handler(new ChannelInitializer<DatagramChannel>() {
            @Override
            protected void initChannel(DatagramChannel channel) {
                channel.pipeline().addLast(new ArrivalRounds());
                if (offload.offered()) {
                    channel.pipeline().addLast(offload.watch());
                }
                pipeline.forEach(handler -> channel.pipeline().addLast(handler));
            }
        });
    }
}
