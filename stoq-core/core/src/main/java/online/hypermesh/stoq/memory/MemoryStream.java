package online.hypermesh.stoq.memory;

import java.util.ArrayDeque;
import java.util.Arrays;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/** One side of a stream within the process; holds what the other side sent and this one has not demanded. Thread-safe. */
final class MemoryStream implements RawStream {
    private static final int MAX_WAITING_BYTES = 1 << 20;

    private final MemoryConnection connection;
    private final long id;
    private final boolean openedHere;
    private final ArrayDeque<byte[]> inbound = new ArrayDeque<>(2);
    private @Nullable MemoryStream other;
    private @Nullable StreamSink sink;
    private int waitingBytes;
    private boolean announced;
    private boolean demanded;
    private boolean lastArrived;
    private boolean endDelivered;
    private boolean sentLast;
    private boolean senderWaits;
    private boolean deliveryScheduled;
    private boolean dead;

    MemoryStream(MemoryConnection connection, long id, boolean openedHere) {
        this.connection = connection;
        this.id = id;
        this.openedHere = openedHere;
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
    public synchronized void demand() {
        demanded = true;
        schedule();
    }

    @Override
    public boolean offer(byte[] bytes, int offset, int length, boolean last) {
        synchronized (this) {
            if (dead) {
                return true;
            }
        }
        if (connection.cut()) {
            return true;
        }
        MemoryStream receiver = other();
        if (!receiver.arrive(bytes, offset, length, last)) {
            return false;
        }
        if (last) {
            boolean done;
            synchronized (this) {
                sentLast = true;
                done = endDelivered;
            }
            if (done) {
                connection.done(this);
            }
        }
        return true;
    }

    private synchronized boolean arrive(byte[] bytes, int offset, int length, boolean last) {
        if (dead) {
            return true;
        }
        if (waitingBytes >= MAX_WAITING_BYTES) {
            senderWaits = true;
            return false;
        }
        if (!announced) {
            announced = true;
            connection.run(() -> connection.announced(this));
        }
        if (length > 0) {
            inbound.add(Arrays.copyOfRange(bytes, offset, offset + length));
            waitingBytes += length;
        }
        lastArrived |= last;
        schedule();
        return true;
    }

    private void schedule() {
        boolean something = !inbound.isEmpty() || (lastArrived && !endDelivered);
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
        boolean done;
        synchronized (this) {
            deliveryScheduled = false;
            receiver = sink;
            if (dead || receiver == null) {
                return;
            }
            bytes = inbound.poll();
            if (bytes != null) {
                demanded = false;
                waitingBytes -= bytes.length;
                wakeSender = senderWaits && waitingBytes < MAX_WAITING_BYTES / 2;
                senderWaits &= !wakeSender;
            }
            end = inbound.isEmpty() && lastArrived && !endDelivered;
            endDelivered |= end;
            done = end && sentLast;
        }
        if (bytes != null) {
            receiver.data(bytes);
        }
        if (end) {
            receiver.end();
        }
        if (done) {
            connection.done(this);
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
            StreamSink receiver;
            synchronized (this) {
                receiver = dead ? null : sink;
            }
            if (receiver != null) {
                receiver.writable();
            }
        });
    }

    @Override
    public void reset(long code) {
        if (!die()) {
            return;
        }
        connection.done(this);
        MemoryStream receiver = other();
        if (!connection.cut()) {
            receiver.fail(new StoqException(
                    StoqException.Code.STREAM_RESET,
                    Retry.WHOLE_OPERATION,
                    "the peer reset stream " + id + " with code " + code,
                    null,
                    Long.toString(code)));
        }
    }

    /** Fails this side; tells its reader and writer on the endpoint's thread. */
    void fail(StoqException reason) {
        connection.run(() -> {
            StreamSink receiver = sink;
            if (die()) {
                connection.done(this);
                if (receiver != null) {
                    receiver.failed(reason);
                }
            }
        });
    }

    private synchronized boolean die() {
        if (dead || (sentLast && endDelivered)) {
            dead = true;
            return false;
        }
        dead = true;
        inbound.clear();
        waitingBytes = 0;
        return true;
    }

    private MemoryStream other() {
        MemoryStream otherSide = other;
        if (otherSide == null) {
            throw new IllegalStateException("the stream is used before it was joined");
        }
        return otherSide;
    }
}
