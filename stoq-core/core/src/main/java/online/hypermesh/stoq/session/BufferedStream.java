package online.hypermesh.stoq.session;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.Arrived;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/**
 * Turns an engine's events into reads and writes with deadlines. A unidirectional stream is handed out as the one half that
 * it has. Thread-safe.
 */
final class BufferedStream implements Stream, StreamSink {
    private final EngineConnection connection;
    private final Inlet inlet = new Inlet(this);
    private final Outlet outlet = new Outlet(this);
    private final boolean readable;
    private final boolean writable;
    private final AtomicBoolean settled = new AtomicBoolean();
    private final @Nullable CompletableFuture<Void> opening;
    private volatile @Nullable RawStream raw;

    /** What the peer gave up its direction with: whoever gives up both does so with one code. */
    private volatile OptionalLong resetCode = OptionalLong.empty();

    /** Reads if {@code readable}, writes if {@code writable}; {@code opening} is told when the peer allows the stream. */
    BufferedStream(
            EngineConnection connection,
            boolean readable,
            boolean writable,
            @Nullable CompletableFuture<Void> opening) {
        this.connection = connection;
        this.readable = readable;
        this.writable = writable;
        this.opening = opening;
    }

    /** Keeps the stream from taking any byte until {@link #release()}; the peer's flow control then stops it. */
    void hold() {
        inlet.hold();
    }

    /** Ends the connection when more bytes wait for the reader than the hello ever needs. */
    void narrow() {
        inlet.narrow();
    }

    /** Couples the stream to the engine's and lets it flow, unless it is held. */
    void attach(RawStream engineStream) {
        raw = engineStream;
        if (readable && inlet.attach()) {
            engineStream.demand();
        }
    }

    /** Lets a held stream flow. */
    void release() {
        if (readable && inlet.release()) {
            raw().demand();
        }
    }

    String peerName() {
        return connection.peerName();
    }

    @Override
    public long id() {
        return raw().id();
    }

    @Override
    public QuicConnection connection() {
        return connection;
    }

    @Override
    public int read(byte[] buffer, int offset, int length, Duration deadline) {
        return inlet.read(buffer, offset, length, deadline);
    }

    @Override
    public int readNow(byte[] buffer, int offset, int length) {
        return inlet.readNow(buffer, offset, length);
    }

    /** The reader took bytes, or met the end. */
    void taken(int n, boolean demand) {
        if (demand) {
            raw().demand();
        }
        if (n < 0) {
            settle();
        }
    }

    @Override
    public void onReadable(Runnable action) {
        inlet.onReadable(action);
    }

    @Override
    public void write(byte[] bytes, int offset, int length, boolean last, Duration deadline) {
        outlet.write(bytes, offset, length, last, deadline);
    }

    @Override
    public boolean offer(byte[] bytes, int offset, int length, boolean last) {
        return outlet.offer(bytes, offset, length, last);
    }

    /** Hands bytes to the engine, in order; called by the outlet alone. */
    boolean give(byte[] bytes, int offset, int length, boolean last) {
        if (!writable) {
            throw new IllegalStateException("the peer alone sends on stream " + id());
        }
        boolean given = raw().offer(bytes, offset, length, last);
        if (given) {
            connection.sent(length);
        }
        return given;
    }

    @Override
    public CompletableFuture<Void> send(byte[] bytes, boolean last) {
        return outlet.send(bytes, last);
    }

    @Override
    public void onWritable(Runnable action) {
        outlet.onWritable(action);
    }

    @Override
    public void onReset(Consumer<StoqException> action) {
        inlet.onReset(action);
    }

    @Override
    public void onStopped(Consumer<StoqException> action) {
        outlet.onStopped(action);
    }

    @Override
    public void resetSending(long code) {
        if (writable && outlet.fail(resetHere())) {
            raw().resetSending(code);
            settle();
        }
    }

