package online.hypermesh.stoq.session;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/** Turns an engine's events into reads with deadlines and holds a bounded number of bytes in between. Thread-safe. */
final class BufferedStream implements Stream, StreamSink {
    /** More is demanded from the engine while fewer bytes than this wait for the reader. */
    private static final int DEMAND_BELOW_BYTES = 256 * 1024;

    /** Blocking writes are handed to the engine in pieces of this size. */
    private static final int PIECE_BYTES = 128 * 1024;

    private final AuthenticatedConnection connection;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>(4);
    private @Nullable RawStream raw;
    private int headOffset;
    private int bufferedBytes;
    private boolean demanded;
    private boolean held;
    private boolean ended;
    private boolean finished;
    private boolean blocked;
    private @Nullable StoqException failure;
    private @Nullable Runnable onReadable;
    private @Nullable Runnable onWritable;

    BufferedStream(AuthenticatedConnection connection) {
        this.connection = connection;
    }

    /** Keeps the stream from taking any byte until {@link #release()}; the peer's flow control then stops it. */
    void hold() {
        lock.lock();
        try {
            held = true;
        } finally {
            lock.unlock();
        }
    }

    /** Couples the stream to the engine's and lets it flow, unless it is held. */
    void attach(RawStream engineStream) {
        boolean demand;
        lock.lock();
        try {
            raw = engineStream;
            demand = wantsMore();
        } finally {
            lock.unlock();
        }
        if (demand) {
            engineStream.demand();
        }
    }

    /** Lets a held stream flow. */
    void release() {
        RawStream engineStream;
        boolean demand;
        lock.lock();
        try {
            held = false;
            engineStream = raw;
            demand = engineStream != null && wantsMore();
        } finally {
            lock.unlock();
        }
        if (engineStream != null && demand) {
            engineStream.demand();
        }
    }

