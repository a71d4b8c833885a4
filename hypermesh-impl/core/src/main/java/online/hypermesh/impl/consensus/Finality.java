package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.ledger.BlockHeader;

/**
 * Why a block is final. Immutable.
 *
 * @param certificate of kind FINALIZE, for the block or, where it ends its epoch, for the last link
 * @param links headers from the block's successor up to the one the certificate names; usually empty
 */
public record Finality(Certificate certificate, List<BlockHeader> links) {
    /**
     * Copies the list.
     *
     * @param certificate of kind FINALIZE
     * @param links headers in between
     */
    public Finality {
        links = List.copyOf(links);
    }
}
