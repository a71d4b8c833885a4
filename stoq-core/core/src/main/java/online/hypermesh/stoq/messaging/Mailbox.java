package online.hypermesh.stoq.messaging;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.base.id.NodeId;

/** Messages of one peer to one service, handled one after the other. Thread-safe. */
final class Mailbox {
    private static final System.Logger LOG = System.getLogger(Mailbox.class.getName());
    private static final int MAX_MESSAGES = 4096;
    private static final int MAX_BYTES = 32 << 20;

    /** A thread goes on to the next mailbox after so many messages, or after so long. */
    static final int TURN_MESSAGES = 64;

    static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private record Letter(PeerIdentity peer, int service, RequestHandler handler, byte[] body) {}

    private final Executor workers;
    private final LongSupplier nanoClock;
    private final Runnable onIdle;
    private final ArrayDeque<Letter> letters = new ArrayDeque<>();
    private int bytes;
    private boolean running;

    /** Calls {@code onIdle} whenever every message was handled. */
    Mailbox(Executor workers, LongSupplier nanoClock, Runnable onIdle) {
        this.workers = workers;
        this.nanoClock = nanoClock;
        this.onIdle = onIdle;
    }

    /** Queues a message, or drops it when the handler is too far behind. */
    boolean add(PeerIdentity peer, int service, RequestHandler handler, byte[] body) {
        synchronized (this) {
            if (letters.size() >= MAX_MESSAGES || bytes + body.length > MAX_BYTES) {
                return false;
            }
            letters.add(new Letter(peer, service, handler, body));
            bytes += body.length;
            if (running) {
                return true;
            }
            running = true;
        }
        submit();
        return true;
    }

    /** Whether no message is handled or waits. */
    synchronized boolean idle() {
        return !running;
    }

    /** A handler failed on a message: nobody waits for an answer, so the log tells. */
    static void failed(int service, NodeId peer, RuntimeException e) {
        LOG.log(
                System.Logger.Level.WARNING,
                "service " + service + " failed on a message of " + peer.toShortString(),
                e);
    }

    private void submit() {
        try {
            workers.execute(this::run);
        } catch (RejectedExecutionException e) {
            synchronized (this) {
                running = false;
                letters.clear();
                bytes = 0;
            }
            onIdle.run();
        }
    }

    private void run() {
        long turnEnds = nanoClock.getAsLong() + TURN_NANOS;
        int handled = 0;
        do {
            Letter letter;
            synchronized (this) {
                letter = letters.poll();
                if (letter == null) {
                    running = false;
                } else {
                    bytes -= letter.body().length;
                }
            }
            if (letter == null) {
                onIdle.run();
                return;
            }
            try {
                letter.handler().handle(letter.peer(), letter.body());
            } catch (RuntimeException e) {
                failed(letter.service(), letter.peer().id(), e);
            }
            handled++;
        } while (handled < TURN_MESSAGES && nanoClock.getAsLong() - turnEnds < 0);
        submit();
    }
}
