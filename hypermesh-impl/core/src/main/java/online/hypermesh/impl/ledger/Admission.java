package online.hypermesh.impl.ledger;

import java.util.Optional;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Transaction;

/** What the gate would say to a transaction after one known block. Implementations are immutable and thread-safe. */
@FunctionalInterface
public interface Admission {
    /** Lets everything through; for ledgers without access control. */
    Admission OPEN = transaction -> Optional.empty();

    /**
     * Asks the gate.
     *
     * @param transaction one whose signature holds
     * @return empty to let it through, or the refusal
     */
    Optional<Outcome.Refused> refusal(Transaction transaction);
}
