package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.trustchain.api.TransactionSender;
import online.hypermesh.trustchain.api.certificates.CertificateInstruction;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;

/**
 * Brings every leaf this node issued into the ledger. Leaves issued before there is a ledger wait; what cannot be recorded
 * for a while is tried again. A leaf whose record is lost with this process is renewed by its holder. Thread-safe.
 */
final class LeafRecorder {
    private static final Logger LOG = System.getLogger(LeafRecorder.class.getName());
    private static final int MAX_WAITING = 4_096;
    private static final long PATIENCE_SECONDS = 15;

    private final DeferredLedger ledger;
    private final TransactionSender transactions;
    private final Queue<CertificateInstruction.RecordLeaf> waiting = new ArrayDeque<>();

    LeafRecorder(DeferredLedger ledger, TransactionSender transactions) {
        this.ledger = ledger;
        this.transactions = transactions;
    }

    /** Records a leaf; completes when its record is final, or with the reason why it is not yet. */
    CompletableFuture<Receipt> record(CertificateInstruction.RecordLeaf instruction) {
        if (!ledger.isStarted()) {
            keep(instruction);
            return CompletableFuture.failedFuture(new IllegalStateException("no ledger yet; the record waits"));
        }
        CompletableFuture<Receipt> result = transactions
                .send(CertificateRecord.MODULE, instruction.encode())
                .toCompletableFuture()
                .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return result.whenComplete((receipt, failure) -> {
            if (failure != null) {
                LOG.log(
                        Level.DEBUG,
                        "leaf of {0} not recorded yet: {1}",
                        instruction.record().subject(),
                        failure);
                keep(instruction);
            } else if (receipt.outcome() instanceof Outcome.Refused refused) {
                LOG.log(
                        Level.WARNING,
                        "record of a leaf of {0} refused: {1} {2}",
                        instruction.record().subject().toShortString(),
                        refused.code(),
                        refused.detail());
            }
        });
    }

    /** Tries again what waits; called now and then, and when the ledger starts. */
    void retry() {
        if (!ledger.isStarted()) {
            return;
        }
        Queue<CertificateInstruction.RecordLeaf> due;
        synchronized (waiting) {
            due = new ArrayDeque<>(waiting);
            waiting.clear();
        }
        for (CertificateInstruction.RecordLeaf instruction : due) {
            try {
                record(instruction).exceptionally(e -> null);
            } catch (CodedException e) {
                LOG.log(Level.DEBUG, "leaf not recorded yet: {0}", e.getMessage());
                keep(instruction);
            }
        }
    }

    private void keep(CertificateInstruction.RecordLeaf instruction) {
        synchronized (waiting) {
            if (waiting.size() < MAX_WAITING) {
                waiting.add(instruction);
            } else {
                LOG.log(Level.WARNING, "{0} leaves wait for their record; one more is dropped", MAX_WAITING);
            }
        }
    }
}
