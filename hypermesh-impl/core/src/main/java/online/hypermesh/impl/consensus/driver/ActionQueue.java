package online.hypermesh.impl.consensus.driver;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.VoteRecord;
import org.jspecify.annotations.Nullable;

/**
 * Performs the core's actions in their order. What comes after a vote waits until the vote is durable; a thread of its own
 * syncs the vote log meanwhile, for as many votes at once as there are, and sends the messages that waited, while the core
 * goes on. Whatever the core does in between stays inside this process: nothing leaves it out of turn. Confined to the
 * consensus thread but for what that thread starts; the vote log is used by one of the two at a time.
 */
final class ActionQueue {
    /** With more actions than these waiting, the core waits, too. */
    static final int MAX_WAITING = 1024;

    private static final long CLOSE_SECONDS = 5;

    /** Where votes become durable. Used by one thread at a time. */
    interface Votes {
        /** Adds a vote to the next flush. */
        void append(VoteRecord record);

        /** Whether votes wait for a flush. */
        boolean isDirty();

        /**
         * Makes all of them durable.
         *
         * @throws HypermeshException STORAGE_FAILED, now and ever after
         */
        void flush();
    }

    private final Votes votes;
    private final Consumer<Action> performer;
    private final Runnable wake;
    private final ThreadPoolExecutor syncThread = WorkerThread.of("consensus-votes", 1);
    private final Deque<Action> waiting = new ArrayDeque<>();
    /** What is performed when the sync that runs has succeeded. */
    private List<Action> covered = List.of();

    private @Nullable CompletableFuture<Integer> sync;
    /** An epoch's end waits: it is carried out before the core finds another one. */
    private boolean epochEnds;

    /**
     * @param votes the vote log
     * @param performer performs what is not a vote to remember; messages also on the thread that syncs
     * @param wake has the consensus thread look at this queue again
     */
    ActionQueue(Votes votes, Consumer<Action> performer, Runnable wake) {
        this.votes = votes;
        this.performer = performer;
        this.wake = wake;
    }

    void add(List<Action> actions) {
        for (Action action : actions) {
            waiting.add(action);
            epochEnds |= endsEpoch(action);
        }
    }

    /** Whether the core may go on with events; if not, {@link #drain()} comes first. */
    boolean hasRoom() {
        return waiting.size() + covered.size() <= MAX_WAITING && !epochEnds;
    }

    /**
     * Performs what may be performed now.
     *
     * @throws HypermeshException when the vote log cannot be written, or an action failed
     */
    void advance() throws InterruptedException {
        CompletableFuture<Integer> running = sync;
        while (running == null || running.isDone()) {
            if (running != null) {
                finish(running);
            }
            performUpToVotes();
            if (!votes.isDirty()) {
                return;
            }
            begin();
            running = sync;
        }
    }

    /** Performs everything, however long that takes. */
    void drain() throws InterruptedException {
        advance();
        CompletableFuture<Integer> running = sync;
        while (running != null) {
            finish(running);
            advance();
            running = sync;
        }
        epochEnds = false;
    }

    private void performUpToVotes() {
        while (!waiting.isEmpty()) {
            Action next = waiting.peek();
            if (next instanceof Action.Persist p) {
                votes.append(p.record());
            } else if (votes.isDirty()) {
                return;
            } else {
                performer.accept(next);
            }
            waiting.poll();
        }
    }

    /** One sync makes all votes durable that wait, but for those of the next epoch: the block that ends this one comes first. */
    private void begin() {
        List<Action> after = new ArrayList<>();
        while (!waiting.isEmpty()) {
            Action next = waiting.poll();
            if (next instanceof Action.Persist p) {
                votes.append(p.record());
            } else {
                after.add(next);
                if (endsEpoch(next)) {
                    break;
                }
            }
        }
        covered = after;
        CompletableFuture<Integer> result = new CompletableFuture<>();
        sync = result;
        syncThread.execute(() -> syncAndSend(after, result));
    }

    /** Tells how many of the actions it performed, and wakes the consensus thread only then. */
    private void syncAndSend(List<Action> after, CompletableFuture<Integer> result) {
        try {
            votes.flush();
            int sent = 0;
            while (sent < after.size() && isMessage(after.get(sent))) {
                performer.accept(after.get(sent));
                sent++;
            }
            result.complete(sent);
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        } finally {
            wake.run();
        }
    }

    private void finish(CompletableFuture<Integer> running) throws InterruptedException {
        int sent;
        try {
            sent = running.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException known) {
                throw known;
            }
            throw new IllegalStateException("the vote log was not synced", e.getCause());
        }
        sync = null;
        List<Action> rest = covered.subList(sent, covered.size());
        covered = List.of();
        rest.forEach(performer);
    }

    private static boolean isMessage(Action action) {
        return action instanceof Action.Send || action instanceof Action.Broadcast;
    }

    private static boolean endsEpoch(Action action) {
        return action instanceof Action.Finalized f && f.endsEpoch();
    }

    /** Performs nothing more; the vote log is not in use afterwards. */
    void close() {
        syncThread.shutdown();
        boolean interrupted = false;
        try {
            if (!syncThread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                syncThread.shutdownNow();
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
