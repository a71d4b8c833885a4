package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.StateEntries;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.impl.ledger.StateNode.Branch;
import online.hypermesh.impl.ledger.StateNode.Leaf;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import org.jspecify.annotations.Nullable;

/**
 * An authenticated map from (module, key) to value: a path-compressed binary trie over the 256-bit hash of module and key,
 * whose root commits to the contents and to nothing else, so the order of changes leaves no trace. Every change returns a
 * new tree that shares all untouched nodes with the old one. Lookups and changes take O(log n) expected and at most 256
 * steps. Immutable and thread-safe; hashes are computed when first asked for.
 *
 * <p>Hashing and the proof format are specified in {@code docs/spec/ledger.md}.
 */
public final class StateTree {
    /** Longest key in bytes. */
    public static final int MAX_KEY_BYTES = 256;

    /** Longest value in bytes. */
    public static final int MAX_VALUE_BYTES = 65_536;

    /** Longest encoded proof path in bytes. */
    public static final int MAX_PATH_BYTES = 16_384;

    /** Longest encoded part of a tree in bytes. */
    public static final int MAX_PART_BYTES = 4 << 20;

    /** Bytes of entries from which on a part is taken apart. */
    private static final long PART_BYTES = 512 << 10;

    /** Longest name of a module in bytes. */
    static final int MAX_MODULE_BYTES = 32;

    /** The tree without entries. */
    public static final StateTree EMPTY = new StateTree(null, 0);

    private static final int PATH_BITS = 256;
    private static final int KIND_EMPTY = 0;
    private static final int KIND_PRESENT = 1;
    private static final int KIND_OTHER_LEAF = 2;

    static final Digest EMPTY_ROOT = Hashing.hash(new DomainTag("hypermesh/state-empty/v1"), new byte[0]);

    private final @Nullable StateNode root;
    private final int size;

    private StateTree(@Nullable StateNode root, int size) {
        this.root = root;
        this.size = size;
    }

    /**
     * Number of entries.
     *
     * @return at least 0
     */
    public int size() {
        return size;
    }

    /**
     * The hash that commits to all entries.
     *
     * @return the root; a fixed value for the empty tree
     */
    public Digest root() {
        return root == null ? EMPTY_ROOT : root.hash();
    }

    /**
     * Looks a key up.
     *
     * @param module the module
     * @param key the key
     * @return a copy of the value, if present
     */
    public Optional<byte[]> get(String module, byte[] key) {
        if (root == null) {
            return Optional.empty();
        }
        Digest place = StateNode.place(module, key);
        Leaf leaf = descend(root, place);
        return leaf.place.equals(place) ? Optional.of(leaf.value.clone()) : Optional.empty();
    }

    /**
     * One module's entries.
     *
     * @param module the module
     * @return an immutable view
     */
    public StateReader reader(String module) {
        return key -> get(module, key);
    }

    /**
     * Sets a key.
     *
     * @param module the module
     * @param key 1..{@link #MAX_KEY_BYTES} bytes
     * @param value 0..{@link #MAX_VALUE_BYTES} bytes
     * @return the changed tree
     */
    public StateTree put(String module, byte[] key, byte[] value) {
        checkEntry(key, value);
        byte[] copy = value.clone();
        Leaf leaf = new Leaf(module, key.clone(), copy);
        if (root == null) {
            return new StateTree(leaf, 1);
        }
        int split = firstDifference(descend(root, leaf.place).place, leaf.place);
        return new StateTree(insert(root, leaf, split), split == PATH_BITS ? size : size + 1);
    }

    static void checkEntry(byte[] key, byte[] value) {
        if (key.length < 1 || key.length > MAX_KEY_BYTES) {
            throw new IllegalArgumentException("a state key has 1.." + MAX_KEY_BYTES + " bytes, got " + key.length);
        }
        if (value.length > MAX_VALUE_BYTES) {
            throw new IllegalArgumentException(
                    "a state value has 0.." + MAX_VALUE_BYTES + " bytes, got " + value.length);
        }
    }

    /**
     * Removes a key.
     *
     * @param module the module
     * @param key the key
     * @return the changed tree; this one when the key is absent
     */
    public StateTree remove(String module, byte[] key) {
        if (root == null) {
            return this;
        }
        Digest place = StateNode.place(module, key);
        if (!descend(root, place).place.equals(place)) {
            return this;
        }
        StateNode rest = without(root, place);
        return rest == null ? EMPTY : new StateTree(rest, size - 1);
    }

