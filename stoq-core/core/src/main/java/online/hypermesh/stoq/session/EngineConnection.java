package online.hypermesh.stoq.session;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import online.hypermesh.stoq.ConnectionEvent;
import online.hypermesh.stoq.ConnectionStatistics;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.ReceiveStream;
import online.hypermesh.stoq.SendStream;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.jspecify.annotations.Nullable;

/**
 * Streams, datagrams and the end of an engine's connection. Before it is established it hands out nothing that the peer sends:
 * a stranger's streams are reset, those of a peer that has proven itself wait unread, datagrams are dropped. Thread-safe.
 */
abstract class EngineConnection implements QuicConnection, ConnectionSink {
    /** Close codes of STOQ itself, above those of applications. */
    static final long CLOSE_BUSY = 0x7000_0001L;

    static final long CLOSE_REFUSED = 0x7000_0002L;
    static final long CLOSE_IDLE = 0x7000_0003L;
    static final long CLOSE_PROTOCOL = 0x7000_0004L;
    static final long CLOSE_SHUTDOWN = 0x7000_0005L;
    static final long CLOSE_RETIRED = 0x7000_0006L;

    /**
     * What a connection is sealed with.
     *
     * @param streams for streams
     * @param datagrams for datagrams
     */
    private record Seal(SealSecrets streams, SealedDatagrams datagrams) {}

    /** Reset code of streams that nobody waits for. */
    static final long RESET_BUSY = CLOSE_BUSY;

    private static final byte[] NOTHING = {};
    private static final int MAX_REASON_CHARS = 200;

    /** Streams that a peer may open before it has proven who it is. No honest one opens any. */
    static final int MAX_EARLY_STREAMS = 16;

    private final boolean dialed;
    private final ScheduledExecutorService timer;
    private final Observers observers;
    private final WaitingLine<BufferedStream> streams;
    private final WaitingLine<BufferedStream> unidirectional;
    private final WaitingLine<byte[]> datagrams;
    private final Object lock = new Object();
    private final List<Consumer<StoqException>> onClosed = new ArrayList<>(2);
    private final AtomicLong streamBytesSent = new AtomicLong();
    private final AtomicLong streamBytesReceived = new AtomicLong();
    private final AtomicLong streamsOpened = new AtomicLong();
    private final AtomicLong streamsAccepted = new AtomicLong();
    private final AtomicLong streamsDone = new AtomicLong();
    private final AtomicLong datagramsSent = new AtomicLong();
    private final AtomicLong datagramsReceived = new AtomicLong();
    private final AtomicLong datagramsDropped = new AtomicLong();
    private @Nullable List<BufferedStream> held = new ArrayList<>(2);
    private final List<SealedStream> undecided = new ArrayList<>(0);
    private volatile @Nullable Seal seal;
    private volatile @Nullable RawConnection raw;
    private volatile @Nullable StoqException closed;
    private volatile boolean established;

    /** The peer has proven who it is; it may not know yet that this side knows. */
    private volatile boolean trusted;

    private int earlyStreams;
    private volatile boolean retiring;
    private boolean leaveScheduled;

    EngineConnection(boolean dialed, TransportLimits limits, ScheduledExecutorService timer, Observers observers) {
        this.dialed = dialed;
        this.timer = timer;
        this.observers = observers;
        this.streams = new WaitingLine<>(limits.maxStreams());
        this.unidirectional = new WaitingLine<>(limits.maxStreams());
        this.datagrams = new WaitingLine<>(limits.maxDatagramsWaiting());
        streams.shut();
        unidirectional.shut();
    }

    /** Couples the connection to the engine's. */
    final void attach(RawConnection engineConnection) {
        raw = engineConnection;
        if (closed != null) {
            engineConnection.close(0, "");
        }
    }

    /** The peer has proven who it is, and may have as many streams waiting as the limits allow. */
    final void trust() {
        trusted = true;
        raw().trust();
    }

    /**
     * From here on the connection carries application data.
     *
     * @param secrets what streams and datagrams are sealed with; null if they are not
     */
    final void establish(@Nullable SealSecrets secrets) {
        List<BufferedStream> early;
        trust();
        synchronized (lock) {
            if (established) {
                return;
            }
            seal = secrets == null ? null : new Seal(secrets, new SealedDatagrams(secrets));
            undecided.forEach(stream -> stream.decide(secrets));
            undecided.clear();
            established = true;
            early = held == null ? List.of() : held;
            held = null;
        }
        tell(new ConnectionEvent.Established());
        streams.open();
        unidirectional.open();
        early.forEach(BufferedStream::release);
    }

