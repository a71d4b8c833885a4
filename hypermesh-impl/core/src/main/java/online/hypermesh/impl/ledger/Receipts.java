package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/** The Merkle tree over what came of one block's transactions; its root stands in the header of the block's child. Immutable. */
public final class Receipts {
    private final List<Digest> ids;
    private final List<Outcome> outcomes;
    private final List<Digest> leaves;

    private Receipts(List<Digest> ids, List<Outcome> outcomes) {
        this.ids = List.copyOf(ids);
        this.outcomes = List.copyOf(outcomes);
        List<Digest> hashes = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            hashes.add(MerkleTree.leafHash(Receipt.leaf(ids.get(i), outcomes.get(i))));
        }
        this.leaves = List.copyOf(hashes);
    }

    /**
     * The tree of an executed block.
     *
     * @param block the block
     * @param outcomes what came of its transactions, in their order
     * @return the tree
     */
    public static Receipts of(Block block, List<Outcome> outcomes) {
        if (outcomes.size() != block.transactions().size()) {
            throw new IllegalArgumentException("a block of " + block.transactions().size()
                    + " transactions has as many outcomes, got " + outcomes.size());
        }
        return new Receipts(
                block.transactions().stream().map(t -> t.id()).toList(), outcomes);
    }

    /**
     * Number of transactions.
     *
     * @return at least 0
     */
    public int size() {
        return ids.size();
    }

    /**
     * The id of a transaction.
     *
     * @param index its position
     * @return the id
     */
    public Digest transactionId(int index) {
        return ids.get(index);
    }

    /**
     * The outcomes in order.
     *
     * @return an unmodifiable list
     */
    public List<Outcome> outcomes() {
        return outcomes;
    }

    /**
     * The value of the child's {@code parentReceiptsRoot}.
     *
     * @return the root
     */
    public Digest root() {
        return MerkleTree.root(leaves);
    }

    /**
     * Proof of what came of one transaction.
     *
     * @param index its position in the block
     * @param child header of the block's child
     * @param certificate finality of the child, or of a descendant
     * @param links headers from the child's successor up to the certified one; empty when the child is certified itself
     * @return the receipt
     */
    public Receipt receipt(int index, BlockHeader child, Certificate certificate, List<BlockHeader> links) {
        return new Receipt(
                ids.get(index),
                outcomes.get(index),
                index,
                ids.size(),
                MerkleTree.path(leaves, index),
                child,
                certificate,
                links);
    }
}
