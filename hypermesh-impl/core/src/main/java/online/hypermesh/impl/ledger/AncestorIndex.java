package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * The Merkle tree (RFC 9162 §2.1) over the ids of all blocks of a chain, by height, from which paths to any of its earlier
 * roots are read. Of every {@value #CHUNK} leaves it keeps one hash, about four bytes per block with those above, and asks for
 * the ids of at most two chunks when it makes a path. Thread-safe.
 */
public final class AncestorIndex {
    /** Leaves below the lowest hashes that are kept. */
    public static final int CHUNK = 16;

    private static final int CHUNK_LEVEL = 4;
    private static final int PAGE = 1024;

    /** Hashes of full subtrees of one level, in pages. */
    private static final class Level {
        private final List<byte[]> pages = new ArrayList<>();
        private int size;

        void add(Digest hash) {
            if (size % PAGE == 0) {
                pages.add(new byte[PAGE * Digest.LENGTH]);
            }
            System.arraycopy(hash.toBytes(), 0, pages.get(size / PAGE), size % PAGE * Digest.LENGTH, Digest.LENGTH);
            size++;
        }

        Digest get(long index) {
            byte[] hash = new byte[Digest.LENGTH];
            int i = Math.toIntExact(index);
            System.arraycopy(pages.get(i / PAGE), i % PAGE * Digest.LENGTH, hash, 0, Digest.LENGTH);
            return Digest.of(hash);
        }
    }

    private final LongFunction<Digest> ids;
    private final List<Level> levels = new ArrayList<>();
    /** Leaves of the chunk that is not full yet. */
    private final List<Digest> open = new ArrayList<>(CHUNK);

    private long size;

    /**
     * Creates an index of no block.
     *
     * @param ids the id of the block of a height below {@link #size()}; called outside locks, may throw
     */
    public AncestorIndex(LongFunction<Digest> ids) {
        this.ids = ids;
    }

    /**
     * Number of blocks, which is the height of the next one.
     *
     * @return at least 0
     */
    public synchronized long size() {
        return size;
    }

    /**
     * Takes the next block in.
     *
     * @param id its id
     */
    public synchronized void add(Digest id) {
        open.add(AncestorFrontier.leaf(id));
        size++;
        if (open.size() == CHUNK) {
            Digest hash = MerkleTree.root(open);
            open.clear();
            int level = 0;
            long index = size / CHUNK - 1;
            while (true) {
                if (levels.size() == level) {
                    levels.add(new Level());
                }
                Level at = levels.get(level);
                at.add(hash);
                if ((index & 1) == 0) {
                    return;
                }
                hash = MerkleTree.nodeHash(at.get(index - 1), hash);
                index >>= 1;
                level++;
            }
        }
    }

    /**
     * The path from a block to {@code ancestorsRoot} of a later one.
     *
     * @param height of the block, at least 0
     * @param anchorHeight of the later one, at most {@link #size()}
     * @return hashes from the leaf's sibling upwards
     */
    public List<Digest> path(long height, long anchorHeight) {
        if (height < 0 || height >= anchorHeight || anchorHeight > size()) {
            throw new IllegalArgumentException("height must be in 0.." + (anchorHeight - 1)
                    + " and the anchor's at most " + size() + ", was " + height + " and " + anchorHeight);
        }
        List<Digest> path = new ArrayList<>();
        collect(height, 0, anchorHeight, path);
        return path;
    }

    private void collect(long index, long from, long to, List<Digest> path) {
        if (to - from == 1) {
            return;
        }
        if (from % CHUNK == 0 && to - from <= CHUNK) {
            path.addAll(MerkleTree.path(leaves(from, to), (int) (index - from)));
            return;
        }
        long middle = from + Long.highestOneBit(to - from - 1);
        if (index < middle) {
            collect(index, from, middle, path);
            path.add(hash(middle, to));
        } else {
            collect(index, middle, to, path);
            path.add(hash(from, middle));
        }
    }

    /** Root of a subtree that begins where a full one of at least its size may. */
    private Digest hash(long from, long to) {
        long count = to - from;
        if (count < CHUNK) {
            return MerkleTree.root(leaves(from, to));
        }
        if (Long.bitCount(count) == 1) {
            int level = Long.numberOfTrailingZeros(count) - CHUNK_LEVEL;
            synchronized (this) {
                return levels.get(level).get(from / count);
            }
        }
        long middle = from + Long.highestOneBit(count);
        return MerkleTree.nodeHash(hash(from, middle), hash(middle, to));
    }

    private List<Digest> leaves(long from, long to) {
        synchronized (this) {
            long first = size - open.size();
            if (from == first && to <= size) {
                return List.copyOf(open.subList(0, (int) (to - from)));
            }
        }
        List<Digest> leaves = new ArrayList<>((int) (to - from));
        for (long height = from; height < to; height++) {
            leaves.add(AncestorFrontier.leaf(ids.apply(height)));
        }
        return leaves;
    }
}