    final boolean established() {
        return established;
    }

    /** Who the peer is, for messages. */
    abstract String peerName();

    /** Something of the peer's arrived. */
    abstract void heard();

    /** Takes a stream of the peer's for itself; false to let it go to the application. */
    abstract boolean keeps(BufferedStream stream);

    /** Tells the peer that this side is leaving, if the protocol has words for it. */
    abstract void sayLeaving();

    /** Ends what runs beside the connection. */
    abstract void ended();

    private void tell(ConnectionEvent event) {
        observers.happened(this, event);
    }

    // what the peer does

    @Override
    public final StreamSink stream(RawStream engineStream) {
        heard();
        boolean oneWay = engineStream.unidirectional();
        BufferedStream stream = new BufferedStream(this, true, !oneWay, null);
        if (!oneWay && keeps(stream)) {
            stream.attach(engineStream);
            return stream;
        }
        streamsAccepted.incrementAndGet();
        observers.metrics().streamOpened(false);
        if (!trusted) {
            refuseEarly(stream, engineStream);
            return stream;
        }
        SealedStream sealed = null;
        synchronized (lock) {
            Seal agreed = seal;
            if (held != null || agreed != null) {
                sealed = SealedStream.accepted(agreed == null ? null : agreed.streams(), stream, this::violated);
                sealed.attach(engineStream);
            }
            if (held != null && sealed != null) {
                stream.hold();
                held.add(stream);
                undecided.add(sealed);
            }
        }
        stream.attach(sealed == null ? engineStream : sealed);
        opened(stream);
        WaitingLine<BufferedStream> line = oneWay ? unidirectional : streams;
        if (!line.add(stream)) {
            stream.reset(RESET_BUSY);
        }
        return sealed == null ? stream : sealed;
    }

    /** Keeps nothing of a stream that a stranger opens, and nothing of one who opens many. */
    private void refuseEarly(BufferedStream stream, RawStream engineStream) {
        stream.hold();
        stream.attach(engineStream);
        stream.reset(RESET_BUSY);
        boolean tooMany;
        synchronized (lock) {
            tooMany = ++earlyStreams > MAX_EARLY_STREAMS;
        }
        if (tooMany) {
            close(CLOSE_PROTOCOL, "more than " + MAX_EARLY_STREAMS + " streams before the hello was complete");
        }
    }

    /** More waits on the stream of the hello than any honest peer sends ahead. */
    final void flooded() {
        close(CLOSE_PROTOCOL, "too many bytes on the control stream");
    }

    /** Somebody broke the seal of a stream; nothing on this connection can be trusted any more. */
    private void violated(StoqException why) {
        close(CLOSE_PROTOCOL, BufferedStream.messageOf(why));
    }

    @Override
    public final void datagram(byte[] bytes) {
        heard();
        Seal agreed = seal;
        byte[] content = agreed == null ? bytes : agreed.datagrams().open(bytes);
        if (established && content != null && datagrams.add(content)) {
            datagramsReceived.incrementAndGet();
        } else {
            datagramsDropped.incrementAndGet();
        }
    }

    @Override
    public final void moved(InetSocketAddress from, InetSocketAddress to) {
        if (established) {
            tell(new ConnectionEvent.PathChanged(from, to));
        }
    }

    @Override
    public final void closed(StoqException reason) {
        end(reason, 0, "");
    }

    // what streams tell

    final void sent(int bytes) {
        streamBytesSent.addAndGet(bytes);
        observers.metrics().bytesSent(bytes);
    }

    final void received(int bytes) {
        heard();
        streamBytesReceived.addAndGet(bytes);
        observers.metrics().bytesReceived(bytes);
    }

    /** The stream, opened by either side, has its number. */
    void opened(BufferedStream stream) {}

    /** What this side sends on the stream has ended in a frame without bytes, which the engine may lose. */
    void endSentAlone(BufferedStream stream, long bytes) {}

