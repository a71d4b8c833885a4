package online.hypermesh.stoq.kwik;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;
import tech.kwik.core.QuicStream;

/**
 * A stream over Kwik's blocking one: a thread reads while there is demand, a thread writes while bytes wait. What surely fits
 * Kwik's buffer is written on the offering thread. Thread-safe.
 */
final class KwikStream implements RawStream {
    /** Offers are refused while at least so many bytes wait for the peer. */
    private static final int MAX_WAITING_BYTES = 1 << 20;

    /** A refused offer is worth repeating when fewer wait. */
    private static final int WRITABLE_BELOW_BYTES = MAX_WAITING_BYTES / 2;

    /** So many bytes in all fit Kwik's buffer of 50 KiB whatever became of them, so writing them never blocks. */
    private static final int NEVER_BLOCKS_BYTES = 48 * 1024;

    private static final int MIN_READ_BYTES = 1232;
    private static final int MAX_READ_BYTES = 64 * 1024;
    private static final byte[] NOTHING = {};

    private final KwikConnection connection;
    private final ReentrantLock lock = new ReentrantLock();

    /** Held during every event, so that they come one at a time; never taken by a caller. */
    private final ReentrantLock events = new ReentrantLock();

    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>(2);
    private volatile @Nullable QuicStream stream;
    private volatile @Nullable StreamSink sink;
    private volatile boolean over;
    private long handedBytes;
    private int waitingBytes;
    private boolean requested;
    private boolean refused;
    private boolean writing;
    private boolean lastTaken;
    private boolean outputEnded;
    private boolean demanded;
    private boolean reading;
    private boolean inputEnded;

    private KwikStream(KwikConnection connection) {
        this.connection = connection;
    }

    /** A stream of this side; it is made at the peer's with the first bytes. */
    static KwikStream outbound(KwikConnection connection, StreamSink sink) {
        KwikStream stream = new KwikStream(connection);
        stream.sink = sink;
        return stream;
    }

    /** A stream that the peer opened; its events wait for {@link #deliverTo}. */
    static KwikStream inbound(KwikConnection connection, QuicStream made) {
        KwikStream stream = new KwikStream(connection);
        stream.stream = made;
        stream.requested = true;
        return stream;
    }

    void deliverTo(StreamSink receiver) {
        boolean read;
        lock.lock();
        try {
            sink = receiver;
            read = startReading();
        } finally {
            lock.unlock();
        }
        if (read) {
            connection.execute(this::read);
        }
    }

    /** Kwik allows the stream; what was offered before goes out now. */
    void adopt(QuicStream made) {
        boolean dead;
        boolean write = false;
        boolean read = false;
        lock.lock();
        try {
            dead = over;
            stream = made;
            if (!dead) {
                connection.register(made.getStreamId(), this);
                if (waitingBytes <= KwikSettings.WRITE_PIECE_BYTES) {
                    handOverWaiting(made.getOutputStream());
                } else {
                    write = startWriting();
                }
                read = startReading();
            }
        } finally {
            lock.unlock();
        }
        if (dead) {
            release(made, false, false, 0);
            return;
        }
        if (write) {
            connection.execute(this::write);
        }
        if (read) {
            connection.execute(this::read);
        }
    }

    /** Nobody is interested any more; Kwik need not make it. */
    boolean givenUp() {
        return over;
    }

    @Override
    public long id() {
        QuicStream made = stream;
        return made == null ? -1 : made.getStreamId();
    }

    @Override
    public void demand() {
        boolean read;
        lock.lock();
        try {
            demanded = true;
            read = startReading();
        } finally {
            lock.unlock();
        }
        if (read) {
            connection.execute(this::read);
        }
    }

    private boolean startReading() {
        if (!demanded || reading || inputEnded || over || stream == null || sink == null) {
            return false;
        }
        reading = true;
        return true;
    }

    @Override
    public boolean offer(byte[] bytes, int offset, int length, boolean last) {
        boolean open = false;
        boolean write = false;
        boolean ended = false;
        lock.lock();
        try {
            if (over) {
                return true;
            }
            if (waitingBytes >= MAX_WAITING_BYTES) {
                refused = true;
                return false;
            }
            QuicStream made = stream;
            lastTaken |= last;
            if (made != null && neverBlocks(length)) {
                ended = handOver(made.getOutputStream(), bytes, offset, length, last);
            } else {
                if (length > 0) {
                    waiting.add(Arrays.copyOfRange(bytes, offset, offset + length));
                    waitingBytes += length;
                }
                if (made == null) {
                    open = !requested;
                    requested = true;
                } else {
                    write = startWriting();
                }
            }
        } finally {
            lock.unlock();
        }
        if (open) {
            connection.make(this);
        }
        if (write) {
            connection.execute(this::write);
        }
        if (ended) {
            connection.done(this);
        }
        return true;
    }

    private boolean neverBlocks(int length) {
        return !writing
                && waiting.isEmpty()
                && length <= KwikSettings.WRITE_PIECE_BYTES
                && handedBytes + length <= NEVER_BLOCKS_BYTES;
    }

    /** Under the lock; says whether both directions have ended now. */
    private boolean handOver(OutputStream out, byte[] bytes, int offset, int length, boolean last) {
        try {
            if (length > 0) {
                out.write(bytes, offset, length);
                handedBytes += length;
            }
            if (last) {
                outputEnded = true;
                out.close();
            }
        } catch (IOException e) {
            connection.broken(this, e);
        }
        return outputEnded && inputEnded;
    }

