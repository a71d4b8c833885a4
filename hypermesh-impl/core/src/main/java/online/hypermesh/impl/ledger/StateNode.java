package online.hypermesh.impl.ledger;

import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import org.jspecify.annotations.Nullable;

/**
 * A node of a {@link StateTree}, and how nodes are hashed. Immutable; its hash is computed once, and computing it twice in a
 * race yields the same value.
 */
abstract sealed class StateNode {
    private static final DomainTag PLACE_TAG = new DomainTag("hypermesh/state-place/v1");
    private static final DomainTag ENTRY_TAG = new DomainTag("hypermesh/state-entry/v1");
    private static final DomainTag LEAF_TAG = new DomainTag("hypermesh/state-leaf/v1");
    private static final DomainTag BRANCH_TAG = new DomainTag("hypermesh/state-branch/v1");

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

    /** Bytes of the modules' names, keys and values below. */
    abstract long bytes();

    /** An entry at its place. */
    static final class Leaf extends StateNode {
        final Digest place;
        final Digest entryHash;
        final String module;
        final byte[] key;
        final byte[] value;

        /** @param key never changed again, like the value */
        Leaf(String module, byte[] key, byte[] value) {
            this.place = place(module, key);
            this.entryHash = entryHash(module, key, value);
            this.module = module;
            this.key = key;
            this.value = value;
        }

        @Override
        Digest compute() {
            return leafHash(place, entryHash);
        }

        @Override
        long bytes() {
            return (long) module.length() + key.length + value.length;
        }
    }

    /** Two non-empty subtrees whose places agree before the bit {@code depth} and differ in it. */
    static final class Branch extends StateNode {
        final int depth;
        final StateNode left;
        final StateNode right;
        private final long bytes;

        Branch(int depth, StateNode left, StateNode right) {
            this.depth = depth;
            this.left = left;
            this.right = right;
            this.bytes = left.bytes() + right.bytes();
        }

        @Override
        Digest compute() {
            return branchHash(depth, left.hash(), right.hash());
        }

        @Override
        long bytes() {
            return bytes;
        }
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

    static Digest leafHash(Digest place, Digest entryHash) {
        return Hashing.hash(
                LEAF_TAG,
                new CborWriter(72)
                        .array(2)
                        .bytes(place.toBytes())
                        .bytes(entryHash.toBytes())
                        .toBytes());
    }

    static Digest branchHash(int depth, Digest left, Digest right) {
        return Hashing.hash(
                BRANCH_TAG,
                new CborWriter(80)
                        .array(3)
                        .uint(depth)
                        .bytes(left.toBytes())
                        .bytes(right.toBytes())
                        .toBytes());
    }
}
