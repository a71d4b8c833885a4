package online.hypermesh.impl.consensus.driver;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.consensus.ProvenAnswer;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * The finalized chain as this node stores it.
 *
 * @param storage its blocks
 * @param paths between them
 */
record StoredChain(BlockStorage storage, AncestorPaths paths) implements ProvenAnswer.Chain {
    @Override
    public long newest() {
        return storage.height();
    }

    @Override
    public Optional<BlockHeader> header(long height) {
        return storage.readHeader(height);
    }

    @Override
    public Optional<FinalizedBlock> block(long height) {
        return storage.read(height);
    }

    @Override
    public Optional<List<Digest>> path(long height, long descendant) {
        return paths.path(height, descendant);
    }
}