    private void handOverWaiting(OutputStream out) {
        byte[] chunk = waiting.poll();
        while (chunk != null) {
            waitingBytes -= chunk.length;
            handOver(out, chunk, 0, chunk.length, false);
            chunk = waiting.poll();
        }
        if (lastTaken && !outputEnded) {
            handOver(out, NOTHING, 0, 0, true);
        }
    }

    private boolean startWriting() {
        if (writing || outputEnded || waiting.isEmpty() && !lastTaken) {
            return false;
        }
        writing = true;
        return true;
    }

    /** Writes until nothing waits; on a thread of its own. */
    private void write() {
        QuicStream made = stream;
        if (made == null) {
            throw new IllegalStateException("a stream is written before it is made");
        }
        OutputStream out = made.getOutputStream();
        Thread.interrupted();
        try (WriteWatch.Writer writer = connection.watch()) {
            byte[] chunk = nextChunk();
            while (chunk != null) {
                for (int at = 0; at < chunk.length; at += KwikSettings.WRITE_PIECE_BYTES) {
                    writePiece(out, chunk, at, Math.min(KwikSettings.WRITE_PIECE_BYTES, chunk.length - at), writer);
                }
                if (written(chunk.length)) {
                    announce(StreamSink::writable);
                }
                chunk = nextChunk();
            }
        } catch (IOException e) {
            connection.broken(this, e);
        }
    }

    /** What to write next; null if there is nothing, and then the writer has stopped and the stream ended if it was to. */
    private byte @Nullable [] nextChunk() throws IOException {
        boolean done;
        lock.lock();
        try {
            byte[] chunk = waiting.peek();
            if (chunk != null && !over) {
                return chunk;
            }
            writing = false;
            QuicStream made = stream;
            if (over || !lastTaken || outputEnded || made == null) {
                return null;
            }
            outputEnded = true;
            made.getOutputStream().close();
            done = inputEnded;
        } finally {
            lock.unlock();
        }
        if (done) {
            connection.done(this);
        }
        return null;
    }

    private boolean written(int length) {
        lock.lock();
        try {
            if (over) {
                return false;
            }
            waiting.poll();
            waitingBytes -= length;
            handedBytes += length;
            boolean wake = refused && waitingBytes < WRITABLE_BELOW_BYTES;
            refused &= !wake;
            return wake;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes what Kwik takes whole or not at all. A write that was woken took nothing; an empty one then puts back the request
     * to send that Kwik may have lost. Bytes must follow an empty write, or Kwik never ends the stream: they do, here.
     */
    private void writePiece(OutputStream out, byte[] bytes, int offset, int length, WriteWatch.Writer writer)
            throws IOException {
        writer.begin();
        while (true) {
            try {
                out.write(bytes, offset, length);
                writer.end();
                return;
            } catch (InterruptedIOException e) {
                writer.disarm();
                out.write(NOTHING, 0, 0);
                writer.again();
            } catch (IOException e) {
                writer.disarm();
                throw e;
            }
        }
    }

    /** Reads while there is demand; on a thread of its own. */
    private void read() {
        QuicStream made = stream;
        if (made == null) {
            throw new IllegalStateException("a stream is read before it is made");
        }
        InputStream in = made.getInputStream();
        Thread.interrupted();
        try {
            while (takeDemand()) {
                byte[] buffer = new byte[Math.min(Math.max(in.available(), MIN_READ_BYTES), MAX_READ_BYTES)];
                int n = in.read(buffer, 0, buffer.length);
                Thread.interrupted();
                if (n < 0) {
                    endInput();
                    return;
                }
                byte[] bytes = n == buffer.length ? buffer : Arrays.copyOf(buffer, n);
                announce(receiver -> receiver.data(bytes));
            }
        } catch (IOException e) {
            connection.broken(this, e);
        }
    }

    private boolean takeDemand() {
        lock.lock();
        try {
            boolean go = demanded && !over && !inputEnded;
            demanded = false;
            reading = go;
            return go;
        } finally {
            lock.unlock();
        }
    }

    private void endInput() {
        boolean done;
        lock.lock();
        try {
            inputEnded = true;
            reading = false;
            done = outputEnded;
        } finally {
            lock.unlock();
        }
        announce(StreamSink::end);
        if (done) {
            connection.done(this);
        }
    }

    private void announce(Consumer<StreamSink> event) {
        events.lock();
        try {
            StreamSink receiver = sink;
            if (!over && receiver != null) {
                event.accept(receiver);
            }
        } finally {
            events.unlock();
        }
    }

    @Override
    public void reset(long code) {
        giveUp(code);
    }

    /** Fails both directions; comes without effect when the stream is over. */
    void fail(StoqException reason) {
        if (!giveUp(0)) {
            return;
        }
        connection.execute(() -> {
            events.lock();
            try {
                StreamSink receiver = sink;
                if (receiver != null) {
                    receiver.failed(reason);
                }
            } finally {
                events.unlock();
            }
        });
    }

    private boolean giveUp(long code) {
        boolean sent;
        boolean received;
        lock.lock();
        try {
            if (over) {
                return false;
            }
            over = true;
            waiting.clear();
            waitingBytes = 0;
            sent = outputEnded;
            received = inputEnded;
        } finally {
            lock.unlock();
        }
        connection.done(this);
        QuicStream made = stream;
        if (made != null) {
            release(made, sent, received, code);
        }
        return !(sent && received);
    }

    /** Ends what is not ended, each direction once: Kwik counts a second end as a second stream. */
    private static void release(QuicStream made, boolean sent, boolean received, long code) {
        if (!sent) {
            made.resetStream(code);
        }
        if (!received) {
            made.abortReading(code);
        }
    }
}
