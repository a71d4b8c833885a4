package online.hypermesh.stoq.session;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.Arrived;
import org.jspecify.annotations.Nullable;

/** The reading half of a stream: a bounded number of bytes between the engine and the reader. Thread-safe. */
final class Inlet {
    /** More is demanded from the engine while fewer bytes than this wait for the reader. */
    private static final int DEMAND_BELOW_BYTES = 256 * 1024;

    /** Fewer bytes get an array of their own. */
    private static final int SHARED_FROM_BYTES = 8 * 1024;

    /** The stream of the hello has at most a frame of the largest size ahead of its reader. */
    private static final int NARROW_BYTES = 2 * HelloFrame.MAX_BYTES;

    /** What is to be done about the end that the peer told. */
    enum Ending {
        /** Nothing, or nothing yet. */
        NONE,
        /** All bytes before it are here, and the engine's word of it does not come. */
        REACHED,
        /** The stream itself says something else. */
        CONTRADICTED
    }

    private final BufferedStream stream;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** All but the last are full. */
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>(2);

    private int headOffset;

    /** How much of the last chunk is filled. */
    private int tailFilled;

    private int bufferedBytes;
    private boolean narrow;
    private boolean attached;
    private boolean demanded;
    private boolean held;
    private boolean ended;
    private long receivedBytes;
    private long endsAtBytes;
    private volatile boolean endTold;
    private boolean toldTwoEnds;
    private boolean endOverdue;
    private @Nullable StoqException failure;
    private @Nullable Runnable onReadable;
    private @Nullable Consumer<StoqException> onReset;

