package online.hypermesh.impl.content.exchange;

import java.time.Duration;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The way to one peer: a bounded window of requests, and after a failure a pause, then one request at a time until one
 * succeeds. Thread-safe.
 */
final class PeerLane implements AutoCloseable {
    private static final int ATTESTERS = 4;
    private static final int ATTESTS_WAITING = 64;

    private final NodeId peer;
    private final int window;
    private final long pauseNanos;
    private final Semaphore permits;
    private final BoundedWorkers attesters;
    private final TreeSet<Long> underWay = new TreeSet<>();
    private long nextTicket;
    private boolean failing;
    private boolean probing;
    private long failedAtNanos;
    private String failure = "";

    PeerLane(NodeId peer, int window, Duration pause) {
        this.peer = peer;
        this.window = window;
        this.pauseNanos = pause.toNanos();
        this.permits = new Semaphore(window);
        this.attesters = new BoundedWorkers("pack-attest-" + peer.toShortString(), ATTESTERS, ATTESTS_WAITING);
    }

    NodeId peer() {
        return peer;
    }

    /**
     * Takes a place in the window, waiting at most this long.
     *
     * @return a ticket for {@link #leave}, or -1 when the peer is to be left alone
     */
    long enter(long waitNanos) throws InterruptedException {
        if (!mayTry()) {
            return -1;
        }
        boolean entered = false;
        try {
            entered = permits.tryAcquire(failing() ? 0 : waitNanos, TimeUnit.NANOSECONDS);
        } finally {
            if (!entered) {
                fail("its window of " + window + " packs stayed full for " + TimeUnit.NANOSECONDS.toMillis(waitNanos)
                        + " ms");
            }
        }
        return entered ? ticket() : -1;
    }

    /** Takes part without a place in the window, for small requests; ended by {@link #succeed} or {@link #fail}. */
    synchronized boolean mayTry() {
        if (!failing) {
            return true;
        }
        if (probing || System.nanoTime() - failedAtNanos < pauseNanos) {
            return false;
        }
        probing = true;
        return true;
    }

    /** Gives the place back. */
    void leave(long ticket) {
        synchronized (this) {
            underWay.remove(ticket);
            notifyAll();
        }
        permits.release();
    }

    /** Waits until everything that entered before this call has left, at most this long. */
    synchronized void awaitEarlier(long waitNanos) throws InterruptedException {
        long before = nextTicket;
        long end = System.nanoTime() + waitNanos;
        while (!underWay.isEmpty() && underWay.first() < before) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                return;
            }
            wait(left);
        }
    }

    /** Starts asking for a receipt, on threads of this peer alone, so that a silent peer holds up no other. */
    boolean attest(Runnable question) {
        return attesters.offer(question);
    }

    @Override
    public void close() {
        attesters.close();
    }

    private synchronized long ticket() {
        underWay.add(nextTicket);
        return nextTicket++;
    }

    synchronized void succeed() {
        failing = false;
        probing = false;
        failure = "";
    }

    synchronized void fail(String why) {
        failing = true;
        probing = false;
        failedAtNanos = System.nanoTime();
        failure = why;
    }

    /** Why the last request failed; empty when it did not. */
    synchronized String failure() {
        return failure;
    }

    synchronized boolean failing() {
        return failing;
    }
}
