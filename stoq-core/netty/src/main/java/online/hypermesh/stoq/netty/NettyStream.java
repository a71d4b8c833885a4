package online.hypermesh.stoq.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
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
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.spi.Arrived;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/**
 * A QUIC stream; its state is confined to its connection's event loop, its methods are thread-safe. The library does not tell
 * the code of a peer's STOP_SENDING.
 */
final class NettyStream implements RawStream {
    /** Whether the stream may hand many bytes to the library. */
    private enum Turn {
        NONE,
        WAITING,
        HELD
    }

    private final NettyConnection connection;
    private final boolean unidirectional;
    private final boolean openedHere;
    private final int maxWaitingBytes;
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicBoolean refused = new AtomicBoolean();

    /** What was offered and not handed to the library yet, in order; guarded by itself. */
    private final ArrayDeque<QuicStreamFrame> offered = new ArrayDeque<>(1);

    /** The event loop will look at what was offered; guarded by {@link #offered}. */
    private boolean draining;

    private volatile @Nullable StreamSink sink;
    private volatile @Nullable QuicStreamChannel channel;
    private volatile long id;

    /** Nothing is sent any more: the end was, or either side gave this direction up. */
    private volatile boolean outboundOver;

    private boolean inboundOver;
    private boolean over;
    private boolean created;
    private boolean demanded;
    private boolean inDrain;

    /** Frames that the library holds because the peer or the network takes no more. */
    private int unsent;

    private Turn turn = Turn.NONE;

    /** Handed to the library in this turn. */
    private long turnBytes;

    /** Taken by the library, of all turns. */
    private long sentBytes;

    private long turnBeganNanos;

    /** The library has sent a frame of this turn since {@link #moved()} was asked. */
    private boolean moved;

    /** What was offered waits until nothing is unsent. */
    private boolean awaitsSent;

    /** The peer's direction ended without its end having been read: the library then keeps a remnant of the stream. */
    private boolean torn;

