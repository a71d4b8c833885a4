package online.hypermesh.stoq.kwik;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
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
    /** So many bytes in all fit Kwik's buffer of 50 KiB whatever became of them, so writing them never blocks. */
    private static final int NEVER_BLOCKS_BYTES = 48 * 1024;

    private static final int MIN_READ_BYTES = 1232;
    private static final int MAX_READ_BYTES = 64 * 1024;
    private static final byte[] NOTHING = {};

    private final KwikConnection connection;
    private final boolean unidirectional;
    private final boolean openedHere;
    private final int maxWaitingBytes;
    private final ReentrantLock lock = new ReentrantLock();

    /** Held during every event, so that they come one at a time; never taken by a caller. */
    private final ReentrantLock events = new ReentrantLock();

    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>(2);
    private volatile @Nullable QuicStream stream;
    private volatile @Nullable StreamSink sink;

    /** Given up or failed as a whole; no event follows. */
    private volatile boolean over;

    private volatile boolean outputOver;
    private volatile boolean inputOver;
    private long handedBytes;
    private int waitingBytes;
    private boolean requested;
    private boolean refused;
    private boolean writing;
    private boolean lastTaken;
    private boolean demanded;
    private boolean reading;

    /** Under the lock of events. */
    private boolean openedTold;

    private KwikStream(KwikConnection connection, boolean unidirectional, boolean openedHere) {
        this.connection = connection;
        this.unidirectional = unidirectional;
        this.openedHere = openedHere;
        this.maxWaitingBytes = connection.limits().sendBufferBytes();
        this.inputOver = unidirectional && openedHere;
        this.outputOver = unidirectional && !openedHere;
    }

    /** A stream of this side; it is made at the peer's with the first bytes. */
    static KwikStream outbound(KwikConnection connection, boolean unidirectional, StreamSink sink) {
        KwikStream stream = new KwikStream(connection, unidirectional, true);
        stream.sink = sink;
        return stream;
    }

    /** A stream that the peer opened; its events wait for {@link #deliverTo}. */
    static KwikStream inbound(KwikConnection connection, QuicStream made) {
        KwikStream stream = new KwikStream(connection, made.isUnidirectional(), false);
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

    /** Kwik allows the stream; what was offered before goes out now, and what was given up before is given up there. */
    void adopt(QuicStream made) {
        boolean write = false;
        boolean read;
        boolean sent = false;
        boolean sends;
        boolean receives;
        lock.lock();
        try {
            stream = made;
            connection.register(made.getStreamId(), this);
            sends = !over && !outputOver;
            receives = unidirectional || !over && !inputOver;
            if (sends && waitingBytes <= KwikSettings.WRITE_PIECE_BYTES) {
                sent = handOverWaiting(made.getOutputStream());
            } else if (sends) {
                write = startWriting();
            }
            read = startReading();
        } finally {
            lock.unlock();
        }
        release(new Unfinished(!sends, !receives), 0);
        if (over || sent) {
            connection.done(this);
        }
        if (write) {
            connection.execute(this::write);
        }
        // the reader tells first that the stream is open
        connection.execute(read ? this::read : () -> announce(receiver -> {}));
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
    public boolean unidirectional() {
        return unidirectional;
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
        if (!demanded || reading || inputOver || over || stream == null || sink == null) {
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
            if (over || outputOver || lastTaken) {
                return true;
            }
            if (waitingBytes >= maxWaitingBytes) {
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

    /** Under the lock; says whether both directions are over now. */
    private boolean handOver(OutputStream out, byte[] bytes, int offset, int length, boolean last) {
        try {
            if (length > 0) {
                out.write(bytes, offset, length);
                handedBytes += length;
            }
            if (last) {
                outputOver = true;
                out.close();
            }
        } catch (IOException e) {
            connection.broken(this, true, e);
        }
        return last && inputOver;
    }

    private boolean handOverWaiting(OutputStream out) {
        byte[] chunk = waiting.poll();
        while (chunk != null) {
            waitingBytes -= chunk.length;
            handOver(out, chunk, 0, chunk.length, false);
            chunk = waiting.poll();
        }
        return lastTaken && handOver(out, NOTHING, 0, 0, true);
    }

    private boolean startWriting() {
        if (writing || outputOver || waiting.isEmpty() && !lastTaken) {
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
            connection.broken(this, true, e);
        }
    }

    /** What to write next; null if there is nothing, and then the writer has stopped and the stream ended if it was to. */
    private byte @Nullable [] nextChunk() throws IOException {
        boolean done;
        lock.lock();
        try {
            byte[] chunk = waiting.peek();
            if (chunk != null && !over && !outputOver) {
                return chunk;
            }
            writing = false;
            QuicStream made = stream;
            if (over || outputOver || !lastTaken || made == null) {
                return null;
            }
            outputOver = true;
            made.getOutputStream().close();
            done = inputOver;
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
            if (over || outputOver) {
                return false;
            }
            waiting.poll();
            waitingBytes -= length;
            handedBytes += length;
            boolean wake = refused && waitingBytes < maxWaitingBytes / 2;
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
        announce(receiver -> {});
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
                announce(receiver -> {
                    if (!inputOver) {
                        receiver.data(bytes);
                    }
                });
            }
        } catch (IOException e) {
            connection.broken(this, false, e);
        }
    }

    private boolean takeDemand() {
        lock.lock();
        try {
            boolean go = demanded && !over && !inputOver;
            demanded = false;
            reading = go;
            return go;
        } finally {
            lock.unlock();
        }
    }

    private void endInput() {
        if (closeInput()) {
            announce(StreamSink::end);
            finishIfOver();
        }
    }

    private boolean closeInput() {
        lock.lock();
        try {
            reading = false;
            if (over || inputOver) {
                return false;
            }
            inputOver = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean closeOutput() {
        lock.lock();
        try {
            if (over || outputOver) {
                return false;
            }
            outputOver = true;
            waiting.clear();
            waitingBytes = 0;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void finishIfOver() {
        if (inputOver && outputOver) {
            connection.done(this);
        }
    }

    /** Tells the sink something, after having told it that the stream is open. */
    private void announce(Consumer<StreamSink> event) {
        events.lock();
        try {
            StreamSink receiver = sink;
            if (over || receiver == null) {
                return;
            }
            if (openedHere && !openedTold) {
                openedTold = true;
                receiver.opened();
            }
            event.accept(receiver);
        } finally {
            events.unlock();
        }
    }

    /** The peer gave up sending, and Kwik has acted on it. */
    void peerReset(OptionalLong code) {
        if (closeInput()) {
            announce(receiver -> receiver.reset(code));
            finishIfOver();
        }
    }

    /** The peer wants no more, and Kwik has acted on it. */
    void peerStopped(OptionalLong code) {
        if (closeOutput()) {
            announce(receiver -> receiver.stopped(code));
            finishIfOver();
        }
    }

    /** Whether nothing is expected of Kwik's side of a direction any more. */
    boolean settled(boolean output) {
        return over || (output ? outputOver : inputOver);
    }

    @Override
    public void resetSending(long code) {
        if (closeOutput()) {
            QuicStream made = stream;
            if (made != null) {
                made.resetStream(code);
            }
            finishIfOver();
        }
    }

    @Override
    public void stopSending(long code) {
        if (closeInput()) {
            QuicStream made = stream;
            if (made != null) {
                made.abortReading(code);
            }
            finishIfOver();
        }
    }

    /** Fails both directions because the connection has ended or has no place; without effect when the stream is over. */
    void fail(StoqException reason) {
        Optional<Unfinished> left = giveUp();
        if (left.isEmpty()) {
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
        // Kwik wakes who waits in a stream when the connection ends; this wakes who came after that, and tells the peer
        // nothing
        connection.later(() -> release(left.get(), 0));
    }

    @Override
    public void reset(long code) {
        giveUp().ifPresent(left -> release(left, code));
    }

    /** The directions that had not ended when the stream was given up. */
    private record Unfinished(boolean output, boolean input) {}

    /** Empty if there is nothing left to give up. */
    private Optional<Unfinished> giveUp() {
        Unfinished left;
        lock.lock();
        try {
            if (over) {
                return Optional.empty();
            }
            over = true;
            waiting.clear();
            waitingBytes = 0;
            left = new Unfinished(!outputOver, !inputOver);
        } finally {
            lock.unlock();
        }
        connection.done(this);
        return left.output() || left.input() ? Optional.of(left) : Optional.empty();
    }

    /** Ends in Kwik what has not ended, each direction once: Kwik counts a second end as a second stream. */
    private void release(Unfinished left, long code) {
        QuicStream made = stream;
        if (made != null && left.output()) {
            made.resetStream(code);
        }
        if (made != null && left.input()) {
            made.abortReading(code);
        }
    }
}
