package online.hypermesh.stoq.kwik;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The socket that Kwik is given. Kwik ends a connection when sending fails, and the whole process when an accepting socket's
 * reception fails; so here a failure is a lost datagram, and an accepting socket never tells Kwik that it is gone before Kwik
 * closed it. Large buffers, IPv6 alone. Thread-safe.
 */
final class GuardedSocket extends DatagramSocket {
    private static final System.Logger LOG = System.getLogger(GuardedSocket.class.getName());
    private static final long FIRST_PAUSE_NANOS = 1_000_000;
    private static final long LONGEST_PAUSE_NANOS = 100_000_000;
    private static final long RELEASE_NANOS = 1_000_000_000;
    private static final long LONGEST_HOLD_MILLIS = 1_000;

    /** Once something was heard, so many reports that nobody listens must come without a datagram in between. */
    private static final int REPORTS_ONCE_HEARD = 2;

    private final KwikHealth health;
    private final @Nullable InetSocketAddress dialed;
    private final @Nullable InitialGate gate;
    private final CountDownLatch closedByKwik = new CountDownLatch(1);
    private final CountDownLatch answerable = new CountDownLatch(1);
    private final Set<SocketAddress> farewells = ConcurrentHashMap.newKeySet();
    private volatile boolean saying;
    private volatile boolean heard;
    private volatile boolean receiving;
    private volatile boolean released;
    private volatile boolean nobodyListens;
    private volatile int reports;
    private volatile @Nullable Runnable onNobodyListens;

    private GuardedSocket(KwikHealth health, @Nullable InetSocketAddress dialed, @Nullable InitialGate gate)
            throws SocketException {
        super((SocketAddress) null);
        this.health = health;
        this.dialed = dialed;
        this.gate = gate;
    }

    /** A socket that accepts. */
    static GuardedSocket accepting(InetSocketAddress bind, InitialGate gate, KwikHealth health) throws SocketException {
        GuardedSocket socket = new GuardedSocket(health, null, gate);
        try {
            socket.buffers(KwikSettings.SERVER_SOCKET_BUFFER_BYTES);
            socket.bind(bind);
        } catch (SocketException e) {
            socket.release();
            throw e;
        }
        return socket;
    }

    /** A socket that talks to one peer, so that the system reports at once when nobody listens there. */
    static GuardedSocket dialing(InetSocketAddress remote, KwikHealth health) throws SocketException {
        GuardedSocket socket = new GuardedSocket(health, remote, null);
        try {
            socket.buffers(KwikSettings.CLIENT_SOCKET_BUFFER_BYTES);
            socket.connect(remote);
        } catch (SocketException e) {
            socket.release();
            throw e;
        }
        return socket;
    }

    private void buffers(int bytes) throws SocketException {
        setReceiveBufferSize(bytes);
        setSendBufferSize(bytes);
    }

    /** Whether the system said that nobody listens at the other end. */
    boolean nobodyListens() {
        return nobodyListens;
    }

    /** Sets what to do when the system says that nobody listens any more. */
    void onNobodyListens(Runnable action) {
        onNobodyListens = action;
        if (nobodyListens) {
            action.run();
        }
    }

    @Override
    public void send(DatagramPacket packet) {
        InitialGate initials = gate;
        if (initials != null) {
            initials.sending(packet);
        }
        boolean last = saying && farewells.contains(packet.getSocketAddress());
        try {
            super.send(packet);
        } catch (PortUnreachableException e) {
            reported();
        } catch (IOException | IllegalArgumentException e) {
            if (!released) {
                health.socketFailed();
                LOG.log(System.Logger.Level.DEBUG, "a datagram was not sent: {0}", e.toString());
            }
        }
        if (last) {
            farewells.remove(packet.getSocketAddress());
        }
    }

    /** Kwik can take an answer to what it sent from now on, see {@link NoEarlyData}; until then a dialing socket holds it back. */
    void answerable() {
        answerable.countDown();
    }

    @Override
    public void receive(DatagramPacket packet) throws IOException {
        int room = packet.getLength();
        long pauseNanos = FIRST_PAUSE_NANOS;
        while (true) {
            try {
                packet.setLength(room);
                receiving = true;
                try {
                    super.receive(packet);
                } finally {
                    receiving = false;
                }
                heard = true;
                reports = 0;
                if (wanted(packet)) {
                    awaitAnswerable();
                    return;
                }
            } catch (PortUnreachableException e) {
                reported();
            } catch (IOException e) {
                if (nobodyListens) {
                    throw new PortUnreachableException("nobody listens at " + dialed);
                }
                if (released || isClosed()) {
                    awaitKwik();
                    throw e;
                }
                health.socketFailed();
                LOG.log(System.Logger.Level.DEBUG, "receiving failed: {0}", e.toString());
                LockSupport.parkNanos(pauseNanos);
                pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
            }
        }
    }

    /** Should Kwik ask fewer questions one day, handshakes would take longer by this wait, and a test would be red. */
    private void awaitAnswerable() {
        if (dialed == null || answerable.getCount() == 0) {
            return;
        }
        try {
            if (!answerable.await(LONGEST_HOLD_MILLIS, TimeUnit.MILLISECONDS)) {
                health.answerHeldForLong();
                answerable.countDown();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean wanted(DatagramPacket packet) {
        if (!(packet.getAddress() instanceof Inet6Address)) {
            return false;
        }
        InitialGate initials = gate;
        return initials == null || initials.admits(packet);
    }

    /** Counts a report that nobody listens; the one that is enough closes the socket, which wakes the receiver. */
    private void reported() {
        int count = reports + 1;
        reports = count;
        if (!heard || count >= REPORTS_ONCE_HEARD) {
            nobodyListens = true;
            super.close();
            Runnable action = onNobodyListens;
            if (action != null) {
                action.run();
            }
        }
    }

    /** For as long as Kwik has not closed an accepting socket itself, it would take a failure for a reason to end the process. */
    private void awaitKwik() {
        if (dialed != null) {
            return;
        }
        boolean interrupted = false;
        while (true) {
            try {
                closedByKwik.await();
                break;
            } catch (InterruptedException e) {
                // Kwik interrupts its receiver when it is closing, and expects the failure then
                interrupted = true;
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The next datagram to this address tells the peer that its connection was closed. */
    void farewell(InetSocketAddress remote) {
        farewells.add(remote);
        saying = true;
    }

    /** Waits until the farewells are out; says whether they are. */
    boolean awaitFarewells(Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        while (!farewells.isEmpty()) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(500));
        }
        return true;
    }

    /** Gives the port back; the system keeps it for as long as a thread still receives. */
    void release() {
        released = true;
        super.close();
        long end = System.nanoTime() + RELEASE_NANOS;
        while (dialed == null && receiving && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200));
        }
    }

    @Override
    public void close() {
        closedByKwik.countDown();
        answerable.countDown();
        release();
    }
}
