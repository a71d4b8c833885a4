package online.hypermesh.stoq.session;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.Standing;
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
 * A connection over an engine's. Streams of the peer wait, unread, until the hello is complete; afterwards the hello's
 * stream carries pings. Thread-safe.
 */
final class AuthenticatedConnection implements Connection, ConnectionSink {
    /** Close codes of STOQ itself, above those of applications. */
    static final long CLOSE_BUSY = 0x7000_0001L;

    static final long CLOSE_REFUSED = 0x7000_0002L;
    static final long CLOSE_IDLE = 0x7000_0003L;
    static final long CLOSE_PROTOCOL = 0x7000_0004L;
    static final long CLOSE_SHUTDOWN = 0x7000_0005L;
    static final long CLOSE_RETIRED = 0x7000_0006L;
    private static final byte[] PING = {1};
    private static final byte[] PONG = {2};
    private static final byte[] LEAVING = {3};
    private static final int MAX_REASON_CHARS = 200;

    /** How long requests under way have when the peer's standing shrank. */
    private static final Duration LOWERED_GRACE = Duration.ofSeconds(5);

    private final boolean dialed;
    private final TransportLimits limits;
    private final ScheduledExecutorService timer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<BufferedStream> waiting = new ArrayDeque<>();
    private final List<Consumer<StoqException>> onClosed = new ArrayList<>();
    private @Nullable RawConnection raw;
    private @Nullable BufferedStream control;
    private volatile @Nullable PeerIdentity peer;
    private volatile @Nullable Supplier<Optional<Standing>> standing;
    private volatile Protection protection = Protection.CLASSICAL;
    private volatile @Nullable StoqException closed;
    private @Nullable Consumer<Stream> handler;
    private @Nullable Future<?> ticking;
    private boolean leaveScheduled;
    private volatile boolean retiring;
    private volatile long heardNanos = System.nanoTime();
    private long tickedNanos = System.nanoTime();

    AuthenticatedConnection(boolean dialed, TransportLimits limits, ScheduledExecutorService timer) {
        this.dialed = dialed;
        this.limits = limits;
        this.timer = timer;
    }

    /** Couples the connection to the engine's. */
    void attach(RawConnection engineConnection) {
        lock.lock();
        try {
            raw = engineConnection;
        } finally {
            lock.unlock();
        }
    }

    /** Opens the stream of the hello; on the accepting side only. */
    BufferedStream openControl() {
        BufferedStream stream = openRaw();
        lock.lock();
        try {
            control = stream;
        } finally {
            lock.unlock();
        }
        return stream;
    }