    /** What sees entries. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * An entry; the arrays are not to be changed.
         *
         * @param module the module
         * @param key its key
         * @param value its value
         */
        void entry(String module, byte[] key, byte[] value);
    }

    /**
     * Shows all entries in the order of their places.
     *
     * @param visitor sees them
     */
    public void forEach(Visitor visitor) {
        if (root != null) {
            forEach(root, visitor);
        }
    }

    private static void forEach(StateNode node, Visitor visitor) {
        if (node instanceof Branch b) {
            forEach(b.left, visitor);
            forEach(b.right, visitor);
        } else {
            Leaf leaf = (Leaf) node;
            visitor.entry(leaf.module, leaf.key, leaf.value);
        }
    }

    /**
     * The entries by module.
     *
     * @return an immutable view
     */
    public StateEntries entries() {
        return (wanted, each) -> forEach((module, key, value) -> {
            if (module.equals(wanted)) {
                each.accept(key, value);
            }
        });
    }

    @Nullable
    StateNode node() {
        return root;
    }

    static StateTree of(StateNode root, int size) {
        return new StateTree(root, size);
    }

    /**
     * A state taken apart.
     *
     * @param skeleton its top
     * @param parts its parts, in the skeleton's order; they share all nodes with the state
     */
    public record Division(StateSkeleton skeleton, List<StateTree> parts) {
        /**
         * Copies the list.
         *
         * @param skeleton its top
         * @param parts its parts
         */
        public Division {
            parts = List.copyOf(parts);
        }
    }

    /**
     * Takes the state apart. The same state always comes apart in the same way.
     *
     * @return parts of at most {@link #MAX_PART_BYTES} encoded bytes
     */
    public Division divide() {
        if (root == null) {
            return new Division(new StateSkeleton.Taker(PART_BYTES).skeleton(), List.of());
        }
        long target = Math.max(PART_BYTES, root.bytes() / (StateSkeleton.MAX_PARTS / 4));
        StateSkeleton.Taker taker = new StateSkeleton.Taker(target);
        taker.walk(root);
        return new Division(
                taker.skeleton(),
                taker.nodes().stream().map(n -> new StateTree(n, count(n))).toList());
    }

    private static int count(StateNode node) {
        return node instanceof Branch b ? count(b.left) + count(b.right) : 1;
    }

    /**
     * All entries.
     *
     * @return canonical bytes for {@link #decode}
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(1024 + (root == null ? 0 : (int) Math.min(MAX_PART_BYTES, root.bytes() * 2)));
        w.array(size);
        forEach((module, key, value) -> w.array(3).text(module).bytes(key).bytes(value));
        return w.toBytes();
    }

    /**
     * Puts a tree together from all its entries.
     *
     * @param bytes what {@link #encode} wrote, at most {@link #MAX_PART_BYTES}
     * @return the tree, whose root tells whether it is the one expected
     * @throws CborException if the bytes are not canonical, or entries out of the order of their places
     */
    public static StateTree decode(byte[] bytes) {
        if (bytes.length > MAX_PART_BYTES) {
            throw new CborException("part of a state of " + bytes.length + " bytes, limit " + MAX_PART_BYTES);
        }
        CborReader r = new CborReader(bytes);
        int count = r.array(MAX_PART_BYTES);
        List<Leaf> leaves = new ArrayList<>(Math.min(count, bytes.length / 6));
        String module = "";
        for (int i = 0; i < count; i++) {
            r.expectArray(3);
            String named = r.text(MAX_MODULE_BYTES);
            module = named.equals(module) ? module : named;
            byte[] key = r.bytes(MAX_KEY_BYTES);
            if (key.length == 0) {
                throw new CborException("entry " + i + " has an empty key");
            }
            Leaf leaf = new Leaf(module, key, r.bytes(MAX_VALUE_BYTES));
            if (i > 0 && leaves.get(i - 1).place.compareTo(leaf.place) >= 0) {
                throw new CborException("entry " + i + " is not in the order of places");
            }
            leaves.add(leaf);
        }
        r.end();
        return leaves.isEmpty() ? EMPTY : new StateTree(built(leaves), leaves.size());
    }

    /** @param leaves at least one, in the order of their places */
    private static StateNode built(List<Leaf> leaves) {
        int n = leaves.size();
        if (n == 1) {
            return leaves.get(0);
        }
        int bit = firstDifference(leaves.get(0).place, leaves.get(n - 1).place);
        int low = 0;
        int high = n - 1;
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (leaves.get(middle).place.bit(bit) == 0) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return new Branch(bit, built(leaves.subList(0, high)), built(leaves.subList(high, n)));
    }

    /**
     * Path from a key's place to the root: proves the key's value when it is present, its absence when it is not.
     *
     * @param module the module
     * @param key the key
     * @return canonical bytes for {@link #verify}
     */
    public byte[] path(String module, byte[] key) {
        if (root == null) {
            return new CborWriter().array(1).uint(KIND_EMPTY).toBytes();
        }
        Digest place = StateNode.place(module, key);
        List<Step> steps = new ArrayList<>();
        StateNode node = root;
        while (node instanceof Branch b) {
            boolean right = place.bit(b.depth) == 1;
            steps.add(0, new Step(b.depth, (right ? b.left : b.right).hash()));
            node = right ? b.right : b.left;
        }
        Leaf leaf = (Leaf) node;
        CborWriter w = new CborWriter(80 + steps.size() * 40);
        if (leaf.place.equals(place)) {
            w.array(2).uint(KIND_PRESENT);
        } else {
            w.array(4).uint(KIND_OTHER_LEAF).bytes(leaf.place.toBytes()).bytes(leaf.entryHash.toBytes());
        }
        w.list(steps, (o, s) -> o.array(2).uint(s.depth).bytes(s.sibling.toBytes()));
        return w.toBytes();
    }

    /**
     * Checks a path against a root that is known to be honest.
     *
     * @param root the root
     * @param module the module
     * @param key the key
     * @param value the claimed value; empty claims absence
     * @param path what {@link #path} returned
     * @return accepted, or the first failed check; MALFORMED for bytes that are not a path
     */
    public static Verdict verify(Digest root, String module, byte[] key, Optional<byte[]> value, byte[] path) {
        if (path.length > MAX_PATH_BYTES) {
            return Verdict.rejected(
                    Code.LIMIT_EXCEEDED, "state path of " + path.length + " bytes, limit " + MAX_PATH_BYTES);
        }
        try {
            return verifyPath(root, module, key, value, path);
        } catch (CborException e) {
            return Verdict.rejected(Code.MALFORMED, "state path is not canonical: " + e.getMessage());
        }
    }

    private static Verdict verifyPath(Digest root, String module, byte[] key, Optional<byte[]> value, byte[] path) {
        CborReader r = new CborReader(path);
        int items = r.array(4);
        int kind = r.uint(KIND_OTHER_LEAF);
        if (items != (kind == KIND_EMPTY ? 1 : kind == KIND_PRESENT ? 2 : 4)) {
            return Verdict.rejected(Code.MALFORMED, "state path of kind " + kind + " with " + items + " items");
        }
        if ((kind == KIND_PRESENT) != value.isPresent()) {
            return Verdict.rejected(
                    Code.INVALID_PROOF,
                    kind == KIND_PRESENT
                            ? "the path shows a present key where absence is claimed"
                            : "the path shows an absent key where a value is claimed");
        }
        Digest place = StateNode.place(module, key);
        Digest hash;
        if (kind == KIND_EMPTY) {
            hash = EMPTY_ROOT;
        } else {
            Digest leafPlace = place;
            Digest entry;
            if (value.isPresent()) {
                entry = StateNode.entryHash(module, key, value.get());
            } else {
                leafPlace = Digest.of(r.fixedBytes(Digest.LENGTH));
                entry = Digest.of(r.fixedBytes(Digest.LENGTH));
                if (leafPlace.equals(place)) {
                    return Verdict.rejected(Code.INVALID_PROOF, "the leaf shown for absence is the key's own");
                }
            }
            hash = StateNode.leafHash(leafPlace, entry);
            int steps = r.array(PATH_BITS);
            int last = PATH_BITS;
            for (int i = 0; i < steps; i++) {
                r.expectArray(2);
                int depth = r.uint(PATH_BITS - 1);
                Digest sibling = Digest.of(r.fixedBytes(Digest.LENGTH));
                if (depth >= last) {
                    return Verdict.rejected(
                            Code.INVALID_PROOF, "branch at bit " + depth + " stands above one at bit " + last);
                }
                if (leafPlace.bit(depth) != place.bit(depth)) {
                    return Verdict.rejected(
                            Code.INVALID_PROOF, "the leaf shown for absence leaves the key's way at bit " + depth);
                }
                last = depth;
                hash = place.bit(depth) == 1
                        ? StateNode.branchHash(depth, sibling, hash)
                        : StateNode.branchHash(depth, hash, sibling);
            }
        }
        r.end();
        return hash.equals(root)
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "the path leads to root " + hash.toShortHex() + ", the state's root is " + root.toShortHex());
    }

    private static Leaf descend(StateNode from, Digest place) {
        StateNode node = from;
        while (node instanceof Branch b) {
            node = place.bit(b.depth) == 1 ? b.right : b.left;
        }
        return (Leaf) node;
    }

    private static int firstDifference(Digest a, Digest b) {
        byte[] x = a.toBytes();
        byte[] y = b.toBytes();
        for (int i = 0; i < x.length; i++) {
            int diff = (x[i] ^ y[i]) & 0xff;
            if (diff != 0) {
                return i * 8 + Integer.numberOfLeadingZeros(diff) - 24;
            }
        }
        return PATH_BITS;
    }

    /** @param split first bit in which the leaf differs from its nearest leaf; PATH_BITS when it replaces that one */
    private static StateNode insert(StateNode node, Leaf leaf, int split) {
        if (node instanceof Branch b && b.depth < split) {
            return leaf.place.bit(b.depth) == 1
                    ? new Branch(b.depth, b.left, insert(b.right, leaf, split))
                    : new Branch(b.depth, insert(b.left, leaf, split), b.right);
        }
        if (split == PATH_BITS) {
            return leaf;
        }
        return leaf.place.bit(split) == 1 ? new Branch(split, node, leaf) : new Branch(split, leaf, node);
    }

    private static @Nullable StateNode without(StateNode node, Digest place) {
        if (!(node instanceof Branch b)) {
            return null;
        }
        if (place.bit(b.depth) == 1) {
            StateNode right = without(b.right, place);
            return right == null ? b.left : new Branch(b.depth, b.left, right);
        }
        StateNode left = without(b.left, place);
        return left == null ? b.right : new Branch(b.depth, left, b.right);
    }

    private record Step(int depth, Digest sibling) {}
}
