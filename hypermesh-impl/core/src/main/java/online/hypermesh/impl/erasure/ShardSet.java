package online.hypermesh.impl.erasure;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;

/**
 * What shards belong together and what they restore. Whoever has it from a source it trusts can tell good shards from corrupt
 * ones, each by itself. Immutable.
 *
 * @param policy how many shards
 * @param contentBytes length of the content
 * @param root root of the Merkle tree (RFC 9162) over all shards
 */
public record ShardSet(ErasurePolicy policy, int contentBytes, Digest root) {
    private static final int VERSION = 1;
    private static final DomainTag TAG = new DomainTag("hypermesh/shard-set/v1");

    /**
     * Checks the length.
     *
     * @param policy how many shards
     * @param contentBytes 1..{@link ErasurePolicy#MAX_CONTENT_BYTES}
     * @param root Merkle root over all shards
     */
    public ShardSet {
        policy.shardBytes(contentBytes);
    }

    /**
     * How long each shard is.
     *
     * @return bytes
     */
    public int shardBytes() {
        return policy.shardBytes(contentBytes);
    }

    /**
     * What names the set.
     *
     * @return the tagged hash of its encoding
     */
    public Digest id() {
        return Hashing.hash(TAG, encode());
    }

    /**
     * The canonical encoding.
     *
     * @return bytes
     */
    public byte[] encode() {
        return new CborWriter()
                .array(5)
                .uint(VERSION)
                .uint(policy.dataShards())
                .uint(policy.parityShards())
                .uint(contentBytes)
                .bytes(root.toBytes())
                .toBytes();
    }

    /**
     * Decodes what {@link #encode} made.
     *
     * @param encoded the bytes
     * @return the set
     * @throws online.hypermesh.stoq.base.cbor.CborException when they are anything else
     */
    public static ShardSet decode(byte[] encoded) {
        CborReader r = new CborReader(encoded).expectArray(5).expect(VERSION, "shard set version");
        int data = Shard.within(r.uint(ErasurePolicy.MAX_SHARDS), 1, "data shards");
        int parity = Shard.within(r.uint(ErasurePolicy.MAX_SHARDS), 1, "parity shards");
        int content = Shard.within(r.uint(ErasurePolicy.MAX_CONTENT_BYTES), 1, "content bytes");
        Digest root = Digest.of(r.fixedBytes(Digest.LENGTH));
        r.end();
        return new ShardSet(new ErasurePolicy(data, parity), content, root);
    }
}
