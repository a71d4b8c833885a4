package online.hypermesh.stoq.memory;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.OptionalLong;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/** One side of a stream within the process; holds what the other side sent and this one has not demanded. Thread-safe. */
final class MemoryStream implements RawStream {
    private final MemoryConnection connection;
    private final long id;
    private final boolean openedHere;
    private final boolean unidirectional;
    private final ArrayDeque<byte[]> inbound = new ArrayDeque<>(2);
    private @Nullable MemoryStream other;
    private @Nullable StreamSink sink;
    private int waitingBytes;
    private boolean announced;
    private boolean openedTold;
    private boolean demanded;
    private boolean lastArrived;
    private boolean senderWaits;
    private boolean deliveryScheduled;
    /** Nothing more is received: the end was delivered, the peer gave up, or this side did. */
    private boolean inboundOver;
    /** Nothing more is sent. */
    private boolean outboundOver;

    private boolean dead;

    /** The peer does not allow the stream; what is offered is lost. */
    private boolean barred;

    MemoryStream(MemoryConnection connection, long id, boolean openedHere, boolean unidirectional) {
        this.connection = connection;
        this.id = id;
        this.openedHere = openedHere;
        this.unidirectional = unidirectional;
        this.inboundOver = unidirectional && openedHere;
        this.outboundOver = unidirectional && !openedHere;
    }

    void join(MemoryStream otherSide) {
        other = otherSide;
    }

    synchronized void deliverTo(StreamSink receiver) {
        sink = receiver;
        announced = true;
        schedule();
    }

    boolean openedHere() {
        return openedHere;
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
    public synchronized void demand() {
        demanded = true;
        schedule();
    }

    @Override
    public boolean offer(byte[] bytes, int offset, int length, boolean last) {
        boolean first;
        synchronized (this) {
            if (dead || barred || outboundOver) {
                return true;
            }
            first = openedHere && !openedTold;
            openedTold = true;
        }
        if (first) {
            connection.run(() -> {
                StreamSink receiver = liveSink();
                if (receiver != null) {
                    receiver.opened();
                }
            });
        }
        if (connection.cut()) {
            return true;
        }
        if (!other().arrive(bytes, offset, length, last)) {
            return false;
        }
        if (last) {
            endOutbound();
        }
        return true;
    }

    private void endOutbound() {
        boolean done;
        synchronized (this) {
            outboundOver = true;
            done = inboundOver;
        }
        if (done) {
            connection.done(this);
        }
    }

    private boolean endInbound() {
        boolean done;
        synchronized (this) {
            if (inboundOver) {
                return false;
            }
            inboundOver = true;
            inbound.clear();
            waitingBytes = 0;
            done = outboundOver;
        }
        if (done) {
            connection.done(this);
        }
        return true;
    }

    private synchronized boolean arrive(byte[] bytes, int offset, int length, boolean last) {
        announce();
        if (dead || inboundOver) {
            return true;
        }
        if (waitingBytes >= connection.sendBufferBytes()) {
            senderWaits = true;
            return false;
        }
        if (length > 0) {
            inbound.add(Arrays.copyOfRange(bytes, offset, offset + length));
            waitingBytes += length;
        }
        lastArrived |= last;
        schedule();
        return true;
    }

    private void announce() {
        if (!announced) {
            announced = true;
            connection.run(() -> connection.announced(this));
        }
    }

    private void schedule() {
        boolean something = !inbound.isEmpty() || (lastArrived && !inboundOver);
        if (demanded && something && !deliveryScheduled && !dead && sink != null) {
            deliveryScheduled = true;
            connection.run(this::deliver);
        }
    }

    private void deliver() {
        StreamSink receiver;
        byte[] bytes;
        boolean end;
        boolean wakeSender = false;
        synchronized (this) {
            deliveryScheduled = false;
            receiver = sink;
            if (dead || inboundOver || receiver == null) {
                return;
            }
            bytes = inbound.poll();
            if (bytes != null) {
                demanded = false;
                waitingBytes -= bytes.length;
                wakeSender = senderWaits && waitingBytes < connection.sendBufferBytes() / 2;
                senderWaits &= !wakeSender;
            }
            end = inbound.isEmpty() && lastArrived;
        }
        if (bytes != null) {
            receiver.data(bytes);
        }
        if (end && endInbound()) {
            receiver.end();
        }
        if (wakeSender) {
            other().wake();
        }
        synchronized (this) {
            schedule();
        }
    }

    private void wake() {
        connection.run(() -> {
            StreamSink receiver = liveSink();
            if (receiver != null) {
                receiver.writable();
            }
        });
    }

    private synchronized @Nullable StreamSink liveSink() {
        return dead ? null : sink;
    }

    @Override
    public void resetSending(long code) {
        synchronized (this) {
            if (dead || outboundOver) {
                return;
            }
        }
        endOutbound();
        if (reachesPeer()) {
            other().peerReset(code);
        }
    }

    /** Whether the peer knows the stream, or will. */
    private synchronized boolean reachesPeer() {
        return (openedTold || !openedHere) && !connection.cut();
    }

    private void peerReset(long code) {
        synchronized (this) {
            announce();
        }
        connection.run(() -> {
            StreamSink receiver = liveSink();
            if (receiver != null && endInbound()) {
                receiver.reset(OptionalLong.of(code));
            }
        });
    }

    @Override
    public void stopSending(long code) {
        synchronized (this) {
            if (dead) {
                return;
            }
        }
        if (endInbound() && reachesPeer()) {
            other().peerStopped(code);
        }
    }

    private void peerStopped(long code) {
        connection.run(() -> {
            StreamSink receiver;
            boolean over;
            synchronized (this) {
                receiver = dead ? null : sink;
                over = outboundOver;
            }
            if (receiver != null && !over) {
                endOutbound();
                receiver.stopped(OptionalLong.of(code));
            }
        });
    }

    @Override
    public void reset(long code) {
        boolean sending;
        boolean receiving;
        synchronized (this) {
            if (dead) {
                return;
            }
            dead = true;
            sending = !outboundOver;
            receiving = !inboundOver;
            inbound.clear();
            waitingBytes = 0;
        }
        connection.done(this);
        if (reachesPeer()) {
            if (sending) {
                other().peerReset(code);
            }
            if (receiving) {
                other().peerStopped(code);
            }
        }
    }

    /** Keeps everything from the peer, and fails. */
    void bar(StoqException reason) {
        synchronized (this) {
            barred = true;
        }
        fail(reason);
    }

    /** Fails this side; tells its reader and writer on the endpoint's thread. */
    void fail(StoqException reason) {
        connection.run(() -> failNow(reason));
    }

    /** As {@link #fail}, on the endpoint's thread. */
    void failNow(StoqException reason) {
        StreamSink receiver;
        synchronized (this) {
            if (dead || (inboundOver && outboundOver)) {
                dead = true;
                return;
            }
            dead = true;
            inbound.clear();
            waitingBytes = 0;
            receiver = sink;
        }
        connection.done(this);
        if (receiver != null) {
            receiver.failed(reason);
        }
    }

    private MemoryStream other() {
        MemoryStream otherSide = other;
        if (otherSide == null) {
            throw new IllegalStateException("the stream is used before it was joined");
        }
        return otherSide;
    }
}