    /** Waits for the stream of the hello; on the dialing side only. */
    BufferedStream awaitControl(long endNanos) {
        lock.lock();
        try {
            while (control == null) {
                throwIfClosed();
                long left = endNanos - System.nanoTime();
                if (left <= 0) {
                    throw new StoqException(
                            StoqException.Code.TIMEOUT,
                            Retry.SAME_CALL,
                            "the server at " + remoteAddress() + " did not begin the STOQ hello in time");
                }
                changed.awaitNanos(left);
            }
            return control;
        } catch (InterruptedException e) {
            throw BufferedStream.interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Both sides have proven themselves; from here on the connection may carry application data.
     *
     * @param current what the peer's evidence is worth whenever it is asked; empty if it would be refused
     */
    void establish(PeerIdentity provenPeer, Protection agreed, Supplier<Optional<Standing>> current) {
        protection = agreed;
        standing = current;
        heard();
        List<BufferedStream> early;
        lock.lock();
        try {
            peer = provenPeer;
            early = new ArrayList<>(waiting);
        } finally {
            lock.unlock();
        }
        readControl();
        early.forEach(BufferedStream::release);
    }

    /** Retires the connection when the peer would not be let in any more, or not so far: its leaf ended or was revoked. */
    void judgeAgain() {
        PeerIdentity known = peer;
        Supplier<Optional<Standing>> current = standing;
        if (known == null || current == null || closed != null) {
            return;
        }
        Optional<Standing> now = current.get();
        boolean lowered = known.standing() == Standing.FULL
                && now.filter(s -> s == Standing.FULL).isEmpty();
        if (now.isEmpty() || lowered) {
            retire(LOWERED_GRACE);
        }
    }

    boolean established() {
        return peer != null;
    }

    private void readControl() {
        BufferedStream stream = control;
        if (stream != null) {
            stream.onReadable(() -> controlReadable(stream));
        }
    }

    private void controlReadable(BufferedStream stream) {
        try {
            byte[] buffer = new byte[16];
            int n;
            while ((n = stream.readNow(buffer, 0, buffer.length)) > 0) {
                for (int i = 0; i < n; i++) {
                    if (buffer[i] == PING[0]) {
                        stream.offer(PONG, 0, 1, false);
                    } else if (buffer[i] == LEAVING[0]) {
                        retiring = true;
                    } else if (buffer[i] != PONG[0]) {
                        close(CLOSE_PROTOCOL, "unknown control byte " + buffer[i]);
                        return;
                    }
                }
            }
            if (n < 0) {
                close(CLOSE_PROTOCOL, "the control stream ended");
                return;
            }
        } catch (StoqException e) {
            close(CLOSE_PROTOCOL, "the control stream failed: " + e.getMessage());
            return;
        }
        readControl();
    }

    /** Starts to ping and to watch; ends with the connection. */
    void watch() {
        long everyNanos = limits.keepAlive().toNanos();
        Future<?> ticks = timer.scheduleAtFixedRate(this::tick, everyNanos, everyNanos, TimeUnit.NANOSECONDS);
        lock.lock();
        try {
            ticking = ticks;
            if (closed != null) {
                ticks.cancel(false);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Pings, and gives the connection up when nothing was heard for the idle time. On the timer's thread alone. */
    private void tick() {
        long now = System.nanoTime();
        boolean late = now - tickedNanos > 2 * limits.keepAlive().toNanos();
        tickedNanos = now;
        if (late) {
            // the whole process stood still; what arrived meanwhile has not been looked at
            heardNanos = now;
        }
        long silentNanos = now - heardNanos;
        if (silentNanos > limits.idleTimeout().toNanos()) {
            end(
                    new StoqException(
                            StoqException.Code.UNREACHABLE,
                            Retry.SAME_CALL,
                            "nothing heard from " + peerName() + " at " + remoteAddress() + " for "
                                    + Duration.ofNanos(silentNanos).toMillis() + " ms, limit "
                                    + limits.idleTimeout().toMillis() + " ms"),
                    CLOSE_IDLE,
                    "idle");
            return;
        }
        BufferedStream stream = control;
        if (dialed && stream != null && closed == null) {
            try {
                stream.offer(PING, 0, 1, false);
            } catch (StoqException e) {
                end(e, CLOSE_PROTOCOL, "the control stream failed");
            }
        }
    }

    void heard() {
        heardNanos = System.nanoTime();
    }

    String peerName() {
        PeerIdentity known = peer;
        return known == null ? "peer" : "peer " + known.id().toShortString();
    }

    @Override
    public PeerIdentity peer() {
        PeerIdentity known = peer;
        if (known == null) {
            throw new IllegalStateException("the hello is not complete");
        }
        return known;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return raw().remoteAddress();
    }

    @Override
    public boolean dialed() {
        return dialed;
    }

    @Override
    public Protection protection() {
        return protection;
    }

    @Override
    public Stream open() {
        return openRaw();
    }

    private BufferedStream openRaw() {
        throwIfClosed();
        BufferedStream stream = new BufferedStream(this);
        stream.attach(raw().open(stream));
        return stream;
    }

    @Override
    public Stream accept(Duration deadline) {
        long left = deadline.toNanos();
        lock.lock();
        try {
            while (waiting.isEmpty()) {
                throwIfClosed();
                if (left <= 0) {
                    throw new StoqException(
                            StoqException.Code.TIMEOUT,
                            Retry.SAME_CALL,
                            peerName() + " opened no stream within the deadline");
                }
                left = changed.awaitNanos(left);
            }
            return waiting.remove();
        } catch (InterruptedException e) {
            throw BufferedStream.interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onStream(Consumer<Stream> newHandler) {
        List<Stream> already;
        lock.lock();
        try {
            handler = newHandler;
            already = new ArrayList<>(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        already.forEach(newHandler);
    }

    @Override
    public StreamSink stream(RawStream engineStream) {
        BufferedStream stream = new BufferedStream(this);
        Consumer<Stream> target;
        lock.lock();
        try {
            if (dialed && control == null) {
                control = stream;
                target = null;
            } else if (handler != null && peer != null) {
                target = handler;
            } else if (waiting.size() < limits.maxStreams()) {
                if (peer == null) {
                    stream.hold();
                }
                waiting.add(stream);
                target = null;
            } else {
                target = s -> s.reset(CLOSE_BUSY);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        stream.attach(engineStream);
        if (target != null) {
            target.accept(stream);
        }
        return stream;
    }

    @Override
    public void closed(StoqException reason) {
        end(reason, 0, "");
    }

    @Override
    public Optional<StoqException> closed() {
        return Optional.ofNullable(closed);
    }

    @Override
    public void onClosed(Consumer<StoqException> action) {
        StoqException reason;
        lock.lock();
        try {
            reason = closed;
            if (reason == null) {
                onClosed.add(action);
            }
        } finally {
            lock.unlock();
        }
        if (reason != null) {
            action.accept(reason);
        }
    }

    @Override
    public boolean retiring() {
        return retiring;
    }

    @Override
    public void retire(Duration grace) {
        lock.lock();
        try {
            if (retiring && leaveScheduled || closed != null) {
                return;
            }
            retiring = true;
            leaveScheduled = true;
        } finally {
            lock.unlock();
        }
        BufferedStream stream = control;
        try {
            if (stream != null) {
                stream.offer(LEAVING, 0, 1, false);
            }
            timer.schedule(() -> close(CLOSE_RETIRED, "retired"), grace.toNanos(), TimeUnit.NANOSECONDS);
        } catch (StoqException | RejectedExecutionException e) {
            close(CLOSE_RETIRED, "retired");
        }
    }

    @Override
    public void close(long code, String reason) {
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

    private void end(StoqException reason, long code, String text) {
        List<Consumer<StoqException>> actions;
        RawConnection engineConnection;
        lock.lock();
        try {
            if (closed != null) {
                return;
            }
            closed = reason;
            actions = new ArrayList<>(onClosed);
            onClosed.clear();
            engineConnection = raw;
            if (ticking != null) {
                ticking.cancel(false);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (engineConnection != null) {
            engineConnection.close(code, text);
        }
        actions.forEach(action -> action.accept(reason));
    }

    private void throwIfClosed() {
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
