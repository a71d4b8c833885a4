package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.StateReader;
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

    /** The tree without entries. */
    public static final StateTree EMPTY = new StateTree(null, 0);

    private static final int PATH_BITS = 256;
    private static final int KIND_EMPTY = 0;
    private static final int KIND_PRESENT = 1;
    private static final int KIND_OTHER_LEAF = 2;

    private static final DomainTag EMPTY_TAG = new DomainTag("hypermesh/state-empty/v1");
    private static final DomainTag PLACE_TAG = new DomainTag("hypermesh/state-place/v1");
    private static final DomainTag ENTRY_TAG = new DomainTag("hypermesh/state-entry/v1");
    private static final DomainTag LEAF_TAG = new DomainTag("hypermesh/state-leaf/v1");
    private static final DomainTag BRANCH_TAG = new DomainTag("hypermesh/state-branch/v1");
    private static final Digest EMPTY_ROOT = Hashing.hash(EMPTY_TAG, new byte[0]);

    private final @Nullable Node root;
    private final int size;

    private StateTree(@Nullable Node root, int size) {
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
        Digest place = place(module, key);
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
        Leaf leaf = new Leaf(place(module, key), entryHash(module, key, copy), copy);
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
        Digest place = place(module, key);
        if (!descend(root, place).place.equals(place)) {
            return this;
        }
        Node rest = without(root, place);
        return rest == null ? EMPTY : new StateTree(rest, size - 1);
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
        Digest place = place(module, key);
        List<Step> steps = new ArrayList<>();
        Node node = root;
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
        Digest place = place(module, key);
        Digest hash;
        if (kind == KIND_EMPTY) {
            hash = EMPTY_ROOT;
        } else {
            Digest leafPlace = place;
            Digest entry;
            if (value.isPresent()) {
                entry = entryHash(module, key, value.get());
            } else {
                leafPlace = Digest.of(r.fixedBytes(Digest.LENGTH));
                entry = Digest.of(r.fixedBytes(Digest.LENGTH));
                if (leafPlace.equals(place)) {
                    return Verdict.rejected(Code.INVALID_PROOF, "the leaf shown for absence is the key's own");
                }
            }
            hash = leafHash(leafPlace, entry);
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
                hash = place.bit(depth) == 1 ? branchHash(depth, sibling, hash) : branchHash(depth, hash, sibling);
            }
        }
        r.end();
        return hash.equals(root)
                ? Verdict.ACCEPTED
                : Verdict.rejected(
                        Code.INVALID_PROOF,
                        "the path leads to root " + hash.toShortHex() + ", the state's root is " + root.toShortHex());
    }

    private static Leaf descend(Node from, Digest place) {
        Node node = from;
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
    private static Node insert(Node node, Leaf leaf, int split) {
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

    private static @Nullable Node without(Node node, Digest place) {
        if (!(node instanceof Branch b)) {
            return null;
        }
        if (place.bit(b.depth) == 1) {
            Node right = without(b.right, place);
            return right == null ? b.left : new Branch(b.depth, b.left, right);
        }
        Node left = without(b.left, place);
        return left == null ? b.right : new Branch(b.depth, left, b.right);
    }

    /** Where an entry hangs: the tagged hash of module and key. */
    static Digest place(String module, byte[] key) {
        return Hashing.hash(
                PLACE_TAG,
                new CborWriter(key.length + 48).array(2).text(module).bytes(key).toBytes());
    }

    /** What an entry says: the tagged hash of module, key and value. */
    static Digest entryHash(String module, byte[] key, byte[] value) {
        return Hashing.hash(
                ENTRY_TAG,
                new CborWriter(key.length + value.length + 48)
                        .array(3)
                        .text(module)
                        .bytes(key)
                        .bytes(value)
                        .toBytes());
    }

    private static Digest leafHash(Digest place, Digest entryHash) {
        return Hashing.hash(
                LEAF_TAG,
                new CborWriter(72)
                        .array(2)
                        .bytes(place.toBytes())
                        .bytes(entryHash.toBytes())
                        .toBytes());
    }

    private static Digest branchHash(int depth, Digest left, Digest right) {
        return Hashing.hash(
                BRANCH_TAG,
                new CborWriter(80)
                        .array(3)
                        .uint(depth)
                        .bytes(left.toBytes())
                        .bytes(right.toBytes())
                        .toBytes());
    }

    private record Step(int depth, Digest sibling) {}

    /** A node; its hash is computed once, and computing it twice in a race yields the same value. */
    private abstract static sealed class Node permits Leaf, Branch {
        private @Nullable Digest hash;

        final Digest hash() {
            Digest h = hash;
            if (h == null) {
                h = compute();
                hash = h;
            }
            return h;
        }

        abstract Digest compute();
    }

    private static final class Leaf extends Node {
        final Digest place;
        final Digest entryHash;
        final byte[] value;

        Leaf(Digest place, Digest entryHash, byte[] value) {
            this.place = place;
            this.entryHash = entryHash;
            this.value = value;
        }

        @Override
        Digest compute() {
            return leafHash(place, entryHash);
        }
    }

    /** Two non-empty subtrees whose places agree before the bit {@code depth} and differ in it. */
    private static final class Branch extends Node {
        final int depth;
        final Node left;
        final Node right;

        Branch(int depth, Node left, Node right) {
            this.depth = depth;
            this.left = left;
            this.right = right;
        }

        @Override
        Digest compute() {
            return branchHash(depth, left.hash(), right.hash());
        }
    }
}
