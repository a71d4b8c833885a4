package online.hypermesh.stoq.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.handler.codec.quic.SegmentedDatagramPacketAllocator;
import java.net.InetSocketAddress;

/**
 * Hands many datagrams of one length to the system at once (UDP_SEGMENT), until a network device turns out not to take them;
 * QUIC then sends what was lost again, one datagram at a time. Thread-safe.
 */
final class SegmentationOffload implements SegmentedDatagramPacketAllocator {
    /** The system takes no longer payload, in 64 segments at most. */
    private static final int MAX_PAYLOAD_BYTES = 65_000;

    private static final int MAX_SEGMENTS = 64;

    private volatile int segments;

    private SegmentationOffload(int segments) {
        this.segments = segments;
    }

    /** For datagrams of so many bytes at most; none where sockets are not epoll's or the kernel is too old. */
    static SegmentationOffload of(boolean epoll, int datagramBytes) {
        boolean supported = epoll && io.netty.channel.epoll.SegmentedDatagramPacket.isSupported();
        int fitting = Math.min(MAX_SEGMENTS, MAX_PAYLOAD_BYTES / datagramBytes);
        return new SegmentationOffload(supported && fitting > 1 ? fitting : 0);
    }

    @Override
    public int maxNumSegments() {
        return segments;
    }

    @Override
    public DatagramPacket newPacket(ByteBuf buffer, int segmentSize, InetSocketAddress remoteAddress) {
        return new SegmentedDatagramPacket(buffer, segmentSize, remoteAddress);
    }

    /** Learns from a socket whether the device takes segments; one for each socket. */
    ChannelHandler watch() {
        return new Watch();
    }

    private final class Watch extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (message instanceof SegmentedDatagramPacket) {
                context.write(message, promise.unvoid().addListener(done -> {
                    if (done.cause() instanceof Errors.NativeIoException refused && isRefusal(refused.expectedErr())) {
                        segments = 0;
                    }
                }));
            } else {
                context.write(message, promise);
            }
        }
    }

    /** EIO: the device cannot compute checksums of segments; EINVAL: it knows no segments. */
    private static boolean isRefusal(int negatedErrno) {
        return negatedErrno == -5 || negatedErrno == -22;
    }
}