    NettyStream(NettyConnection connection, long id, boolean unidirectional, boolean openedHere) {
        this.connection = connection;
        this.id = id;
        this.unidirectional = unidirectional;
        this.openedHere = openedHere;
        this.maxWaitingBytes = connection.sendBufferBytes();
        this.inboundOver = unidirectional && openedHere;
        this.outboundOver = unidirectional && !openedHere;
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
        StreamSink receiver = sink;
        if (openedHere && receiver != null) {
            receiver.opened();
        }
        drain();
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
    public boolean unidirectional() {
        return unidirectional;
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
        if (outboundOver) {
            return true;
        }
        if (last && length == 0 && endLastOffered()) {
            return true;
        }
        if (waitingBytes.get() >= maxWaitingBytes) {
            refused.set(true);
            if (waitingBytes.get() >= maxWaitingBytes / 2) {
                return false;
            }
        }
        waitingBytes.addAndGet(length);
        ByteBuf copy = PooledByteBufAllocator.DEFAULT.directBuffer(Math.max(1, length));
        copy.writeBytes(bytes, offset, length);
        QuicStreamFrame frame = new DefaultQuicStreamFrame(copy, last);
        boolean tell;
        synchronized (offered) {
            offered.add(frame);
            tell = !draining;
            draining = true;
        }
        if (tell) {
            connection.run(this::drain);
        }
        return true;
    }

    /** Lets the end travel with the bytes before it, if they are still here. */
    private boolean endLastOffered() {
        synchronized (offered) {
            QuicStreamFrame before = offered.pollLast();
            if (before == null) {
                return false;
            }
            offered.add(new DefaultQuicStreamFrame(before.content(), true));
            return true;
        }
    }

    /** Hands what was offered to the library, in order and as far as it is the stream's turn; on the event loop. */
    private void drain() {
        if (inDrain) {
            return;
        }
        inDrain = true;
        try {
            while (!over && !outboundOver) {
                QuicStreamFrame frame;
                synchronized (offered) {
                    frame = offered.peek();
                    draining = frame != null;
                }
                if (frame == null) {
                    leaveWhenSent();
                    return;
                }
                if (!mayHandOver(frame.content().readableBytes())) {
                    return;
                }
                QuicStreamChannel open = channel;
                if (open == null) {
                    if (created) {
                        return;
                    }
                    created = true;
                    connection.create(this);
                    continue;
                }
                synchronized (offered) {
                    // the end may have joined it meanwhile
                    frame = offered.remove();
                }
                write(open, frame);
            }
            drop();
        } finally {
            inDrain = false;
        }
    }

    private boolean mayHandOver(int bytes) {
        if (bytes < SendTurns.MANY_BYTES || channel == null && (created || !connection.mayCreate(this))) {
            return true;
        }
        SendTurns turns = connection.turns();
        if (turn == Turn.HELD && turns.othersWait() && (unsent > 0 || SendTurns.isSpent(turnBytes, turnBeganNanos))) {
            awaitsSent = unsent > 0;
            if (awaitsSent) {
                return false;
            }
            leaveTurn();
        }
        if (turn == Turn.NONE) {
            begin();
            turn = turns.enter(this) ? Turn.HELD : Turn.WAITING;
        }
        return turn == Turn.HELD;
    }

    /** It is its turn; on the event loop. */
    void turn() {
        turn = Turn.HELD;
        begin();
        drain();
    }

    private void begin() {
        turnBytes = 0;
        turnBeganNanos = System.nanoTime();
        moved = true;
    }

    /** Its turn was taken from it, as it did not move. */
    void turnTaken() {
        turn = Turn.NONE;
    }

    /** Whether a frame of its turn was sent since this was last asked. */
    boolean moved() {
        boolean did = moved;
        moved = false;
        return did;
    }

    private void leaveWhenSent() {
        if (unsent == 0) {
            leaveTurn();
        }
    }

    private void leaveTurn() {
        if (turn != Turn.NONE) {
            turn = Turn.NONE;
            connection.turns().leave(this);
        }
    }

    private void write(QuicStreamChannel open, QuicStreamFrame frame) {
        int length = frame.content().readableBytes();
        boolean last = frame.hasFin();
        unsent++;
        turnBytes += length;
        connection.sends().expect(length);
        open.write(frame).addListener((GenericFutureListener<Future<Void>>) done -> written(length, last, done));
    }

    private void written(int length, boolean last, Future<?> done) {
        long left = waitingBytes.addAndGet(-length);
        unsent--;
        moved = true;
        connection.turns().handed(length);
        if (!done.isSuccess()) {
            if (connection.channel().isActive()) {
                stopped();
            }
            return;
        }
        sentBytes += length;
        if (last) {
            outboundOver = true;
            leaveTurn();
            StreamSink receiver = sink;
            if (length == 0 && receiver != null && !over) {
                receiver.endSentAlone(sentBytes);
            }
            finishIfOver();
        } else if (unsent == 0 && !inDrain && (turn == Turn.HELD || awaitsSent)) {
            awaitsSent = false;
            // not now: the library may be amid the packets that arrived together
            connection.run(this::drain);
        }
        if (left < maxWaitingBytes / 2 && refused.compareAndSet(true, false)) {
            tell(StreamSink::writable);
        }
    }

    /** Never inside the call that caused it. */
    private void tell(Consumer<StreamSink> event) {
        StreamSink receiver = sink;
        if (receiver != null) {
            connection.run(() -> {
                if (!over) {
                    event.accept(receiver);
                }
            });
        }
    }

    /** The peer wants no more. */
    private void stopped() {
        if (over || outboundOver) {
            return;
        }
        outboundOver = true;
        drain();
        StreamSink receiver = sink;
        if (receiver != null) {
            connection.run(() -> receiver.stopped(OptionalLong.empty()));
        }
        finishIfOver();
    }

    @Override
    public void resetSending(long code) {
        connection.run(() -> {
            if (over || outboundOver) {
                return;
            }
            outboundOver = true;
            drain();
            QuicStreamChannel open = channel;
            if (open != null && open.isOpen()) {
                open.shutdownOutput(code(code));
            }
            finishIfOver();
        });
    }

    @Override
    public void stopSending(long code) {
        connection.run(() -> {
            if (over || inboundOver) {
                return;
            }
            inboundOver = true;
            torn = true;
            QuicStreamChannel open = channel;
            if (open != null && open.isOpen()) {
                open.shutdownInput(code(code));
            }
            finishIfOver();
        });
    }

    @Override
    public void reset(long code) {
        connection.run(() -> {
            if (over) {
                return;
            }
            over = true;
            boolean sending = !outboundOver;
            boolean receiving = !inboundOver;
            outboundOver = true;
            drain();
            QuicStreamChannel open = channel;
            if (open != null && open.isOpen()) {
                if (sending && receiving) {
                    open.shutdown(code(code));
                } else if (sending) {
                    open.shutdownOutput(code(code));
                } else if (receiving) {
                    open.shutdownInput(code(code));
                }
                open.close();
            }
            connection.done(this, receiving || torn);
        });
    }

    private static int code(long code) {
        return (int) Math.min(code, Integer.MAX_VALUE);
    }

    private void drop() {
        leaveTurn();
        synchronized (offered) {
            draining = false;
            offered.forEach(QuicStreamFrame::release);
            offered.clear();
        }
    }

    private void finishIfOver() {
        if (over || !inboundOver || !outboundOver) {
            return;
        }
        over = true;
        connection.done(this, torn);
        QuicStreamChannel open = channel;
        if (open != null && open.isOpen()) {
            open.close();
        }
    }

    /** Fails both directions; on the event loop. */
    void fail(StoqException why) {
        if (over) {
            return;
        }
        over = true;
        outboundOver = true;
        drain();
        connection.done(this, false);
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

    private final class Handler extends ChannelInboundHandlerAdapter implements Arrived {
        private ByteBuf arrived = Unpooled.EMPTY_BUFFER;

        @Override
        public int remaining() {
            return arrived.readableBytes();
        }

        @Override
        public void take(byte[] to, int offset, int length) {
            arrived.readBytes(to, offset, length);
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            QuicStreamChannel made = (QuicStreamChannel) context.channel();
            made.config().setAutoRead(false);
            made.config().setReadFrames(true);
            if (!unidirectional) {
                made.config().setAllowHalfClosure(true);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            QuicStreamFrame frame = (QuicStreamFrame) message;
            try {
                StreamSink receiver = sink;
                if (over || inboundOver || receiver == null) {
                    return;
                }
                ByteBuf content = frame.content();
                if (content.isReadable()) {
                    arrived = content;
                    receiver.data(this);
                }
                if (frame.hasFin() && !inboundOver) {
                    inboundOver = true;
                    receiver.end();
                    finishIfOver();
                }
            } finally {
                arrived = Unpooled.EMPTY_BUFFER;
                frame.release();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (over || inboundOver) {
                return;
            }
            inboundOver = true;
            torn = true;
            StreamSink receiver = sink;
            if (receiver != null) {
                receiver.reset(
                        cause instanceof QuicStreamResetException reset && reset.applicationProtocolCode() >= 0
                                ? OptionalLong.of(reset.applicationProtocolCode())
                                : OptionalLong.empty());
            }
            finishIfOver();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (!over && inboundOver && outboundOver) {
                finishIfOver();
            }
        }
    }
}
