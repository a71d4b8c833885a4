package online.hypermesh.stoq.kwik;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;
import tech.kwik.core.QuicConnection;
import tech.kwik.core.QuicStream;

/**
 * Makes streams of one kind without ever blocking the caller: Kwik's call waits until the peer allows another stream, so it runs on a
 * thread of its own, one stream ahead. Streams are given out in the order of their numbers. Thread-safe.
 */
final class StreamOpener {
    /** Streams that wait for the peer to allow them. */
    private static final int MAX_WAITING_STREAMS = 4096;

    private final KwikConnection connection;
    private final boolean bidirectional;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<KwikStream> waiting = new ArrayDeque<>();
    private @Nullable QuicStream spare;
    private @Nullable Thread opening;
    private boolean running;
    private boolean ended;

    StreamOpener(KwikConnection connection, boolean bidirectional) {
        this.connection = connection;
        this.bidirectional = bidirectional;
    }

    /** Makes the stream now or as soon as the peer allows it. */
    void make(KwikStream stream) {
        QuicStream made = null;
        StoqException failure = null;
        boolean run = false;
        lock.lock();
        try {
            if (ended) {
                failure = connection.reason();
            } else if (waiting.isEmpty() && spare != null) {
                made = spare;
                spare = null;
            } else if (waiting.size() < MAX_WAITING_STREAMS) {
                waiting.add(stream);
            } else {
                failure = new StoqException(
                        StoqException.Code.BUSY,
                        Retry.SAME_CALL,
                        MAX_WAITING_STREAMS + " streams wait already for " + connection.remoteAddress()
                                + " to allow more");
            }
            if (!running && !ended) {
                running = true;
                run = true;
            }
        } finally {
            lock.unlock();
        }
        if (made != null) {
            stream.adopt(made);
        }
        if (failure != null) {
            stream.fail(failure);
        }
        if (run) {
            connection.execute(this::run);
        }
    }

    private void run() {
        QuicConnection quic = connection.quic();
        Thread.interrupted();
        lock.lock();
        try {
            if (ended) {
                return;
            }
            opening = Thread.currentThread();
        } finally {
            lock.unlock();
        }
        try {
            while (place(quic.createStream(bidirectional))) {
                // until one is ahead
            }
        } catch (IOException e) {
            connection.gone();
        } catch (RuntimeException e) {
            // what Kwik throws, without a message, when its wait is interrupted: the connection has ended
            if (!hasEnded()) {
                throw e;
            }
        } finally {
            lock.lock();
            try {
                opening = null;
            } finally {
                lock.unlock();
            }
            Thread.interrupted();
        }
    }

    private boolean hasEnded() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the stream to who waits longest; false if nobody did, and it was laid aside. */
    private boolean place(QuicStream made) {
        KwikStream target;
        lock.lock();
        try {
            do {
                target = waiting.poll();
            } while (target != null && target.givenUp());
            if (target == null) {
                spare = made;
                running = false;
                return false;
            }
        } finally {
            lock.unlock();
        }
        target.adopt(made);
        return true;
    }

    /** Nothing can be opened any more. */
    void end(StoqException reason) {
        ArrayDeque<KwikStream> failed;
        lock.lock();
        try {
            ended = true;
            failed = new ArrayDeque<>(waiting);
            waiting.clear();
            if (opening != null) {
                opening.interrupt();
            }
        } finally {
            lock.unlock();
        }
        failed.forEach(stream -> stream.fail(reason));
    }
}