    /** The peer told an end of the stream that what it sent on it contradicts. */
    final void endContradicted(BufferedStream stream) {
        close(CLOSE_PROTOCOL, "stream " + stream.id() + " does not end where the peer told");
    }

    /** This side wants no more bytes on the stream. */
    void stopping(BufferedStream stream, long code) {}

    /** The peer wants no more bytes on the stream, and the engine does not tell its code. */
    void stoppedWithoutCode(BufferedStream stream) {
        stream.stop(OptionalLong.empty());
    }

    void done(BufferedStream stream) {
        streamsDone.incrementAndGet();
    }

    // what the application does

    @Override
    public final String protocol() {
        return raw().protocol();
    }

    @Override
    public final InetSocketAddress remoteAddress() {
        return raw().remoteAddress();
    }

    @Override
    public final boolean dialed() {
        return dialed;
    }

    @Override
    public final List<X509Certificate> tlsPeer() {
        return raw().peerChain();
    }

    @Override
    public final Stream open() {
        return counted(true, null);
    }

    @Override
    public final SendStream openUnidirectional() {
        return counted(false, null);
    }

    @Override
    public final CompletableFuture<Stream> openAsync() {
        return openAsync(true, stream -> stream);
    }

    @Override
    public final CompletableFuture<SendStream> openUnidirectionalAsync() {
        return openAsync(false, stream -> stream);
    }

    private <T> CompletableFuture<T> openAsync(boolean bidirectional, Function<BufferedStream, T> view) {
        CompletableFuture<T> result = new CompletableFuture<>();
        CompletableFuture<Void> opening = new CompletableFuture<>();
        BufferedStream stream;
        try {
            stream = counted(bidirectional, opening);
            stream.offer(NOTHING, 0, 0, false);
        } catch (StoqException e) {
            result.completeExceptionally(e);
            return result;
        }
        opening.whenComplete((nothing, failure) -> {
            if (failure != null) {
                result.completeExceptionally(failure);
            } else {
                result.complete(view.apply(stream));
            }
        });
        result.whenComplete((made, failure) -> {
            if (result.isCancelled()) {
                stream.reset(0);
            }
        });
        return result;
    }

    private BufferedStream counted(boolean bidirectional, @Nullable CompletableFuture<Void> opening) {
        Seal agreed = seal;
        BufferedStream stream;
        if (agreed == null) {
            stream = prepare(bidirectional, opening);
        } else {
            throwIfClosed();
            stream = new BufferedStream(this, bidirectional, true, opening);
            SealedStream sealed = SealedStream.opened(agreed.streams(), stream, this::violated);
            sealed.attach(raw().open(!bidirectional, sealed));
            stream.attach(sealed);
        }
        streamsOpened.incrementAndGet();
        observers.metrics().streamOpened(true);
        return stream;
    }

    final BufferedStream prepare(boolean bidirectional, @Nullable CompletableFuture<Void> opening) {
        throwIfClosed();
        BufferedStream stream = new BufferedStream(this, bidirectional, true, opening);
        stream.attach(raw().open(!bidirectional, stream));
        return stream;
    }

    @Override
    public final Stream accept(Duration deadline) {
        return streams.take(deadline, peerName() + " opened no stream");
    }

    @Override
    public final ReceiveStream acceptUnidirectional(Duration deadline) {
        return unidirectional.take(deadline, peerName() + " opened no unidirectional stream");
    }

    @Override
    public final void onStream(Consumer<Stream> newHandler) {
        streams.handTo(newHandler);
    }

    @Override
    public final void onUnidirectionalStream(Consumer<ReceiveStream> newHandler) {
        unidirectional.handTo(newHandler);
    }

    @Override
    public final int maxDatagramBytes() {
        int limit = raw().maxDatagramBytes();
        return seal == null ? limit : Math.max(0, limit - SealedDatagrams.OVERHEAD_BYTES);
    }

    @Override
    public final boolean sendDatagram(byte[] bytes) {
        throwIfClosed();
        int limit = maxDatagramBytes();
        if (bytes.length > limit) {
            throw new StoqException(
                    StoqException.Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    limit == 0
                            ? peerName() + " or one of the engines takes no datagrams"
                            : "a datagram of " + bytes.length + " bytes exceeds the " + limit
                                    + " that the path carries now; send less or use a stream");
        }
        Seal agreed = seal;
        boolean sent =
                raw().sendDatagram(agreed == null ? bytes : agreed.datagrams().seal(bytes));
        (sent ? datagramsSent : datagramsDropped).incrementAndGet();
        return sent;
    }

