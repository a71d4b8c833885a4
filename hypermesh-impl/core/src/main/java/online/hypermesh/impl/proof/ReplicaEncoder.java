package online.hypermesh.impl.proof;

import java.util.Arrays;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.api.proof.SpaceProof;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * Encodes a stream of data sector by sector and keeps one hash a sector; memory does not grow with the data otherwise. A
 * sector's hash is the Merkle root over its leaves. Since sectors have a power of two of leaves, the tree over sector hashes is
 * the tree over all leaves. Confined to one thread.
 */
public final class ReplicaEncoder {
    private final SectorCodec codec;
    private final HashTree.Builder roots = new HashTree.Builder(64);
    private int sectors;

    /**
     * Creates an encoder.
     *
     * @param codec of the replica
     */
    public ReplicaEncoder(SectorCodec codec) {
        this.codec = codec;
    }

    /**
     * Encodes the next sector.
     *
     * @param plain data of one sector, the last one filled up with zeros
     * @return what to store
     */
    public byte[] next(byte[] plain) {
        if (sectors == ReplicaCommitment.MAX_SECTORS) {
            throw new IllegalStateException("a replica has at most " + ReplicaCommitment.MAX_SECTORS + " sectors");
        }
        byte[] encoded = codec.encode(sectors, plain);
        roots.add(leafTree(encoded).root());
        sectors++;
        return encoded;
    }

    /**
     * The tree over the hashes of all sectors so far; its root is the replica's.
     *
     * @return the tree
     */
    public HashTree tree() {
        return roots.build();
    }

    /**
     * The tree over the leaves of one encoded sector.
     *
     * @param encoded the sector
     * @return the tree
     */
    public static HashTree leafTree(byte[] encoded) {
        HashTree.Builder leaves = new HashTree.Builder(encoded.length / SpaceProof.LEAF_BYTES);
        for (int at = 0; at < encoded.length; at += SpaceProof.LEAF_BYTES) {
            leaves.add(MerkleTree.leafHash(Arrays.copyOfRange(encoded, at, at + SpaceProof.LEAF_BYTES)));
        }
        return leaves.build();
    }
}
