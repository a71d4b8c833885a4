package online.hypermesh.stoq.base.crypto;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proof that consecutive leaves stand at their place in a {@link MerkleTree}: the hashes of the largest subtrees beside them,
 * from left to right. At most two per level. Thread-safe.
 */
public final class MerkleRange {
    /** Most hashes in a proof over up to 2^31 leaves. */
    public static final int MAX_PATH = 64;

    private MerkleRange() {}

    /**
     * The proof for a range of leaves.
     *
     * @param leafHashes all leaf hashes
     * @param from first leaf of the range
     * @param to the leaf after the range, larger than {@code from}
     * @return the path
     */
    public static List<Digest> path(List<Digest> leafHashes, int from, int to) {
        checkRange(from, to, leafHashes.size());
        List<Digest> path = new ArrayList<>();
        collect(leafHashes, 0, from, to, path);
        return List.copyOf(path);
    }

    private static void collect(List<Digest> leaves, int low, int from, int to, List<Digest> path) {
        int high = low + leaves.size();
        if (high <= from || low >= to) {
            path.add(MerkleTree.root(leaves));
        } else if (low < from || high > to) {
            int k = Integer.highestOneBit(leaves.size() - 1);
            collect(leaves.subList(0, k), low, from, to, path);
            collect(leaves.subList(k, leaves.size()), low + k, from, to, path);
        }
    }

    /**
     * Checks a range against a root.
     *
     * @param range hashes of the leaves claimed
     * @param from place of the first one
     * @param size number of leaves in the tree
     * @param path what {@link #path} returned
     * @param root the root
     * @return whether they stand there
     */
    public static boolean verify(List<Digest> range, int from, int size, List<Digest> path, Digest root) {
        if (range.isEmpty()
                || from < 0
                || size < range.size()
                || from > size - range.size()
                || path.size() > MAX_PATH) {
            return false;
        }
        Iterator<Digest> beside = path.iterator();
        Digest found = fold(range, from, 0, size, beside);
        return found != null && !beside.hasNext() && found.equals(root);
    }

    private static @Nullable Digest fold(List<Digest> range, int from, int low, int high, Iterator<Digest> beside) {
        int to = from + range.size();
        if (high <= from || low >= to) {
            return beside.hasNext() ? beside.next() : null;
        }
        if (low >= from && high <= to) {
            return MerkleTree.root(range.subList(low - from, high - from));
        }
        int k = Integer.highestOneBit(high - low - 1);
        Digest left = fold(range, from, low, low + k, beside);
        if (left == null) {
            return null;
        }
        Digest right = fold(range, from, low + k, high, beside);
        return right == null ? null : MerkleTree.nodeHash(left, right);
    }

    private static void checkRange(int from, int to, int size) {
        if (from < 0 || from >= to || to > size) {
            throw new IllegalArgumentException("a range within " + size + " leaves, got " + from + ".." + to);
        }
    }
}
