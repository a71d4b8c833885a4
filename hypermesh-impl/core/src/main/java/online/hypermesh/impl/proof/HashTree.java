package online.hypermesh.impl.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * A Merkle tree of RFC 9162 with all its levels at hand, so that a path costs no hashing. Hashing level by level and carrying
 * an odd last node upwards gives the same tree as the RFC's recursion. Takes about 64 bytes a leaf. Immutable once built.
 */
public final class HashTree {
    private static final int LENGTH = Digest.LENGTH;

    private final List<byte[]> levels = new ArrayList<>();

    private HashTree(byte[] leaves) {
        levels.add(leaves);
        byte[] level = leaves;
        while (level.length > LENGTH) {
            int nodes = level.length / LENGTH;
            byte[] above = new byte[(nodes + 1) / 2 * LENGTH];
            for (int i = 0; i < nodes; i += 2) {
                byte[] hash = i + 1 < nodes
                        ? MerkleTree.nodeHash(at(level, i), at(level, i + 1)).toBytes()
                        : at(level, i).toBytes();
                System.arraycopy(hash, 0, above, i / 2 * LENGTH, LENGTH);
            }
            levels.add(above);
            level = above;
        }
    }

    /**
     * Hash of the root.
     *
     * @return the root
     */
    public Digest root() {
        return at(levels.get(levels.size() - 1), 0);
    }

    /**
     * Number of leaves.
     *
     * @return at least 1
     */
    public int leaves() {
        return levels.get(0).length / LENGTH;
    }

    /**
     * The leaf hashes one after the other.
     *
     * @return a copy
     */
    public byte[] leafHashes() {
        return levels.get(0).clone();
    }

    /**
     * Inclusion path of a leaf, from its sibling upwards.
     *
     * @param index 0..leaves-1
     * @return the path
     */
    public List<Digest> path(int index) {
        if (index < 0 || index >= leaves()) {
            throw new IllegalArgumentException("index must be in 0.." + (leaves() - 1) + ", was " + index);
        }
        List<Digest> path = new ArrayList<>(levels.size());
        int node = index;
        for (byte[] level : levels) {
            int sibling = node ^ 1;
            if (sibling < level.length / LENGTH) {
                path.add(at(level, sibling));
            }
            node >>>= 1;
        }
        return path;
    }

    private static Digest at(byte[] level, int node) {
        return Digest.of(Arrays.copyOfRange(level, node * LENGTH, (node + 1) * LENGTH));
    }

    /** Collects leaf hashes. Confined to one thread. */
    public static final class Builder {
        private byte[] leaves;
        private int size;

        /**
         * Creates a builder.
         *
         * @param expectedLeaves number of leaves expected
         */
        public Builder(int expectedLeaves) {
            leaves = new byte[Math.max(1, expectedLeaves) * LENGTH];
        }

        /**
         * Adds the next leaf.
         *
         * @param leafHash its hash
         * @return this
         */
        public Builder add(Digest leafHash) {
            if (size == leaves.length) {
                leaves = Arrays.copyOf(leaves, Math.multiplyExact(leaves.length, 2));
            }
            System.arraycopy(leafHash.toBytes(), 0, leaves, size, LENGTH);
            size += LENGTH;
            return this;
        }

        /**
         * Builds the tree.
         *
         * @return the tree over what was added, at least one leaf
         */
        public HashTree build() {
            if (size == 0) {
                throw new IllegalStateException("a tree has at least one leaf");
            }
            return new HashTree(Arrays.copyOf(leaves, size));
        }
    }
}
