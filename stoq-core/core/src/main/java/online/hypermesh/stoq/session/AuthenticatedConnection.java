package online.hypermesh.stoq.session;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * A connection of {@code stoq/1}: established by the hello, whose stream carries pings afterwards. Thread-safe.
 */
final class AuthenticatedConnection extends EngineConnection implements Connection {
    private static final byte[] PING = new ControlFrame.Ping().encode();
    private static final byte[] PONG = new ControlFrame.Pong().encode();
    private static final byte[] LEAVING = new ControlFrame.Leaving().encode();

    /** Bits of a QUIC stream id: who opened it, and whether that side alone sends on it. */
    private static final int BY_SERVER = 1;

    private static final int ONE_WAY = 2;

    /** How long the code of a stopped stream may lag behind the engine's word that it was stopped. */
    private static final long STOP_CODE_MILLIS = 250;

    /** How long the engine's word that a stream has ended may lag behind the peer's on the control stream. */
    private static final long END_MILLIS = 100;

    /** How long requests under way have when the peer's standing shrank. */
    private static final Duration LOWERED_GRACE = Duration.ofSeconds(5);

    private final TransportLimits limits;
    private final ScheduledExecutorService timer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile @Nullable BufferedStream control;
    private volatile @Nullable PeerIdentity peer;
    private volatile @Nullable Supplier<Optional<Standing>> standing;
    private volatile Protection protection = Protection.CLASSICAL;
    private final Map<Long, BufferedStream> unsettled = new ConcurrentHashMap<>(4);
    private final ToldEnds toldEnds = new ToldEnds();

    /** Both sides tell each other ends of streams that travel alone. */
    private volatile boolean endsAgreed;

    private @Nullable Future<?> ticking;
    private volatile long heardNanos = System.nanoTime();
    private long tickedNanos = System.nanoTime();

    AuthenticatedConnection(
            boolean dialed, TransportLimits limits, ScheduledExecutorService timer, Observers observers) {
        super(dialed, limits, timer, observers);
        this.limits = limits;
        this.timer = timer;
    }

    /** Opens the stream of the hello; on the accepting side only. */
    BufferedStream openControl() {
        BufferedStream stream = prepare(true, null);
        stream.narrow();
        control = stream;
        return stream;
    }

