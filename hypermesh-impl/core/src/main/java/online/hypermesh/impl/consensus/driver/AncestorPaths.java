package online.hypermesh.impl.consensus.driver;

import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Digest;

/** Merkle paths between blocks of the finalized chain. */
@FunctionalInterface
interface AncestorPaths {
    /**
     * The path from a block to {@code ancestorsRoot} of a later one.
     *
     * @param height of the block
     * @param descendant height of the later one
     * @return hashes from the leaf's sibling upwards; empty when this node does not hold what it needs
     */
    Optional<List<Digest>> path(long height, long descendant);
}
