package online.hypermesh.stoq.messaging;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import online.hypermesh.stoq.PeerIdentity;

/** Messages of one peer to one service, handled one after the other. Thread-safe. */
final class Mailbox {
    private static final System.Logger LOG = System.getLogger(Mailbox.class.getName());
    private static final int MAX_MESSAGES = 4096;
    private static final int MAX_BYTES = 32 << 20;
    private static final int TURN = 64;

    private record Letter(PeerIdentity peer, Service service, byte[] body) {}

    private final Executor workers;
    private final ArrayDeque<Letter> letters = new ArrayDeque<>();
    private int bytes;
    private boolean running;

    Mailbox(Executor workers) {
        this.workers = workers;
    }

    /** Queues a message, or drops it when the handler is too far behind. */
    boolean add(PeerIdentity peer, Service service, byte[] body) {
        synchronized (this) {
            if (letters.size() >= MAX_MESSAGES || bytes + body.length > MAX_BYTES) {
                return false;
            }
            letters.add(new Letter(peer, service, body));
            bytes += body.length;
            if (running) {
                return true;
            }
            running = true;
        }
        submit();
        return true;
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
        }
    }

    private void run() {
        for (int i = 0; i < TURN; i++) {
            Letter letter;
            synchronized (this) {
                letter = letters.poll();
                if (letter == null) {
                    running = false;
                    return;
                }
                bytes -= letter.body().length;
            }
            try {
                letter.service().handler().handle(letter.peer(), letter.body());
            } catch (RuntimeException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "service " + letter.service().number() + " failed on a message of "
                                + letter.peer().id().toShortString(),
                        e);
            }
        }
        submit();
    }
}
