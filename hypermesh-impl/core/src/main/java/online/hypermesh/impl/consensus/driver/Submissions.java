package online.hypermesh.impl.consensus.driver;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.BodyEntry;
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
        HypermeshException broken = life.failure();
        if (broken != null || !life.isOpen()) {
            return refused(broken != null ? broken : Lifecycle.closedError());
        }
        Digest id = entry.id();
        Announcer.Expected expected;
        try {
            expected = announcer.expect(id, System.nanoTime());
        } catch (HypermeshException busy) {
            return refused(busy);
        }
        Verdict verdict = pending.offer(entry);
        if (verdict instanceof Verdict.Rejected r && expected.first() && !pending.contains(id)) {
            announcer.refuse(
                    id,
                    new HypermeshException(
                            r.code(), r.code() == Code.BUSY ? Retry.SAME_CALL : Retry.NEVER, r.detail()));
        } else if (verdict.accepted() && !inbox.own(new Event.Taken(List.of(entry), true))) {
            announcer.refuse(
                    id,
                    new HypermeshException(
                            Code.BUSY,
                            Retry.SAME_CALL,
                            Inbox.MAX_OWN + " events wait for the consensus thread; submit more slowly"));
        }
        return new Submission<>(expected.ordered(), expected.certified().thenApply(receipt));
    }

    private static <R> Submission<R> refused(HypermeshException e) {
        return new Submission<>(CompletableFuture.failedStage(e), CompletableFuture.failedStage(e));
    }
}