    Inlet(BufferedStream stream) {
        this.stream = stream;
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

    /** Takes whatever comes, so that it counts, and is {@link #flooded} when much of it waits. */
    void narrow() {
        lock.lock();
        try {
            narrow = true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether more waits than a narrow stream may have. */
    boolean flooded() {
        lock.lock();
        try {
            return narrow && bufferedBytes > NARROW_BYTES;
        } finally {
            lock.unlock();
        }
    }

    /** The engine's stream is known; whether to demand. */
    boolean attach() {
        lock.lock();
        try {
            attached = true;
            return wantsMore();
        } finally {
            lock.unlock();
        }
    }

    /** Lets a held stream flow; whether to demand. */
    boolean release() {
        lock.lock();
        try {
            held = false;
            return wantsMore();
        } finally {
            lock.unlock();
        }
    }

    private boolean wantsMore() {
        if (!attached || held || demanded || ended || failure != null || bufferedBytes >= DEMAND_BELOW_BYTES) {
            return false;
        }
        demanded = true;
        return true;
    }

    int read(byte[] buffer, int offset, int length, Duration deadline) {
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
                            "no bytes from " + stream.peerName() + " on stream " + stream.id()
                                    + " within the deadline");
                }
                left = changed.awaitNanos(left);
            }
            n = take(buffer, offset, length);
            demand = wantsMore();
        } catch (InterruptedException e) {
            throw BufferedStream.interrupted(e);
        } finally {
            lock.unlock();
        }
        stream.taken(n, demand);
        return n;
    }

    int readNow(byte[] buffer, int offset, int length) {
        int n;
        boolean demand;
        lock.lock();
        try {
            n = take(buffer, offset, length);
            demand = wantsMore();
        } finally {
            lock.unlock();
        }
        stream.taken(n, demand);
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
            int end = chunks.size() == 1 ? tailFilled : head.length;
            int n = Math.min(end - headOffset, length - filled);
            System.arraycopy(head, headOffset, buffer, offset + filled, n);
            filled += n;
            headOffset += n;
            if (headOffset == end) {
                chunks.poll();
                headOffset = 0;
                if (head.length == ChunkArrays.BYTES) {
                    ChunkArrays.SHARED.giveBack(head);
                }
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
            throw BufferedStream.copyOf(failure);
        }
        return 0;
    }

    void onReadable(Runnable action) {
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

    void onReset(Consumer<StoqException> action) {
        StoqException reason;
        lock.lock();
        try {
            reason = failure;
            if (reason == null) {
                onReset = action;
                return;
            }
        } finally {
            lock.unlock();
        }
        action.accept(reason);
    }

    /** Copies bytes of the engine's; whether to demand more. */
    boolean data(Arrived bytes) {
        boolean demand;
        Runnable action;
        lock.lock();
        try {
            demanded = false;
            if (failure != null) {
                return false;
            }
            int length = bytes.remaining();
            keep(bytes);
            bufferedBytes += length;
            receivedBytes += length;
            demand = wantsMore();
            action = woken();
        } finally {
            lock.unlock();
        }
        run(action);
        return demand;
    }

    private void keep(Arrived bytes) {
        byte[] tail = chunks.peekLast();
        if (tail != null && tailFilled < tail.length) {
            int n = Math.min(bytes.remaining(), tail.length - tailFilled);
            bytes.take(tail, tailFilled, n);
            tailFilled += n;
        }
        while (bytes.remaining() > 0) {
            int left = Math.min(bytes.remaining(), ChunkArrays.BYTES);
            byte[] used = left < SHARED_FROM_BYTES ? null : ChunkArrays.SHARED.take();
            byte[] chunk = used == null ? new byte[left < ChunkArrays.BYTES / 2 ? left : ChunkArrays.BYTES] : used;
            bytes.take(chunk, 0, left);
            chunks.add(chunk);
            tailFilled = left;
        }
    }

    /** Bytes from the engine, the stream's own from now on; whether to demand more. */
    boolean data(byte[] bytes) {
        if (roomLeft()) {
            return data(new ArrivedArray(bytes));
        }
        boolean demand;
        Runnable action;
        lock.lock();
        try {
            demanded = false;
            if (failure != null) {
                return false;
            }
            chunks.add(bytes);
            tailFilled = bytes.length;
            bufferedBytes += bytes.length;
            receivedBytes += bytes.length;
            demand = wantsMore();
            action = woken();
        } finally {
            lock.unlock();
        }
        run(action);
        return demand;
    }

    private boolean roomLeft() {
        lock.lock();
        try {
            byte[] tail = chunks.peekLast();
            return tail != null && tailFilled < tail.length;
        } finally {
            lock.unlock();
        }
    }

    void end() {
        Runnable action;
        lock.lock();
        try {
            ended = true;
            action = woken();
        } finally {
            lock.unlock();
        }
        run(action);
    }

    /** The peer said where its direction ends; whether the engine is still to say that it has. */
    boolean endsAt(long bytes) {
        lock.lock();
        try {
            toldTwoEnds |= endTold && endsAtBytes != bytes;
            endsAtBytes = bytes;
            endTold = true;
            return !ended && failure == null;
        } finally {
            lock.unlock();
        }
    }

    /** The engine had its time to say that the stream has ended where the peer told. */
    void overdue() {
        lock.lock();
        try {
            endOverdue = true;
        } finally {
            lock.unlock();
        }
    }

    /** What is to be done about the end that the peer told, if it told one. */
    Ending ending() {
        if (!endTold) {
            return Ending.NONE;
        }
        lock.lock();
        try {
            if (failure != null) {
                return Ending.NONE;
            }
            if (toldTwoEnds || receivedBytes > endsAtBytes || ended && receivedBytes != endsAtBytes) {
                return Ending.CONTRADICTED;
            }
            return endOverdue && !ended && receivedBytes == endsAtBytes ? Ending.REACHED : Ending.NONE;
        } finally {
            lock.unlock();
        }
    }

    /** Fails what follows; bytes that wait are lost if they are discarded. False if it had failed or ended before. */
    boolean fail(StoqException reason, boolean discard) {
        Runnable action;
        Consumer<StoqException> reset;
        lock.lock();
        try {
            if (failure != null || (ended && !discard) || (ended && bufferedBytes == 0)) {
                return false;
            }
            failure = reason;
            if (discard) {
                chunks.clear();
                bufferedBytes = 0;
                headOffset = 0;
                ended = false;
            }
            action = woken();
            reset = onReset;
            onReset = null;
        } finally {
            lock.unlock();
        }
        run(action);
        if (reset != null) {
            reset.accept(reason);
        }
        return true;
    }

    private @Nullable Runnable woken() {
        Runnable action = onReadable;
        onReadable = null;
        changed.signalAll();
        return action;
    }

    private static void run(@Nullable Runnable action) {
        if (action != null) {
            action.run();
        }
    }

    /** Whether nothing more will be read. */
    boolean done() {
        lock.lock();
        try {
            return failure != null || (ended && bufferedBytes == 0);
        } finally {
            lock.unlock();
        }
    }
}
