package online.hypermesh.impl.ledger;

import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.OrderedRead;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateWriter;

/** The ledger's own module of reads in the order of all transactions. Stateless and deterministic. */
final class ReadsModule implements LedgerModule {
    @Override
    public String name() {
        return OrderedRead.MODULE;
    }

    @Override
    public void initialize(Genesis genesis, StateWriter state) {
        // It keeps nothing.
    }

    @Override
    public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
        OrderedRead read = OrderedRead.decode(payload);
        return OrderedRead.outcome(context.stateOf(read.module()).get(read.key()));
    }
}
