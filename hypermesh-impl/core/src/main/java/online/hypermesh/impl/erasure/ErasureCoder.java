package online.hypermesh.impl.erasure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Turns content into shards and back. Corrupt shards are told from good ones and never used; shards that no single encoding
 * made fail instead of restoring different contents for different readers. Thread-safe.
 */
public final class ErasureCoder {
    private final ReedSolomon code;

    /**
     * Prepares coding under a policy.
     *
     * @param policy how many shards
     */
    public ErasureCoder(ErasurePolicy policy) {
        this.code = new ReedSolomon(policy);
    }

    /**
     * Content in shards.
     *
     * @param set what the shards are checked against
     * @param shards all of them, in order
     */
    public record Coded(ShardSet set, List<Shard> shards) {
        /**
         * Copies the list.
         *
         * @param set what the shards are checked against
         * @param shards all of them
         */
        public Coded {
            shards = List.copyOf(shards);
        }
    }

    /**
     * What came back, and which shards did not help.
     *
     * @param content the content
     * @param corrupt indexes of shards that do not belong to the set; an index out of range as it was claimed
     */
    public record Restored(byte[] content, List<Integer> corrupt) {
        /**
         * Copies the list.
         *
         * @param content the content
         * @param corrupt indexes
         */
        public Restored {
            corrupt = List.copyOf(corrupt);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Restored r && Arrays.equals(content, r.content) && corrupt.equals(r.corrupt);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(content);
        }

        @Override
        public String toString() {
            return "Restored[" + content.length + " bytes, corrupt " + corrupt + "]";
        }
    }

    /**
     * Makes shards of content.
     *
     * @param content 1..{@link ErasurePolicy#MAX_CONTENT_BYTES} bytes; zeros fill the last data shard
     * @return the set and all its shards
     */
    public Coded encode(byte[] content) {
        ErasurePolicy policy = code.policy();
        int length = policy.shardBytes(content.length);
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < policy.dataShards(); i++) {
            int from = (int) Math.min((long) i * length, content.length);
            byte[] shard = new byte[length];
            System.arraycopy(content, from, shard, 0, Math.min(length, content.length - from));
            all.add(shard);
        }
        all.addAll(code.parity(all));
        List<Digest> leaves = leaves(all);
        return new Coded(new ShardSet(policy, content.length, MerkleTree.root(leaves)), shards(all, leaves));
    }

    /**
     * Restores content. When data shards are missing or corrupt, the whole set is computed and compared with its root.
     *
     * @param set what the shards are checked against; from a source that is trusted
     * @param shards any shards, good or not
     * @return the content
     * @throws HypermeshException CORRUPTED when fewer than {@code dataShards} are good, or when the set's root covers shards
     *     that no content has
     */
    public static Restored restore(ShardSet set, Collection<Shard> shards) {
        TreeSet<Integer> corrupt = new TreeSet<>();
        SortedMap<Integer, byte[]> good = sorted(set, shards, corrupt);
        int k = set.policy().dataShards();
        boolean whole = IntStream.range(0, k).allMatch(good::containsKey);
        List<byte[]> data = whole
                ? List.copyOf(good.headMap(k).values())
                : complete(set, good).subList(0, k);
        return new Restored(joined(set, data), List.copyOf(corrupt));
    }

    /**
     * Makes the shards that are missing or corrupt.
     *
     * @param set what the shards are checked against; from a source that is trusted
     * @param shards any shards, good or not
     * @return those that were not among the good ones, in order
     * @throws HypermeshException CORRUPTED as {@link #restore}
     */
    public static List<Shard> repair(ShardSet set, Collection<Shard> shards) {
        SortedMap<Integer, byte[]> good = sorted(set, shards, new TreeSet<>());
        List<byte[]> all = complete(set, good);
        return shards(all, leaves(all)).stream()
                .filter(s -> !good.containsKey(s.index()))
                .toList();
    }

    private static SortedMap<Integer, byte[]> sorted(ShardSet set, Collection<Shard> shards, TreeSet<Integer> corrupt) {
        SortedMap<Integer, byte[]> good = new TreeMap<>();
        for (Shard shard : shards) {
            if (shard.belongsTo(set)) {
                good.put(shard.index(), shard.bytes());
            } else {
                corrupt.add(shard.index());
            }
        }
        if (good.size() < set.policy().dataShards()) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.WHOLE_OPERATION,
                    good.size() + " of the shards of set " + set.id().toShortHex() + " are good, "
                            + set.policy().dataShards() + " are needed. Corrupt: " + corrupt
                            + ". Fetch others of its " + set.policy().shards());
        }
        return good;
    }

    /** All shards, computed from as few of the good ones as it takes: also the others must be what the root covers. */
    private static List<byte[]> complete(ShardSet set, SortedMap<Integer, byte[]> good) {
        SortedMap<Integer, byte[]> all = new TreeMap<>();
        good.entrySet().stream().limit(set.policy().dataShards()).forEach(e -> all.put(e.getKey(), e.getValue()));
        List<Integer> missing = IntStream.range(0, set.policy().shards())
                .filter(i -> !all.containsKey(i))
                .boxed()
                .toList();
        List<byte[]> made = new ReedSolomon(set.policy()).restore(all, missing);
        for (int i = 0; i < made.size(); i++) {
            all.put(missing.get(i), made.get(i));
        }
        List<byte[]> shards = List.copyOf(all.values());
        if (!MerkleTree.root(leaves(shards)).equals(set.root())) {
            throw inconsistent(set);
        }
        return shards;
    }

    private static byte[] joined(ShardSet set, List<byte[]> data) {
        byte[] content = new byte[set.contentBytes()];
        int at = 0;
        for (byte[] shard : data) {
            int n = Math.min(shard.length, content.length - at);
            System.arraycopy(shard, 0, content, at, n);
            at += n;
            for (int i = n; i < shard.length; i++) {
                if (shard[i] != 0) {
                    throw inconsistent(set);
                }
            }
        }
        return content;
    }

    private static HypermeshException inconsistent(ShardSet set) {
        return new HypermeshException(
                Code.CORRUPTED,
                Retry.NEVER,
                "The shards of set " + set.id().toShortHex()
                        + " were not all made of one content; whoever made the set is at fault");
    }

    private static List<Digest> leaves(List<byte[]> shards) {
        return shards.stream().map(MerkleTree::leafHash).toList();
    }

    private static List<Shard> shards(List<byte[]> all, List<Digest> leaves) {
        return IntStream.range(0, all.size())
                .mapToObj(i -> new Shard(i, all.get(i), MerkleTree.path(leaves, i)))
                .toList();
    }
}
