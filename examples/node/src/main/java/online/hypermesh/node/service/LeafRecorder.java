package online.hypermesh.node.service;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
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
    private final Map<NodeId, String> warned = new LinkedHashMap<>();

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
                failed(instruction, failure);
                keep(instruction);
            } else if (receipt.outcome() instanceof Outcome.Refused refused) {
                warn(instruction, refused.code() + " " + refused.detail() + "; its holder asks for another one");
            } else {
                recorded(instruction);
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
                failed(instruction, e);
                keep(instruction);
            }
        }
    }

    /** The last refusal of each subject's record that was not followed by a success. */
    List<String> warnings() {
        synchronized (warned) {
            return List.copyOf(warned.values());
        }
    }

    /** What only takes time is tried again in silence; a refusal is said once, although it is tried again too. */
    private void failed(CertificateInstruction.RecordLeaf instruction, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof CodedException coded && coded.retry() == Retry.NEVER) {
            warn(instruction, coded.codeName() + " " + coded.getMessage() + "; it is tried again");
        } else {
            LOG.log(
                    Level.DEBUG,
                    "leaf of {0} not recorded yet: {1}",
                    instruction.record().subject(),
                    cause);
        }
    }

    private void warn(CertificateInstruction.RecordLeaf instruction, String why) {
        NodeId subject = instruction.record().subject();
        String text = "record of a leaf of " + subject.toShortString() + " refused: " + why;
        boolean news;
        synchronized (warned) {
            news = !text.equals(warned.put(subject, text));
            if (warned.size() > NodeStatus.MAX_WARNINGS) {
                warned.remove(warned.keySet().iterator().next());
            }
        }
        if (news) {
            LOG.log(Level.WARNING, text);
        }
    }

    private void recorded(CertificateInstruction.RecordLeaf instruction) {
        synchronized (warned) {
            warned.remove(instruction.record().subject());
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
