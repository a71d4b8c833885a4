package online.hypermesh.stoq.base.crypto;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * The Merkle tree of RFC 9162 §2.1: leaves hashed with prefix 0x00, nodes with 0x01, split at the largest power of two
 * below the size. Thread-safe.
 */
public final class MerkleTree {
    private MerkleTree() {}

    /**
     * Hash of one leaf.
     *
     * @param leaf the leaf's bytes
     * @return SHA-256(0x00 ‖ leaf)
     */
    public static Digest leafHash(byte[] leaf) {
        MessageDigest sha = Hashing.sha256();
        sha.update((byte) 0);
        return Digest.finish(sha, leaf);
    }

    /**
     * Hash of an inner node.
     *
     * @param left left child
     * @param right right child
     * @return SHA-256(0x01 ‖ left ‖ right)
     */
    public static Digest nodeHash(Digest left, Digest right) {
        MessageDigest sha = Hashing.sha256();
        sha.update((byte) 1);
        left.feed(sha);
        return right.finish(sha);
    }

    /**
     * Root over leaf hashes; SHA-256 of nothing when there are none.
     *
     * @param leafHashes hashes made by {@link #leafHash}
     * @return the root
     */
    public static Digest root(List<Digest> leafHashes) {
        int n = leafHashes.size();
        if (n == 0) {
            return Digest.sha256(new byte[0]);
        }
        if (n == 1) {
            return leafHashes.get(0);
        }
        int k = Integer.highestOneBit(n - 1);
        return nodeHash(root(leafHashes.subList(0, k)), root(leafHashes.subList(k, n)));
    }

    /**
     * Inclusion path of one leaf (RFC 9162 §2.1.3.1), from the leaf's sibling upwards.
     *
     * @param leafHashes all leaf hashes
     * @param index the leaf
     * @return the path
     */
    public static List<Digest> path(List<Digest> leafHashes, int index) {
        int n = leafHashes.size();
        if (index < 0 || index >= n) {
            throw new IllegalArgumentException("index must be in 0.." + (n - 1) + ", was " + index);
        }
        List<Digest> path = new ArrayList<>();
        collectPath(leafHashes, index, path);
        return List.copyOf(path);
    }

    private static void collectPath(List<Digest> leaves, int index, List<Digest> path) {
        int n = leaves.size();
        if (n == 1) {
            return;
        }
        int k = Integer.highestOneBit(n - 1);
        if (index < k) {
            collectPath(leaves.subList(0, k), index, path);
            path.add(root(leaves.subList(k, n)));
        } else {
            collectPath(leaves.subList(k, n), index - k, path);
            path.add(root(leaves.subList(0, k)));
        }
    }

    /**
     * Checks an inclusion path (RFC 9162 §2.1.3.2).
     *
     * @param leafHash the leaf
     * @param index its index
     * @param size number of leaves in the tree
     * @param path from the leaf's sibling upwards
     * @param root the expected root
     * @return whether the leaf is in the tree at that index
     */
    public static boolean verify(Digest leafHash, long index, long size, List<Digest> path, Digest root) {
        if (index < 0 || index >= size) {
            return false;
        }
        long fn = index;
        long sn = size - 1;
        Digest r = leafHash;
        for (Digest p : path) {
            if (sn == 0) {
                return false;
            }
            if ((fn & 1) == 1 || fn == sn) {
                r = nodeHash(p, r);
                while ((fn & 1) == 0 && fn != 0) {
                    fn >>>= 1;
                    sn >>>= 1;
                }
            } else {
                r = nodeHash(r, p);
            }
            fn >>>= 1;
            sn >>>= 1;
        }
        return sn == 0 && r.equals(root);
    }
}
