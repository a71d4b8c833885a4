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
        /** Index of the first one. */
        private final long first;

        private int size;

        Level(long first) {
            this.first = first;
        }

        void add(Digest hash) {
            if (size % PAGE == 0) {
                pages.add(new byte[PAGE * Digest.LENGTH]);
            }
            System.arraycopy(hash.toBytes(), 0, pages.get(size / PAGE), size % PAGE * Digest.LENGTH, Digest.LENGTH);
            size++;
        }

        Digest get(long index) {
            byte[] hash = new byte[Digest.LENGTH];
            int i = Math.toIntExact(index - first);
            if (i < 0 || i >= size) {
                throw new IllegalArgumentException(
                        "hash " + index + " of a level is not held, only " + first + " to " + (first + size - 1));
            }
            System.arraycopy(pages.get(i / PAGE), i % PAGE * Digest.LENGTH, hash, 0, Digest.LENGTH);
            return Digest.of(hash);
        }
    }

    private final LongFunction<Digest> ids;
    private final List<Level> levels = new ArrayList<>();
    /** Leaves of the chunk that is not full yet. */
    private final List<Digest> open = new ArrayList<>(CHUNK);

    /** Blocks before the first one that was taken in here. */
    private final long base;

    private long size;

    /**
     * Creates an index of no block.
     *
     * @param ids the id of the block of a height below {@link #size()}; called outside locks, may throw
     */
    public AncestorIndex(LongFunction<Digest> ids) {
        this(ids, AncestorFrontier.EMPTY);
    }

    /**
     * Creates an index that goes on after blocks of which only the frontier is known. It makes paths for the blocks after them.
     *
     * @param ids the id of the block of a height from the frontier's size on; called outside locks, may throw
     * @param frontier of the blocks before, a multiple of {@value #CHUNK}
     */
    public AncestorIndex(LongFunction<Digest> ids, AncestorFrontier frontier) {
        if (frontier.size() % CHUNK != 0) {
            throw new IllegalArgumentException(
                    "an index goes on after a multiple of " + CHUNK + " blocks, not after " + frontier.size());
        }
        this.ids = ids;
        this.base = frontier.size();
        this.size = base;
        int peak = frontier.peaks().size();
        for (long rest = base / CHUNK; rest > 0; rest >>= 1) {
            Level level = new Level((rest & 1) == 1 ? rest - 1 : rest);
            if ((rest & 1) == 1) {
                level.add(frontier.peaks().get(--peak));
            }
            levels.add(level);
        }
    }

    /**
     * Height of the first block of which paths are made.
     *
     * @return 0 for an index that began with the first block
     */
    public long base() {
        return base;
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
                    levels.add(new Level(0));
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
        if (height < base || height >= anchorHeight || anchorHeight > size()) {
            throw new IllegalArgumentException("height must be in " + base + ".." + (anchorHeight - 1)
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
