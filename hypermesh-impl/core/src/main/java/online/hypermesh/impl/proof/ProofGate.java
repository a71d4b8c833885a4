package online.hypermesh.impl.proof;

import java.util.Optional;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.api.proof.Participant;
import online.hypermesh.api.proof.ProofContext;

/**
 * Lets a transaction pass only when another gate does and the proofs that the policy asks for its module were presented. While
 * no policy is set, it changes nothing. Stateless and deterministic.
 */
public final class ProofGate implements TransactionGate {
    private final TransactionGate inner;

    /**
     * Creates the gate.
     *
     * @param inner what is asked first
     */
    public ProofGate(TransactionGate inner) {
        this.inner = inner;
    }

    @Override
    public Optional<Outcome.Refused> refusal(ExecutionContext context) {
        Optional<Outcome.Refused> refusal = inner.refusal(context);
        if (refusal.isPresent()) {
            return refusal;
        }
        String type = context.transaction().module();
        StateReader proofs = context.stateOf(Participant.MODULE);
        if (ProofRecords.policy(proofs).requirement(type).isEmpty()
                || ProofRecords.isGranted(
                        proofs,
                        context.sender(),
                        type,
                        ProofContext.operation(context.transaction()),
                        context.height())) {
            return Optional.empty();
        }
        return Optional.of(new Outcome.Refused(
                "PROOF_REQUIRED",
                "the policy asks for proofs for \"" + type
                        + "\"; present a bundle for this very transaction to the module " + Participant.MODULE));
    }
}
