package online.hypermesh.stoq.messaging;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Lets one peer take no more than its share of the threads that handle requests: some of its requests are handled at once,
 * some wait for their turn, and the rest are refused. Thread-safe.
 */
final class PeerTurns implements Executor {
    private final Executor workers;
    private final int atOnce;
    private final int maxWaiting;
    private final Runnable onIdle;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>(0);
    private int running;

    /** Calls {@code onIdle} whenever no request is handled or waits any more. */
    PeerTurns(Executor workers, int atOnce, int maxWaiting, Runnable onIdle) {
        this.workers = workers;
        this.atOnce = atOnce;
        this.maxWaiting = maxWaiting;
        this.onIdle = onIdle;
    }

    /** Handles a request now or later; throws RejectedExecutionException when too many wait, of this peer or of all. */
    @Override
    public void execute(Runnable request) {
        synchronized (this) {
            if (running == atOnce) {
                if (waiting.size() >= maxWaiting) {
                    throw new RejectedExecutionException(maxWaiting + " requests of this peer wait already");
                }
                waiting.add(request);
                return;
            }
            running++;
        }
        try {
            workers.execute(new Turn(request));
        } catch (RejectedExecutionException e) {
            synchronized (this) {
                // what waits meanwhile follows those that run
                running--;
            }
            throw e;
        }
    }

    /** Whether no request is handled or waits. */
    synchronized boolean idle() {
        return running == 0 && waiting.isEmpty();
    }

    private final class Turn implements Runnable {
        private final Runnable request;

        Turn(Runnable request) {
            this.request = request;
        }

        @Override
        public void run() {
            try {
                request.run();
            } finally {
                next();
            }
        }
    }

    /** Passes the place on to the request that waits longest, behind what other peers have handed in meanwhile. */
    private void next() {
        Runnable following;
        boolean idle = false;
        synchronized (this) {
            following = waiting.poll();
            if (following == null) {
                running--;
                idle = running == 0;
            }
        }
        if (following == null) {
            if (idle) {
                onIdle.run();
            }
            return;
        }
        Turn turn = new Turn(following);
        try {
            workers.execute(turn);
        } catch (RejectedExecutionException e) {
            // the threads are full of others' requests, or closing: this thread goes on
            turn.run();
        }
    }
}