    @Override
    public final byte[] receiveDatagram(Duration deadline) {
        return datagrams.take(deadline, "no datagram from " + peerName());
    }

    @Override
    public final void onDatagram(Consumer<byte[]> newHandler) {
        datagrams.handTo(newHandler);
    }

    @Override
    public final ConnectionStatistics statistics(Duration deadline) {
        PathStatistics path;
        try {
            path = raw().statistics().toCompletableFuture().get(deadline.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw BufferedStream.interrupted(e);
        } catch (TimeoutException e) {
            throw new StoqException(
                    StoqException.Code.TIMEOUT,
                    Retry.SAME_CALL,
                    "the engine did not tell how the connection does within the deadline",
                    e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("an engine's statistics never fail", e);
        }
        long done = streamsDone.get();
        long opened = streamsOpened.get();
        long accepted = streamsAccepted.get();
        return new ConnectionStatistics(
                path,
                streamBytesSent.get(),
                streamBytesReceived.get(),
                opened,
                accepted,
                Math.max(0, opened + accepted - done),
                datagramsSent.get(),
                datagramsReceived.get(),
                datagramsDropped.get());
    }

    @Override
    public final Optional<StoqException> closed() {
        return Optional.ofNullable(closed);
    }

    @Override
    public final void onClosed(Consumer<StoqException> action) {
        StoqException reason;
        synchronized (lock) {
            reason = closed;
            if (reason == null) {
                onClosed.add(action);
            }
        }
        if (reason != null) {
            action.accept(reason);
        }
    }

    @Override
    public final boolean retiring() {
        return retiring;
    }

    /** The peer is leaving. */
    final void peerLeaves() {
        synchronized (lock) {
            if (retiring || closed != null) {
                return;
            }
            retiring = true;
        }
        tell(new ConnectionEvent.Draining(true));
    }

    @Override
    public final void retire(Duration grace) {
        boolean first;
        synchronized (lock) {
            if (leaveScheduled || closed != null) {
                return;
            }
            first = !retiring;
            retiring = true;
            leaveScheduled = true;
        }
        if (first) {
            tell(new ConnectionEvent.Draining(false));
        }
        try {
            sayLeaving();
            timer.schedule(() -> close(CLOSE_RETIRED, "retired"), grace.toNanos(), TimeUnit.NANOSECONDS);
        } catch (StoqException | RejectedExecutionException e) {
            close(CLOSE_RETIRED, "retired");
        }
    }

    @Override
    public final void close(long code, String reason) {
        String cut = reason.length() > MAX_REASON_CHARS ? reason.substring(0, MAX_REASON_CHARS) : reason;
        end(
                new StoqException(
                        StoqException.Code.CLOSED,
                        Retry.WHOLE_OPERATION,
                        "the connection to " + peerName() + " was closed by this side"
                                + (cut.isEmpty() ? "" : ": " + cut)),
                code,
                cut);
    }

    final void end(StoqException reason, long code, String text) {
        List<Consumer<StoqException>> actions;
        boolean wasEstablished;
        synchronized (lock) {
            if (closed != null) {
                return;
            }
            closed = reason;
            wasEstablished = established;
            actions = new ArrayList<>(onClosed);
            onClosed.clear();
        }
        ended();
        streams.end(reason);
        unidirectional.end(reason);
        datagrams.end(reason);
        RawConnection engineConnection = raw;
        if (engineConnection != null) {
            engineConnection.close(code, text);
        }
        if (wasEstablished) {
            tell(new ConnectionEvent.Closed(reason));
        }
        actions.forEach(action -> action.accept(reason));
    }

    final void throwIfClosed() {
        StoqException reason = closed;
        if (reason != null) {
            throw BufferedStream.copyOf(reason);
        }
    }

    private RawConnection raw() {
        RawConnection engineConnection = raw;
        if (engineConnection == null) {
            throw new IllegalStateException("the connection is used before it was made");
        }
        return engineConnection;
    }

    @Override
    public String toString() {
        return "Connection[" + peerName() + (dialed ? ", dialed" : ", accepted") + (closed == null ? "" : ", closed")
                + "]";
    }
}
