package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.impl.ledger.StateNode.Branch;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * The top of a state tree, down to parts of bounded size: where each branch stands, and the hashes of the parts. As every
 * branch's hash covers its bit and both sides, a skeleton with the root of a state is the top of that state's tree, whoever
 * made it, and a part with the hash that stands here is a part of it. Immutable.
 */
public final class StateSkeleton {
    /** Most parts. */
    public static final int MAX_PARTS = 65_536;

    private static final int PATH_BITS = 256;

    /** In the order of a walk that visits a branch before its left side, and that before the right: its bit, or -1 for a part. */
    private final List<Integer> shape;

    private final List<Digest> parts;
    private final Digest root;

    private StateSkeleton(List<Integer> shape, List<Digest> parts) {
        this.shape = List.copyOf(shape);
        this.parts = List.copyOf(parts);
        this.root = parts.isEmpty() ? StateTree.EMPTY_ROOT : new Walk().root();
    }

    /** A state taken apart. */
    static final class Taker {
        private final long targetBytes;
        private final List<Integer> shape = new ArrayList<>();
        private final List<StateNode> nodes = new ArrayList<>();

        Taker(long targetBytes) {
            this.targetBytes = targetBytes;
        }

        void walk(StateNode node) {
            if (node instanceof Branch b && b.bytes() > targetBytes) {
                shape.add(b.depth);
                walk(b.left);
                walk(b.right);
            } else {
                shape.add(-1);
                nodes.add(node);
            }
        }

        List<StateNode> nodes() {
            return nodes;
        }

        StateSkeleton skeleton() {
            return new StateSkeleton(shape, nodes.stream().map(StateNode::hash).toList());
        }
    }

    /** A walk through the shape. */
    private final class Walk {
        private int at;
        private int part;

        Digest root() {
            Digest root = hash(-1);
            if (at != shape.size() || part != parts.size()) {
                throw new IllegalArgumentException("the skeleton is more than one tree");
            }
            return root;
        }

        /** @param above bit of the branch above */
        private Digest hash(int above) {
            int bit = next(above);
            if (bit < 0) {
                if (part == parts.size()) {
                    throw new IllegalArgumentException("the skeleton has more parts than hashes");
                }
                return parts.get(part++);
            }
            Digest left = hash(bit);
            return StateNode.branchHash(bit, left, hash(bit));
        }

        StateNode join(List<StateNode> nodes, int above) {
            int bit = next(above);
            if (bit < 0) {
                return nodes.get(part++);
            }
            StateNode left = join(nodes, bit);
            return new Branch(bit, left, join(nodes, bit));
        }

        private int next(int above) {
            if (at == shape.size()) {
                throw new IllegalArgumentException("a branch of the skeleton lacks a side");
            }
            int bit = shape.get(at++);
            if (bit >= 0 && bit <= above) {
                throw new IllegalArgumentException("branch at bit " + bit + " stands below one at bit " + above);
            }
            return bit;
        }
    }

    /**
     * Hashes of the parts.
     *
     * @return in the order of their entries' places
     */
    public List<Digest> parts() {
        return parts;
    }

    /**
     * Root of the state.
     *
     * @return computed from the parts
     */
    public Digest root() {
        return root;
    }

    /**
     * Puts a state together.
     *
     * @param made all parts, in order, each of the hash that stands here
     * @return the state with {@link #root()}
     * @throws IllegalArgumentException if a part is another
     */
    public StateTree join(List<StateTree> made) {
        if (made.size() != parts.size()) {
            throw new IllegalArgumentException("the state has " + parts.size() + " parts, got " + made.size());
        }
        List<StateNode> nodes = new ArrayList<>();
        int size = 0;
        for (int i = 0; i < made.size(); i++) {
            @Nullable StateNode node = made.get(i).node();
            if (node == null || !node.hash().equals(parts.get(i))) {
                throw new IllegalArgumentException("part " + i + " is another than " + parts.get(i));
            }
            nodes.add(node);
            size = Math.addExact(size, made.get(i).size());
        }
        return nodes.isEmpty() ? StateTree.EMPTY : StateTree.of(new Walk().join(nodes, -1), size);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(2).array(shape.size());
        for (int bit : shape) {
            w.uint(bit + 1);
        }
        w.list(parts, (o, hash) -> o.bytes(hash.toBytes()));
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the skeleton
     * @throws CborException if it is none
     */
    public static StateSkeleton readFrom(CborReader r) {
        r.expectArray(2);
        List<Integer> shape = r.list(2 * MAX_PARTS, i -> i.uint(PATH_BITS) - 1);
        List<Digest> parts = r.list(MAX_PARTS, i -> Digest.of(i.fixedBytes(Digest.LENGTH)));
        if (shape.size() != Math.max(0, 2 * parts.size() - 1)) {
            throw new CborException("a tree with " + parts.size() + " parts has no " + shape.size() + " nodes");
        }
        try {
            return new StateSkeleton(shape, parts);
        } catch (IllegalArgumentException e) {
            throw new CborException(String.valueOf(e.getMessage()));
        }
    }
}
