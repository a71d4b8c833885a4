package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.impl.ledger.Receipts;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * A final block and what came of it. Immutable.
 *
 * @param id the block's id
 * @param block header and body
 * @param outcomes of its transactions, in their order
 * @param receipts proofs of the outcomes
 * @param stateRoot root of the state after it
 */
public record ExecutedBlock(Digest id, Block block, List<Outcome> outcomes, Receipts receipts, Digest stateRoot) {
    /**
     * Copies the list.
     *
     * @param id the block's id
     * @param block header and body
     * @param outcomes of its transactions
     * @param receipts proofs of the outcomes
     * @param stateRoot root of the state after it
     */
    public ExecutedBlock {
        outcomes = List.copyOf(outcomes);
    }
}
