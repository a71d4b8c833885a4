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
 * Lets connections hand many datagrams of one length to the system at once (UDP_SEGMENT), until a network device turns out
 * not to take them; QUIC then sends what was lost again, one datagram at a time. Thread-safe.
 */
final class SegmentationOffload {
    /** The system takes no longer payload, in 64 segments at most. */
    private static final int MAX_PAYLOAD_BYTES = 65_000;

    private static final int MAX_SEGMENTS = 64;

    /** Two datagrams. */
    private static final int MANY_BYTES = 2800;

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

    boolean offered() {
        return segments > 0;
    }

    /** For one connection. */
    Sends sends() {
        return new Sends();
    }

    /**
     * Packs what a connection sends: as segments while it sends much, as the library sets out a list for segments whenever it
     * looks for something to send. Confined to the event loop.
     */
    final class Sends implements SegmentedDatagramPacketAllocator {
        /** Frames of one datagram in a row after which no more segments are expected. */
        private static final int FEW = 32;

        private boolean many;
        private int few;

        /** So many bytes are about to be handed to the library. */
        void expect(int bytes) {
            if (bytes > MANY_BYTES) {
                many = true;
                few = 0;
            } else if (many && ++few >= FEW) {
                many = false;
            }
        }

        @Override
        public int maxNumSegments() {
            return many ? segments : 0;
        }

        @Override
        public DatagramPacket newPacket(ByteBuf buffer, int segmentSize, InetSocketAddress remoteAddress) {
            return new SegmentedDatagramPacket(buffer, segmentSize, remoteAddress);
        }
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