    @Override
    public void stopSending(long code) {
        if (readable && inlet.fail(resetHere(), true)) {
            connection.stopping(this, code);
            raw().stopSending(code);
            settle();
        }
    }

    @Override
    public void reset(long code) {
        StoqException reason = resetHere();
        inlet.fail(reason, true);
        outlet.fail(reason);
        raw().reset(code);
        settle();
    }

    private StoqException resetHere() {
        return new StoqException(
                StoqException.Code.CLOSED, Retry.WHOLE_OPERATION, "stream " + id() + " was reset by this side");
    }

    @Override
    public void opened() {
        connection.opened(this);
        CompletableFuture<Void> waiting = opening;
        if (waiting != null) {
            waiting.complete(null);
        }
    }

    @Override
    public void data(byte[] bytes) {
        connection.received(bytes.length);
        taken(inlet.data(bytes));
    }

    @Override
    public void data(Arrived bytes) {
        connection.received(bytes.remaining());
        taken(inlet.data(bytes));
    }

    /** The inlet took bytes. */
    private void taken(boolean demand) {
        if (demand) {
            raw().demand();
        }
        if (inlet.flooded()) {
            connection.flooded();
        }
        heedTold();
    }

    @Override
    public void end() {
        connection.received(0);
        inlet.end();
        heedTold();
        settle();
    }

    @Override
    public void endSentAlone(long bytes) {
        connection.endSentAlone(this, bytes);
    }

    /** The peer told where its direction ends; whether the engine is still to say that it has. */
    boolean endsAt(long bytes) {
        boolean awaited = readable && inlet.endsAt(bytes);
        heedTold();
        return awaited;
    }

    /** The engine had its time to say that the stream has ended where the peer told. */
    void endOverdue() {
        inlet.overdue();
        heedTold();
    }

    private void heedTold() {
        switch (inlet.ending()) {
            case REACHED -> {
                inlet.end();
                // the engine need not wait either
                raw().stopSending(0);
                settle();
            }
            case CONTRADICTED -> connection.endContradicted(this);
            case NONE -> {}
        }
    }

    /** Whether this side sends on it. */
    boolean isWritable() {
        return writable;
    }

    @Override
    public void writable() {
        outlet.writable();
    }

    @Override
    public void reset(OptionalLong code) {
        resetCode = code;
        inlet.fail(told(StoqException.Code.STREAM_RESET, "the peer gave up sending on stream " + id(), code), true);
        settle();
    }

    @Override
    public void stopped(OptionalLong code) {
        OptionalLong known = code.isPresent() ? code : resetCode;
        if (known.isPresent()) {
            stop(known);
        } else {
            connection.stoppedWithoutCode(this);
        }
    }

    /** The peer wants no more bytes, and this is all that will be known of why. */
    void stop(OptionalLong code) {
        StoqException why =
                told(StoqException.Code.STREAM_STOPPED, "the peer wants no more bytes on stream " + id(), code);
        if (outlet.fail(why)) {
            raw().resetSending(code.orElse(0));
        }
        settle();
    }

    private static StoqException told(StoqException.Code kind, String what, OptionalLong code) {
        return new StoqException(
                kind,
                Retry.WHOLE_OPERATION,
                what + (code.isPresent() ? ", code " + code.getAsLong() : ""),
                null,
                code.isPresent() ? Long.toString(code.getAsLong()) : null);
    }

    @Override
    public void failed(StoqException reason) {
        StoqException known = connection.closed().orElse(reason);
        inlet.fail(known, false);
        outlet.fail(known);
        CompletableFuture<Void> waiting = opening;
        if (waiting != null) {
            waiting.completeExceptionally(copyOf(known));
        }
        settle();
    }

    /** Tells the connection, once, that the stream has ended in every direction it has. */
    void settle() {
        if ((!readable || inlet.done()) && (!writable || outlet.done()) && settled.compareAndSet(false, true)) {
            connection.done(this);
        }
    }

    /** Whether it has ended in every direction it has. */
    boolean settled() {
        return settled.get();
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
