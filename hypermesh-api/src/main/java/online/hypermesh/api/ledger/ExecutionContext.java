package online.hypermesh.api.ledger;

import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/** What a module may know besides its own state; the same on every node. */
public interface ExecutionContext {
    /**
     * The network's founding document.
     *
     * @return the genesis
     */
    Genesis genesis();

    /**
     * The transaction being executed.
     *
     * @return the transaction; its signature holds
     */
    Transaction transaction();

    /**
     * Identity of the sender.
     *
     * @return the sender
     */
    NodeId sender();

    /**
     * The transaction's id.
     *
     * @return the id
     */
    Digest transactionId();

    /**
     * Height of the block being executed.
     *
     * @return at least 1
     */
    long height();

    /**
     * Time of the block being executed.
     *
     * @return milliseconds since 1970
     */
    long timeMillis();

    /**
     * Version of the rules by which the addressed module executes in this epoch.
     *
     * @return at least 1, at most {@link LedgerModule#newestVersion()}
     */
    default int moduleVersion() {
        return 1;
    }

    /**
     * Another module's state, read-only, as of this point of the execution.
     *
     * @param module its name
     * @return its key space; empty for an unknown name
     */
    StateReader stateOf(String module);
}
