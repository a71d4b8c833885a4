package online.hypermesh.api.ledger;

import java.util.Optional;

/**
 * Decides before execution whether a sender may address a module; part of deterministic execution, so the same rules as
 * for {@link LedgerModule} hold. The kernel knows no policy of its own.
 */
@FunctionalInterface
public interface TransactionGate {
    /** Lets everything through; for ledgers without access control. */
    TransactionGate OPEN = context -> Optional.empty();

    /**
     * Decides on one transaction.
     *
     * @param context who, when, what; {@link ExecutionContext#stateOf} reads the policy
     * @return empty to let it through, or the refusal
     */
    Optional<Outcome.Refused> refusal(ExecutionContext context);
}
