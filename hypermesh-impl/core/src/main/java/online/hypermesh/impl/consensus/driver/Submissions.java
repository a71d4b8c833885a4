package online.hypermesh.impl.consensus.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.PendingTransactions;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/** Takes transactions and bundles in and promises their outcomes. Thread-safe. */
final class Submissions {
    private final Lifecycle life;
    private final PendingTransactions pending;
    private final Inbox inbox;
    private final Announcer announcer;

    Submissions(Lifecycle life, PendingTransactions pending, Inbox inbox, Announcer announcer) {
        this.life = life;
        this.pending = pending;
        this.inbox = inbox;
        this.announcer = announcer;
    }

    <R> Submission<R> take(BodyEntry entry, Function<Announcer.Certified, R> receipt) {
        List<BodyEntry> taken = new ArrayList<>(1);
        Admitted<R> admitted = admit(entry, receipt, taken);
        hand(taken);
        return admitted.submission;
    }

    private record Admitted<R>(Submission<R> submission, boolean lacksRoom) {}

    /**
     * Several at once; what is taken in reaches consensus, and the other nodes, together. Where there is no room for one,
     * there is none for those after it: their nonces are above its.
     */
    List<Submission<Receipt>> takeAll(List<Transaction> transactions) {
        List<BodyEntry> taken = new ArrayList<>(transactions.size());
        List<Submission<Receipt>> submissions = new ArrayList<>(transactions.size());
        boolean lacksRoom = false;
        for (Transaction t : transactions) {
            if (lacksRoom) {
                submissions.add(refused(new HypermeshException(
                        Code.BUSY, Retry.SAME_CALL, "there was no room for a transaction of the same message before")));
                continue;
            }
            Admitted<Receipt> admitted = admit(t, Announcer.Certified::receipt, taken);
            submissions.add(admitted.submission);
            lacksRoom = admitted.lacksRoom;
        }
        hand(taken);
        return submissions;
    }

    private <R> Admitted<R> admit(BodyEntry entry, Function<Announcer.Certified, R> receipt, List<BodyEntry> taken) {
        HypermeshException broken = life.failure();
        if (broken != null || !life.isOpen()) {
            return new Admitted<>(refused(broken != null ? broken : Lifecycle.closedError()), false);
        }
        Digest id = entry.id();
        Announcer.Expected expected;
        try {
            expected = announcer.expect(id, System.nanoTime());
        } catch (HypermeshException busy) {
            return new Admitted<>(refused(busy), true);
        }
        boolean lacksRoom = false;
        Verdict verdict = pending.offer(entry);
        if (verdict instanceof Verdict.Rejected r && expected.first() && !pending.contains(id)) {
            lacksRoom = r.code() == Code.BUSY;
            announcer.refuse(
                    id,
                    new HypermeshException(
                            r.code(), r.code() == Code.BUSY ? Retry.SAME_CALL : Retry.NEVER, r.detail()));
        } else if (verdict.accepted()) {
            taken.add(entry);
        }
        return new Admitted<>(
                new Submission<>(expected.ordered(), expected.certified().thenApply(receipt)), lacksRoom);
    }

    private void hand(List<BodyEntry> taken) {
        if (!taken.isEmpty() && !inbox.own(new Event.Taken(taken, true))) {
            for (BodyEntry entry : taken) {
                announcer.refuse(
                        entry.id(),
                        new HypermeshException(
                                Code.BUSY,
                                Retry.SAME_CALL,
                                Inbox.MAX_OWN + " events wait for the consensus thread; submit more slowly"));
            }
        }
    }

    private static <R> Submission<R> refused(HypermeshException e) {
        return new Submission<>(CompletableFuture.failedStage(e), CompletableFuture.failedStage(e));
    }
}
