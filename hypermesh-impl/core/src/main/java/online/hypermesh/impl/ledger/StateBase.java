package online.hypermesh.impl.ledger;

import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * What a tree needs to go on from a finalized block without the blocks before it. Immutable.
 *
 * @param header the block's header; it does not end its epoch
 * @param state the state after it
 * @param frontier of the ids of all blocks up to it
 * @param receiptsRoot root over its receipts
 */
public record StateBase(BlockHeader header, StateTree state, AncestorFrontier frontier, Digest receiptsRoot) {
    /**
     * Checks what does not need a certificate.
     *
     * @param header the block's header
     * @param state the state after it
     * @param frontier of the ids of all blocks up to it
     * @param receiptsRoot root over its receipts
     * @throws IllegalArgumentException if the block ends its epoch, or the frontier is of another height
     */
    public StateBase {
        if (header.isClosing()) {
            throw new IllegalArgumentException("block " + header.height() + " ends its epoch; go on from another");
        }
        if (frontier.size() != header.height() + 1) {
            throw new IllegalArgumentException("block " + header.height() + " has a frontier of "
                    + (header.height() + 1) + " blocks, not of " + frontier.size());
        }
    }
}
