package online.hypermesh.stoq.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamFrame;
import io.netty.handler.codec.quic.QuicStreamResetException;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/** A QUIC stream; its state is confined to its connection's event loop, its methods are thread-safe. */
final class NettyStream implements RawStream {
    /** Offers are refused while at least so many bytes wait for the peer. */
    private static final int MAX_WAITING_BYTES = 1 << 20;

    /** A refused offer is worth repeating when no more than so many wait. */
    private static final int WRITABLE_BELOW_BYTES = MAX_WAITING_BYTES / 2;

    private final NettyConnection connection;
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicBoolean refused = new AtomicBoolean();
    private final ArrayDeque<QuicStreamFrame> beforeOpen = new ArrayDeque<>(1);
    private volatile @Nullable StreamSink sink;
    private volatile @Nullable QuicStreamChannel channel;
    private volatile long id;
    private volatile boolean over;
    private boolean created;
    private boolean demanded;
    private boolean endSeen;
    private boolean lastSent;

    NettyStream(NettyConnection connection, long id) {
        this.connection = connection;
        this.id = id;
    }

    void deliverTo(StreamSink receiver) {
        sink = receiver;
    }

    /** The stream exists; what was offered before goes out now. On the event loop. */
    void adopt(QuicStreamChannel made) {
        channel = made;
        id = made.streamId();
        created = true;
        if (over) {
            made.close();
            return;
        }
        QuicStreamFrame frame = beforeOpen.poll();
        while (frame != null) {
            write(made, frame);
            frame = beforeOpen.poll();
        }
        if (demanded) {
            made.read();
        }
    }

    boolean givenUp() {
        return over;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public void demand() {
        QuicStreamChannel open = channel;
        if (open != null) {
            // never inside the call, so that the sink is known before its first event
            connection.run(open::read);
        } else {
            connection.run(() -> {
                QuicStreamChannel made = channel;
                if (made != null) {
                    made.read();
                } else {
                    demanded = true;
                }
            });
        }
    }

    @Override
    public boolean offer(byte[] bytes, int offset, int length, boolean last) {
        if (over) {
            return true;
        }
        if (waitingBytes.get() >= MAX_WAITING_BYTES) {
            refused.set(true);
            if (waitingBytes.get() >= WRITABLE_BELOW_BYTES) {
                return false;
            }
        }
        waitingBytes.addAndGet(length);
        ByteBuf copy = PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(1, length));
        copy.writeBytes(bytes, offset, length);
        QuicStreamFrame frame = new DefaultQuicStreamFrame(copy, last);
        if (connection.inLoop()) {
            send(frame);
        } else {
            connection.run(() -> send(frame));
        }
        return true;
    }

    private void send(QuicStreamFrame frame) {
        QuicStreamChannel open = channel;
        if (over) {
            frame.release();
        } else if (open != null) {
            write(open, frame);
        } else {
            beforeOpen.add(frame);
            if (!created) {
                created = true;
                connection.create(this);
            }
        }
    }

    private void write(QuicStreamChannel open, QuicStreamFrame frame) {
        int length = frame.content().readableBytes();
        lastSent |= frame.hasFin();
        open.writeAndFlush(frame).addListener((GenericFutureListener<Future<Void>>) done -> written(length, done));
    }

    private void written(int length, Future<?> done) {
        long left = waitingBytes.addAndGet(-length);
        if (!done.isSuccess()) {
            if (connection.channel().isActive()) {
                fail(Failures.reset(id, null, done.cause()));
            }
        } else if (left < WRITABLE_BELOW_BYTES && refused.compareAndSet(true, false)) {
            StreamSink receiver = sink;
            if (receiver != null) {
                // never inside the offer that caused it
                connection.run(receiver::writable);
            }
        }
    }

    @Override
    public void reset(long code) {
        connection.run(() -> {
            if (over) {
                return;
            }
            over = true;
            drop();
            connection.done(this);
            QuicStreamChannel open = channel;
            if (open != null && open.isOpen()) {
                open.shutdown((int) Math.min(code, Integer.MAX_VALUE));
                open.close();
            }
        });
    }

    private void drop() {
        QuicStreamFrame frame = beforeOpen.poll();
        while (frame != null) {
            frame.release();
            frame = beforeOpen.poll();
        }
    }

    /** Fails both directions; on the event loop. */
    void fail(StoqException why) {
        if (over) {
            return;
        }
        over = true;
        drop();
        connection.done(this);
        StreamSink receiver = sink;
        if (receiver != null) {
            receiver.failed(why);
        }
        QuicStreamChannel open = channel;
        if (open != null && open.isOpen()) {
            open.close();
        }
    }

    ChannelHandler handler() {
        return new Handler();
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            QuicStreamChannel made = (QuicStreamChannel) context.channel();
            made.config().setAutoRead(false);
            made.config().setReadFrames(true);
            made.config().setAllowHalfClosure(true);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            QuicStreamFrame frame = (QuicStreamFrame) message;
            try {
                StreamSink receiver = sink;
                if (over || receiver == null) {
                    return;
                }
                ByteBuf content = frame.content();
                if (content.isReadable()) {
                    byte[] bytes = new byte[content.readableBytes()];
                    content.readBytes(bytes);
                    receiver.data(bytes);
                }
                if (frame.hasFin() && !endSeen) {
                    endSeen = true;
                    receiver.end();
                }
            } finally {
                frame.release();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            String code = cause instanceof QuicStreamResetException reset && reset.applicationProtocolCode() >= 0
                    ? Long.toString(reset.applicationProtocolCode())
                    : null;
            fail(Failures.reset(id, code, cause));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (endSeen && lastSent) {
                connection.done(NettyStream.this);
            }
        }
    }
}
