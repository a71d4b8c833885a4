package online.hypermesh.trustchain.testing;

import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/** One transaction in one block. */
public record TestContext(Genesis genesis, Transaction transaction, long timeMillis) implements ExecutionContext {
    /** Executes a payload as the transaction of a sender in a block of a time. */
    public static Outcome run(
            LedgerModule module,
            MapState state,
            TestNetwork network,
            SigningKey sender,
            long timeMillis,
            byte[] payload) {
        Transaction transaction = Transaction.sign(network.id(), sender, 1, module.name(), payload);
        return module.execute(new TestContext(network.genesis, transaction, timeMillis), payload, state);
    }

    @Override
    public NodeId sender() {
        return transaction.senderId();
    }

    @Override
    public Digest transactionId() {
        return transaction.id();
    }

    @Override
    public long height() {
        return 5;
    }

    @Override
    public StateReader stateOf(String module) {
        return key -> java.util.Optional.empty();
    }
}
