package online.hypermesh.trustchain.log;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.trustchain.api.log.ConsistencyProof;
import online.hypermesh.trustchain.api.log.InclusionProof;

/**
 * A growing Merkle tree (RFC 9162 §2.1) that keeps the hash of every complete subtree, so that adding costs O(1) amortised
 * and roots and proofs cost O(log² n). Confined.
 */
final class HashTree {
    /** {@code levels.get(k).get(i)} is the hash of leaves i·2^k .. (i+1)·2^k − 1. */
    private final List<List<Digest>> levels = new ArrayList<>();

    HashTree() {
        levels.add(new ArrayList<>());
    }

    int size() {
        return levels.get(0).size();
    }

    void add(Digest leafHash) {
        Digest hash = leafHash;
        for (int k = 0; ; k++) {
            if (k == levels.size()) {
                levels.add(new ArrayList<>());
            }
            List<Digest> level = levels.get(k);
            level.add(hash);
            int n = level.size();
            if ((n & 1) == 1) {
                return;
            }
            hash = MerkleTree.nodeHash(level.get(n - 2), level.get(n - 1));
        }
    }

    Digest root(int size) {
        return size == 0 ? Digest.sha256(new byte[0]) : range(0, size);
    }

    InclusionProof inclusion(int index, int size) {
        List<Digest> path = new ArrayList<>();
        collectPath(index, 0, size, path);
        return new InclusionProof(index, size, path);
    }

    ConsistencyProof consistency(int oldSize, int newSize) {
        List<Digest> path = new ArrayList<>();
        collectConsistency(oldSize, 0, newSize, true, path);
        return new ConsistencyProof(oldSize, newSize, path);
    }

    private Digest range(int from, int to) {
        int n = to - from;
        if (Integer.bitCount(n) == 1) {
            int k = Integer.numberOfTrailingZeros(n);
            return levels.get(k).get(from >>> k);
        }
        int k = Integer.highestOneBit(n - 1);
        return MerkleTree.nodeHash(range(from, from + k), range(from + k, to));
    }

    private void collectPath(int index, int from, int to, List<Digest> path) {
        int n = to - from;
        if (n == 1) {
            return;
        }
        int middle = from + Integer.highestOneBit(n - 1);
        if (index < middle) {
            collectPath(index, from, middle, path);
            path.add(range(middle, to));
        } else {
            collectPath(index, middle, to, path);
            path.add(range(from, middle));
        }
    }

    private void collectConsistency(int oldEnd, int from, int to, boolean oldIsWhole, List<Digest> path) {
        if (oldEnd == to) {
            if (!oldIsWhole) {
                path.add(range(from, to));
            }
            return;
        }
        int middle = from + Integer.highestOneBit(to - from - 1);
        if (oldEnd <= middle) {
            collectConsistency(oldEnd, from, middle, oldIsWhole, path);
            path.add(range(middle, to));
        } else {
            collectConsistency(oldEnd, middle, to, false, path);
            path.add(range(from, middle));
        }
    }
}
