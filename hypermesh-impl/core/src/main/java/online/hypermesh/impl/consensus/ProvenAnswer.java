package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * How an answer to catching up proves its last block, however many blocks stand between that block and the one its certificate
 * names: with a link across them. So who catches up takes any number of blocks in piece by piece and never holds one that
 * nothing proves. Deterministic.
 */
public final class ProvenAnswer {
    /** The finalized chain of the node that answers. */
    public interface Chain {
        /**
         * Height of the newest block.
         *
         * @return at least 0
         */
        long newest();

        /**
         * A header.
         *
         * @param height at most {@link #newest()}
         * @return the header, if the block is held
         */
        Optional<BlockHeader> header(long height);

        /**
         * A block with its finality.
         *
         * @param height at most {@link #newest()}
         * @return the block, if it is held
         */
        Optional<FinalizedBlock> block(long height);

        /**
         * The Merkle path from a block to {@code ancestorsRoot} of a later one.
         *
         * @param height of the block
         * @param descendant height of the later one
         * @return the path; empty when this node cannot make it
         */
        Optional<List<Digest>> path(long height, long descendant);
    }

    private ProvenAnswer() {}

    /**
     * Gives a block the links that lead to the header its certificate names.
     *
     * @param last the last block of an answer, as it is stored
     * @param chain the chain it stands in
     * @return the same with links, where it needs some and they can be made
     */
    public static FinalizedBlock prove(FinalizedBlock last, Chain chain) {
        VoteStatement names = last.certificate().statement();
        if (!last.links().isEmpty() || names.blockId().equals(last.block().id())) {
            return last;
        }
        long height = last.block().header().height();
        long nearest = nearest(height, names, chain);
        BlockHeader header = nearest == height ? null : chain.header(nearest).orElse(null);
        List<Digest> path =
                header == null ? List.of() : chain.path(height, nearest).orElse(List.of());
        if (header == null || path.isEmpty()) {
            return last;
        }
        List<Link> links = new ArrayList<>(List.of(new Link(header, path)));
        if (!header.id().equals(names.blockId())) {
            // The certificate names a block between the end of the epoch and its finality, or one not fetched yet.
            FinalizedBlock end = chain.block(nearest).orElse(last);
            if (!end.certificate().statement().equals(names) || end.links().isEmpty()) {
                return last;
            }
            links.addAll(end.links());
        }
        return new FinalizedBlock(last.block(), last.certificate(), links);
    }

    /** The highest block that stands in the certified view or before it. */
    private static long nearest(long height, VoteStatement names, Chain chain) {
        long low = height;
        long high = chain.newest();
        while (low < high) {
            long middle = low + (high - low + 1) / 2;
            boolean before = chain.header(middle)
                    .filter(h -> h.epoch() < names.epoch() || (h.epoch() == names.epoch() && h.view() <= names.view()))
                    .isPresent();
            if (before) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
