package online.hypermesh.impl.erasure;

import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * One shard with the proof that it belongs to its {@link ShardSet}. Immutable as long as nobody changes its bytes.
 *
 * @param index its place, from 0; data shards come first
 * @param bytes what it holds; not copied
 * @param path inclusion path in the Merkle tree over all shards
 */
public record Shard(int index, byte[] bytes, List<Digest> path) {
    private static final int VERSION = 1;
    private static final int MAX_PATH = 8;

    /**
     * Copies the path.
     *
     * @param index its place
     * @param bytes what it holds
     * @param path inclusion path
     */
    public Shard {
        path = List.copyOf(path);
    }

    /**
     * Whether this is what the set says it is.
     *
     * @param set the set, from a source that is trusted
     * @return false when place, length, bytes or path do not fit
     */
    public boolean belongsTo(ShardSet set) {
        return index >= 0
                && index < set.policy().shards()
                && bytes.length == set.shardBytes()
                && MerkleTree.verify(
                        MerkleTree.leafHash(bytes), index, set.policy().shards(), path, set.root());
    }

    /**
     * The canonical encoding.
     *
     * @return bytes
     */
    public byte[] encode() {
        return new CborWriter(bytes.length + 300)
                .array(4)
                .uint(VERSION)
                .uint(index)
                .list(path, (w, d) -> w.bytes(d.toBytes()))
                .bytes(bytes)
                .toBytes();
    }

    /**
     * Decodes what {@link #encode} made, without knowing the set.
     *
     * @param encoded the bytes
     * @param maxBytes longest shard accepted
     * @return the shard
     * @throws CborException when they are anything else
     */
    public static Shard decode(byte[] encoded, int maxBytes) {
        CborReader r = new CborReader(encoded).expectArray(4).expect(VERSION, "shard version");
        int index = r.uint(2 * ErasurePolicy.MAX_SHARDS - 1);
        List<Digest> path = r.list(MAX_PATH, i -> Digest.of(i.fixedBytes(Digest.LENGTH)));
        byte[] bytes = r.bytes(maxBytes);
        r.end();
        return new Shard(index, bytes, path);
    }

    static int within(int value, int least, String what) {
        if (value < least) {
            throw new CborException(what + " must be at least " + least + ", was " + value);
        }
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shard s && index == s.index && Arrays.equals(bytes, s.bytes) && path.equals(s.path);
    }

    @Override
    public int hashCode() {
        return 31 * index + path.hashCode();
    }

    @Override
    public String toString() {
        return "Shard[" + index + ", " + bytes.length + " bytes]";
    }
}