    /** Waits for the stream of the hello; on the dialing side only. */
    BufferedStream awaitControl(long endNanos) {
        lock.lock();
        try {
            BufferedStream stream = control;
            while (stream == null) {
                throwIfClosed();
                long left = endNanos - System.nanoTime();
                if (left <= 0) {
                    throw new StoqException(
                            StoqException.Code.TIMEOUT,
                            Retry.SAME_CALL,
                            "the server at " + remoteAddress() + " did not begin the STOQ hello in time");
                }
                changed.awaitNanos(left);
                stream = control;
            }
            return stream;
        } catch (InterruptedException e) {
            throw BufferedStream.interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    /** The first stream that a server opens is the one of the hello. */
    @Override
    boolean keeps(BufferedStream stream) {
        if (!dialed() || control != null) {
            return false;
        }
        lock.lock();
        try {
            stream.narrow();
            control = stream;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return true;
    }

    /**
     * Both sides have proven themselves; from here on the connection may carry application data.
     *
     * @param current what the peer's evidence is worth whenever it is asked; empty if it would be refused
     * @param agreedSeal what streams are sealed with; null if they are not
     */
    void establish(
            PeerIdentity provenPeer,
            Agreement agreed,
            Supplier<Optional<Standing>> current,
            @Nullable SealSecrets agreedSeal) {
        protection = agreed.protection();
        endsAgreed = agreed.ends();
        standing = current;
        heard();
        peer = provenPeer;
        readControl(new ControlReader(agreed.ends()));
        establish(agreedSeal);
    }

    /**
     * Closes the connection, and with it cancels whatever the peer has under way, when the peer would not be let in any more:
     * its leaf ended or was revoked. Retires it when the peer would not be let in so far.
     */
    void judgeAgain() {
        PeerIdentity known = peer;
        Supplier<Optional<Standing>> current = standing;
        if (known == null || current == null || closed().isPresent()) {
            return;
        }
        Optional<Standing> now = current.get();
        if (now.isEmpty()) {
            close(CLOSE_REFUSED, "the evidence of this node does not hold any more");
        } else if (known.standing() == Standing.FULL && now.get() != Standing.FULL) {
            retire(LOWERED_GRACE);
        }
    }

    private void readControl(ControlReader reader) {
        BufferedStream stream = control;
        if (stream != null) {
            stream.onReadable(() -> controlReadable(stream, reader));
        }
    }

    private void controlReadable(BufferedStream stream, ControlReader reader) {
        if (closed().isPresent()) {
            return;
        }
        try {
            byte[] buffer = new byte[64];
            int n;
            while ((n = stream.readNow(buffer, 0, buffer.length)) > 0) {
                for (int i = 0; i < n; i++) {
                    ControlFrame frame = reader.next(buffer[i]);
                    if (frame != null) {
                        heed(stream, frame);
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
        readControl(reader);
    }

    private void heed(BufferedStream stream, ControlFrame frame) {
        if (frame instanceof ControlFrame.Ping) {
            stream.offer(PONG, 0, PONG.length, false);
        } else if (frame instanceof ControlFrame.Leaving) {
            peerLeaves();
        } else if (frame instanceof ControlFrame.Stopped told) {
            BufferedStream stopped = unsettled.get(told.stream());
            if (stopped != null && stopped.isWritable()) {
                stopped.stop(OptionalLong.of(told.code()));
            }
        } else if (frame instanceof ControlFrame.Ended told) {
            takeEnd(told);
        }
    }

    /** The peer told where a stream of its ends. */
    private void takeEnd(ControlFrame.Ended told) {
        long own = ONE_WAY | (dialed() ? 0 : BY_SERVER);
        if ((told.stream() & (ONE_WAY | BY_SERVER)) == own) {
            throw HelloFrame.malformed(
                    "stream " + told.stream() + ", on which this side alone sends, cannot be ended by the peer", null);
        }
        toldEnds.keep(told.stream(), told.bytes());
        BufferedStream stream = unsettled.get(told.stream());
        if (stream != null) {
            heedEnd(stream);
        }
    }

    private void heedEnd(BufferedStream stream) {
        OptionalLong bytes = toldEnds.take(stream.id());
        if (bytes.isPresent() && stream.endsAt(bytes.getAsLong())) {
            try {
                timer.schedule(stream::endOverdue, END_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                stream.endOverdue();
            }
        }
    }

    @Override
    void opened(BufferedStream stream) {
        if (stream != control) {
            unsettled.put(stream.id(), stream);
            if (stream.settled()) {
                unsettled.remove(stream.id(), stream);
            }
            heedEnd(stream);
        }
    }

    @Override
    void done(BufferedStream stream) {
        unsettled.remove(stream.id(), stream);
        super.done(stream);
    }

    /** Tells the end on the control stream too: not every engine sends it again when it gets lost by itself. */
    @Override
    void endSentAlone(BufferedStream stream, long bytes) {
        if (endsAgreed) {
            say(new ControlFrame.Ended(stream.id(), bytes));
        }
    }

    private void say(ControlFrame frame) {
        BufferedStream channel = control;
        if (channel == null || closed().isPresent()) {
            return;
        }
        byte[] message = frame.encode();
        try {
            channel.offer(message, 0, message.length, false);
        } catch (StoqException e) {
            end(e, CLOSE_PROTOCOL, "the control stream failed");
        }
    }

    /** Tells the code on the control stream too: not every engine hands on that of STOP_SENDING. */
    @Override
    void stopping(BufferedStream stream, long code) {
        if (stream.id() >= 0 && established()) {
            say(new ControlFrame.Stopped(stream.id(), Math.min(code, Integer.MAX_VALUE)));
        }
    }

    @Override
    void stoppedWithoutCode(BufferedStream stream) {
        try {
            timer.schedule(() -> stream.stop(OptionalLong.empty()), STOP_CODE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            stream.stop(OptionalLong.empty());
        }
    }

    @Override
    void sayLeaving() {
        BufferedStream stream = control;
        if (stream != null) {
            stream.offer(LEAVING, 0, 1, false);
        }
    }

    /** Starts to ping and to watch; ends with the connection. */
    void watch() {
        long everyNanos = limits.keepAlive().toNanos();
        Future<?> ticks = timer.scheduleAtFixedRate(this::tick, everyNanos, everyNanos, TimeUnit.NANOSECONDS);
        lock.lock();
        try {
            ticking = ticks;
            if (closed().isPresent()) {
                ticks.cancel(false);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    void ended() {
        lock.lock();
        try {
            if (ticking != null) {
                ticking.cancel(false);
            }
            changed.signalAll();
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
        if (dialed() && stream != null && closed().isEmpty()) {
            try {
                stream.offer(PING, 0, 1, false);
            } catch (StoqException e) {
                end(e, CLOSE_PROTOCOL, "the control stream failed");
            }
        }
    }

    @Override
    void heard() {
        heardNanos = System.nanoTime();
    }

    @Override
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
    public Protection protection() {
        return protection;
    }
}
