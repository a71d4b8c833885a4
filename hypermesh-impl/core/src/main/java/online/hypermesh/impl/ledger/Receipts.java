package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleRange;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import org.jspecify.annotations.Nullable;

/**
 * The Merkle tree over what came of one block's transactions; its root stands in the header of the block's child.
 * Immutable and thread-safe; the paths of all transactions are computed together, when the first is asked for.
 */
public final class Receipts {
    /** Of a block without transactions. */
    public static final Receipts NONE = new Receipts(List.of(), List.of());

    private final List<Digest> ids;
    private final List<Outcome> outcomes;
    private final List<Digest> leaves;
    private final Digest root;
    private @Nullable List<List<Digest>> paths;

    private Receipts(List<Digest> ids, List<Outcome> outcomes) {
        this.ids = List.copyOf(ids);
        this.outcomes = List.copyOf(outcomes);
        List<Digest> hashes = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            hashes.add(MerkleTree.leafHash(Receipt.leaf(ids.get(i), outcomes.get(i))));
        }
        this.leaves = List.copyOf(hashes);
        this.root = MerkleTree.root(leaves);
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
            throw new IllegalArgumentException("a block of "
                    + block.transactions().size() + " transactions has as many outcomes, got " + outcomes.size());
        }
        return new Receipts(block.transactions().stream().map(Transaction::id).toList(), outcomes);
    }

    /**
     * The value of the child's {@code parentReceiptsRoot}.
     *
     * @return the root
     */
    public Digest root() {
        return root;
    }

    /**
     * Proof of what came of one transaction.
     *
     * @param index its position in the block
     * @param child header of the block's child
     * @param certificate finality of the child, or of a descendant
     * @param links from the child to the certified header; empty when the child is certified itself
     * @return the receipt
     */
    public Receipt receipt(int index, BlockHeader child, Certificate certificate, List<Link> links) {
        return new Receipt(
                ids.get(index), outcomes.get(index), index, ids.size(), paths().get(index), child, certificate, links);
    }

    /**
     * Proof of what came of all transactions of a bundle.
     *
     * @param bundle one of the block's entries
     * @param index position of its first transaction in the block
     * @param child header of the block's child
     * @param certificate finality of the child, or of a descendant
     * @param links from the child to the certified header; empty when the child is certified itself
     * @return the receipt
     */
    public BundleReceipt receipt(
            Bundle bundle, int index, BlockHeader child, Certificate certificate, List<Link> links) {
        int end = index + bundle.transactions().size();
        return new BundleReceipt(
                bundle.id(),
                outcomes.subList(index, end),
                index,
                ids.size(),
                MerkleRange.path(leaves, index, end),
                child,
                certificate,
                links);
    }

    private synchronized List<List<Digest>> paths() {
        List<List<Digest>> known = paths;
        if (known == null) {
            known = new ArrayList<>(leaves.size());
            for (int i = 0; i < leaves.size(); i++) {
                known.add(new ArrayList<>());
            }
            climb(leaves, known);
            paths = known;
        }
        return known;
    }

    /** Adds to every path of a subtree what lies beside it, and returns the subtree's root. */
    private static Digest climb(List<Digest> leaves, List<List<Digest>> paths) {
        int n = leaves.size();
        if (n == 1) {
            return leaves.get(0);
        }
        int k = Integer.highestOneBit(n - 1);
        Digest left = climb(leaves.subList(0, k), paths.subList(0, k));
        Digest right = climb(leaves.subList(k, n), paths.subList(k, n));
        paths.subList(0, k).forEach(p -> p.add(right));
        paths.subList(k, n).forEach(p -> p.add(left));
        return MerkleTree.nodeHash(left, right);
    }
}
