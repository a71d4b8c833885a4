package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * The right edge of the Merkle tree (RFC 9162 §2.1) over the ids of all blocks of a chain: as much of it as is needed to add
 * the next one and to tell the root, one hash per bit of the count. Immutable.
 */
public final class AncestorFrontier {
    /** Of no block. */
    public static final AncestorFrontier EMPTY = new AncestorFrontier(0, List.of());

    private final long size;
    /** Roots of full subtrees, the largest first, one for each set bit of the size. */
    private final List<Digest> peaks;

    private AncestorFrontier(long size, List<Digest> peaks) {
        this.size = size;
        this.peaks = peaks;
    }

    /**
     * Puts a frontier together from its parts.
     *
     * @param size number of blocks
     * @param peaks roots of full subtrees, the largest first
     * @return the frontier
     * @throws IllegalArgumentException if the size has another number of set bits than there are peaks
     */
    public static AncestorFrontier of(long size, List<Digest> peaks) {
        if (size < 0 || Long.bitCount(size) != peaks.size()) {
            throw new IllegalArgumentException(
                    size + " blocks have " + Long.bitCount(size) + " peaks, got " + peaks.size());
        }
        return new AncestorFrontier(size, List.copyOf(peaks));
    }

    /**
     * Leaf of a block.
     *
     * @param id the block's id
     * @return the leaf's hash
     */
    public static Digest leaf(Digest id) {
        return MerkleTree.leafHash(id.toBytes());
    }

    /**
     * Number of blocks.
     *
     * @return at least 0
     */
    public long size() {
        return size;
    }

    /**
     * Roots of full subtrees.
     *
     * @return the largest first
     */
    public List<Digest> peaks() {
        return peaks;
    }

    /**
     * With one more block.
     *
     * @param id its id
     * @return the new frontier
     */
    public AncestorFrontier with(Digest id) {
        List<Digest> next = new ArrayList<>(peaks);
        Digest hash = leaf(id);
        for (long rest = size; (rest & 1) == 1; rest >>= 1) {
            hash = MerkleTree.nodeHash(next.remove(next.size() - 1), hash);
        }
        next.add(hash);
        return new AncestorFrontier(size + 1, List.copyOf(next));
    }

    /**
     * The path from the next block to {@code ancestorsRoot} of a later one.
     *
     * @param ids of the next block and of all after it below the later one, at least one
     * @return hashes from the leaf's sibling upwards
     */
    public List<Digest> path(List<Digest> ids) {
        List<Digest> leaves = ids.stream().map(AncestorFrontier::leaf).toList();
        List<Digest> path = new ArrayList<>();
        // Descends to the leaf: what lies on the left is the next peak, what lies on the right is made of the ids.
        long from = 0;
        long to = size + leaves.size();
        int peak = 0;
        while (to - from > 1) {
            long middle = from + Long.highestOneBit(to - from - 1);
            if (size < middle) {
                path.add(MerkleTree.root(leaves.subList((int) (middle - size), (int) (to - size))));
                to = middle;
            } else {
                path.add(peaks.get(peak++));
                from = middle;
            }
        }
        Collections.reverse(path);
        return path;
    }

    /**
     * The value of {@code ancestorsRoot} in the header of the next block.
     *
     * @return the root; that of no leaves when empty
     */
    public Digest root() {
        if (peaks.isEmpty()) {
            return MerkleTree.root(List.of());
        }
        Digest hash = peaks.get(peaks.size() - 1);
        for (int i = peaks.size() - 2; i >= 0; i--) {
            hash = MerkleTree.nodeHash(peaks.get(i), hash);
        }
        return hash;
    }
}
