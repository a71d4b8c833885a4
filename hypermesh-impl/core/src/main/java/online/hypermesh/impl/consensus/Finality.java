package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.ledger.Link;

/**
 * Why a block is final. Immutable.
 *
 * @param certificate of kind FINALIZE, for the block or, where it ends its epoch, for the last link
 * @param links from the block to the header the certificate names; usually empty
 */
public record Finality(Certificate certificate, List<Link> links) {
    /** From so many blocks on a Merkle path leads across them, not a link to each. */
    public static final int MAX_DIRECT_LINKS = 8;

    /**
     * Copies the list.
     *
     * @param certificate of kind FINALIZE
     * @param links to the header the certificate names
     */
    public Finality {
        links = List.copyOf(links);
    }
}
