package online.hypermesh.stoq.session;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** The writing half of a stream: writers wait, or asynchronous sends do, while the engine takes nothing. Thread-safe. */
final class Outlet {
    /** Blocking writes and sends are handed to the engine in pieces of this size. */
    private static final int PIECE_BYTES = 128 * 1024;

    private static final int MAX_SENDS = 1024;
    private static final long MAX_SEND_BYTES = 16L << 20;

    /** A send that waits for its turn. */
    private static final class Send {
        private final byte[] bytes;
        private final boolean last;
        private final CompletableFuture<Void> taken = new CompletableFuture<>();
        private int offset;
        private boolean begun;

        Send(byte[] bytes, boolean last) {
            this.bytes = bytes;
            this.last = last;
        }
    }

    private final BufferedStream stream;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable ArrayDeque<Send> sends;
    private long sendBytes;
    private boolean finished;
    private boolean blocked;
    private @Nullable StoqException failure;
    private @Nullable Runnable onWritable;
    private @Nullable Consumer<StoqException> onStopped;

    Outlet(BufferedStream stream) {
        this.stream = stream;
    }

    void write(byte[] bytes, int offset, int length, boolean last, Duration deadline) {
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
                            stream.peerName() + " did not take the bytes of stream " + stream.id()
                                    + " within the deadline");
                }
                changed.await(left, TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            throw BufferedStream.interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    boolean offer(byte[] bytes, int offset, int length, boolean last) {
        if (length < 0 || offset < 0 || offset > bytes.length - length) {
            throw new IllegalArgumentException(
                    "offset " + offset + ", length " + length + " is not within " + bytes.length + " bytes");
        }
        boolean taken;
        lock.lock();
        try {
            throwIfOver();
            ArrayDeque<Send> before = sends;
            taken = (before == null || before.isEmpty()) && stream.give(bytes, offset, length, last);
            blocked = !taken;
            finished = taken && last;
        } finally {
            lock.unlock();
        }
        if (taken && last) {
            stream.settle();
        }
        return taken;
    }

    private void throwIfOver() {
        if (failure != null) {
            throw BufferedStream.copyOf(failure);
        }
        if (finished) {
            throw new IllegalStateException("stream " + stream.id() + " was finished; nothing can follow");
        }
    }

    CompletableFuture<Void> send(byte[] bytes, boolean last) {
        Send send = new Send(bytes, last);
        lock.lock();
        try {
            throwIfOver();
            ArrayDeque<Send> queue = sends;
            if (queue == null) {
                queue = new ArrayDeque<>(4);
                sends = queue;
            }
            if (!queue.isEmpty() && queue.peekLast().last) {
                throw new IllegalStateException(
                        "the last send of stream " + stream.id() + " waits; nothing can follow");
            }
            if (queue.size() >= MAX_SENDS || (sendBytes > 0 && sendBytes + bytes.length > MAX_SEND_BYTES)) {
                throw new StoqException(
                        StoqException.Code.BUSY,
                        Retry.SAME_CALL,
                        queue.size() + " sends of " + sendBytes + " bytes wait on stream " + stream.id() + ", limits "
                                + MAX_SENDS + " and " + MAX_SEND_BYTES + "; wait for one to complete");
            }
            queue.add(send);
            sendBytes += bytes.length;
        } catch (StoqException e) {
            return CompletableFuture.failedFuture(e);
        } finally {
            lock.unlock();
        }
        send.taken.whenComplete((nothing, failed) -> {
            if (send.taken.isCancelled()) {
                cancel(send);
            }
        });
        pump();
        return send.taken;
    }

    private void cancel(Send send) {
        boolean torn;
        lock.lock();
        try {
            torn = send.begun;
            ArrayDeque<Send> queue = sends;
            if (!torn && queue != null && queue.remove(send)) {
                sendBytes -= send.bytes.length;
            }
        } finally {
            lock.unlock();
        }
        if (torn) {
            stream.resetSending(0);
        } else {
            pump();
        }
    }

    /** Hands waiting sends to the engine until it takes no more; true if none waits any more. */
    private boolean pump() {
        List<Send> complete = new ArrayList<>();
        boolean last = false;
        boolean empty;
        lock.lock();
        try {
            ArrayDeque<Send> queue = sends;
            while (queue != null && !queue.isEmpty() && failure == null) {
                Send head = queue.peek();
                int piece = Math.min(PIECE_BYTES, head.bytes.length - head.offset);
                boolean lastPiece = head.offset + piece == head.bytes.length;
                if (!stream.give(head.bytes, head.offset, piece, head.last && lastPiece)) {
                    blocked = true;
                    break;
                }
                head.begun = true;
                head.offset += piece;
                if (lastPiece) {
                    queue.remove();
                    sendBytes -= head.bytes.length;
                    complete.add(head);
                    last = head.last;
                    finished |= last;
                }
            }
            empty = queue == null || queue.isEmpty();
        } finally {
            lock.unlock();
        }
        complete.forEach(send -> send.taken.complete(null));
        if (last) {
            stream.settle();
        }
        return empty;
    }

    void onWritable(Runnable action) {
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

    void onStopped(Consumer<StoqException> action) {
        StoqException reason;
        lock.lock();
        try {
            reason = failure;
            if (reason == null) {
                onStopped = action;
                return;
            }
        } finally {
            lock.unlock();
        }
        action.accept(reason);
    }

    /** The engine takes bytes again. */
    void writable() {
        if (!pump()) {
            return;
        }
        Runnable action;
        lock.lock();
        try {
            blocked = false;
            action = woken();
        } finally {
            lock.unlock();
        }
        if (action != null) {
            action.run();
        }
    }

    /** Fails what follows. False if it had failed or finished before. */
    boolean fail(StoqException reason) {
        Runnable action;
        Consumer<StoqException> stopped;
        List<Send> waiting;
        lock.lock();
        try {
            if (failure != null || finished) {
                return false;
            }
            failure = reason;
            blocked = false;
            waiting = sends == null ? List.of() : new ArrayList<>(sends);
            sends = null;
            sendBytes = 0;
            action = woken();
            stopped = onStopped;
            onStopped = null;
        } finally {
            lock.unlock();
        }
        waiting.forEach(send -> send.taken.completeExceptionally(BufferedStream.copyOf(reason)));
        if (action != null) {
            action.run();
        }
        if (stopped != null) {
            stopped.accept(reason);
        }
        return true;
    }

    private @Nullable Runnable woken() {
        Runnable action = onWritable;
        onWritable = null;
        changed.signalAll();
        return action;
    }

    /** Whether nothing more will be written. */
    boolean done() {
        lock.lock();
        try {
            return finished || failure != null;
        } finally {
            lock.unlock();
        }
    }
}