    @Override
    public long id() {
        return raw().id();
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public int read(byte[] buffer, int offset, int length, Duration deadline) {
        long left = deadline.toNanos();
        int n;
        boolean demand;
        lock.lock();
        try {
            while (bufferedBytes == 0 && !ended && failure == null) {
                if (left <= 0) {
                    throw new StoqException(
                            StoqException.Code.TIMEOUT,
                            Retry.WHOLE_OPERATION,
                            "no bytes from " + connection.peerName() + " on stream " + id() + " within the deadline");
                }
                left = changed.awaitNanos(left);
            }
            n = take(buffer, offset, length);
            demand = wantsMore();
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            lock.unlock();
        }
        if (demand) {
            raw().demand();
        }
        return n;
    }

    @Override
    public int readNow(byte[] buffer, int offset, int length) {
        int n;
        boolean demand;
        lock.lock();
        try {
            n = take(buffer, offset, length);
            demand = wantsMore();
        } finally {
            lock.unlock();
        }
        if (demand) {
            raw().demand();
        }
        return n;
    }

    private int take(byte[] buffer, int offset, int length) {
        if (length < 1 || offset < 0 || offset > buffer.length - length) {
            throw new IllegalArgumentException("no room to read: offset " + offset + ", length " + length
                    + ", buffer of " + buffer.length + " bytes");
        }
        int filled = 0;
        while (filled < length) {
            byte[] head = chunks.peek();
            if (head == null) {
                break;
            }
            int n = Math.min(head.length - headOffset, length - filled);
            System.arraycopy(head, headOffset, buffer, offset + filled, n);
            filled += n;
            headOffset += n;
            if (headOffset == head.length) {
                chunks.poll();
                headOffset = 0;
            }
        }
        bufferedBytes -= filled;
        if (filled > 0) {
            return filled;
        }
        if (ended) {
            return -1;
        }
        if (failure != null) {
            throw copyOf(failure);
        }
        return 0;
    }

    private boolean wantsMore() {
        if (held || demanded || ended || failure != null || bufferedBytes >= DEMAND_BELOW_BYTES) {
            return false;
        }
        demanded = true;
        return true;
    }

    @Override
    public void onReadable(Runnable action) {
        lock.lock();
        try {
            if (bufferedBytes == 0 && !ended && failure == null) {
                onReadable = action;
                return;
            }
        } finally {
            lock.unlock();
        }
        action.run();
    }

    @Override
    public void write(byte[] bytes, int offset, int length, boolean last, Duration deadline) {
        long end = System.nanoTime() + deadline.toNanos();
        int done = 0;
        do {
            int piece = Math.min(PIECE_BYTES, length - done);
            boolean lastPiece = last && done + piece == length;
            while (!offer(bytes, offset + done, piece, lastPiece)) {
                awaitWritable(end);
            }
            done += piece;
        } while (done < length);
    }

    private void awaitWritable(long endNanos) {
        lock.lock();
        try {
            while (blocked && failure == null) {
                long left = endNanos - System.nanoTime();
                if (left <= 0) {
                    throw new StoqException(
                            StoqException.Code.TIMEOUT,
                            Retry.WHOLE_OPERATION,
                            connection.peerName() + " did not take the bytes of stream " + id()
                                    + " within the deadline");
                }
                changed.await(left, TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean offer(byte[] bytes, int offset, int length, boolean last) {
        if (length < 0 || offset < 0 || offset > bytes.length - length) {
            throw new IllegalArgumentException(
                    "offset " + offset + ", length " + length + " is not within " + bytes.length + " bytes");
        }
        lock.lock();
        try {
            if (failure != null) {
                throw copyOf(failure);
            }
            if (finished) {
                throw new IllegalStateException("stream " + id() + " was finished; nothing can follow");
            }
            boolean taken = raw().offer(bytes, offset, length, last);
            blocked = !taken;
            finished = taken && last;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onWritable(Runnable action) {
        lock.lock();
        try {
            if (blocked && failure == null) {
                onWritable = action;
                return;
            }
        } finally {
            lock.unlock();
        }
        action.run();
    }

    @Override
    public void reset(long code) {
        RawStream engineStream = raw();
        fail(
                new StoqException(
                        StoqException.Code.CLOSED, Retry.WHOLE_OPERATION, "stream " + id() + " was reset by this side"),
                true);
        engineStream.reset(code);
    }

    @Override
    public void data(byte[] bytes) {
        connection.heard();
        boolean demand;
        Runnable action;
        lock.lock();
        try {
            demanded = false;
            if (failure != null) {
                return;
            }
            chunks.add(bytes);
            bufferedBytes += bytes.length;
            demand = wantsMore();
            action = onReadable;
            onReadable = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (demand) {
            raw().demand();
        }
        if (action != null) {
            action.run();
        }
    }

    @Override
    public void end() {
        Runnable action;
        lock.lock();
        try {
            ended = true;
            action = onReadable;
            onReadable = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (action != null) {
            action.run();
        }
    }

    @Override
    public void writable() {
        Runnable action;
        lock.lock();
        try {
            blocked = false;
            action = onWritable;
            onWritable = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (action != null) {
            action.run();
        }
    }

    @Override
    public void failed(StoqException reason) {
        fail(connection.closed().orElse(reason), reason.code() == StoqException.Code.STREAM_RESET);
    }

    private void fail(StoqException reason, boolean discard) {
        Runnable readable;
        Runnable writable;
        lock.lock();
        try {
            if (failure != null) {
                return;
            }
            failure = reason;
            blocked = false;
            if (discard) {
                chunks.clear();
                bufferedBytes = 0;
                ended = false;
            }
            readable = onReadable;
            writable = onWritable;
            onReadable = null;
            onWritable = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (readable != null) {
            readable.run();
        }
        if (writable != null) {
            writable.run();
        }
    }

    private RawStream raw() {
        RawStream engineStream = raw;
        if (engineStream == null) {
            throw new IllegalStateException("the stream is used before it was opened");
        }
        return engineStream;
    }

    /** The same failure with the stack of the thread that meets it. */
    static StoqException copyOf(StoqException reason) {
        return new StoqException(reason.code(), reason.retry(), messageOf(reason), reason, reason.remoteCode());
    }

    static String messageOf(Throwable reason) {
        String message = reason.getMessage();
        return message == null ? reason.getClass().getSimpleName() : message;
    }

    static StoqException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new StoqException(
                StoqException.Code.INTERRUPTED, Retry.SAME_CALL, "the thread was interrupted while waiting", cause);
    }
}
