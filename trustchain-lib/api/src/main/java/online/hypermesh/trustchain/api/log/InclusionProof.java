package online.hypermesh.trustchain.api.log;

import java.util.List;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * Proof that an entry is in a tree of a size (RFC 9162 §2.1.3). Immutable.
 *
 * @param index the entry's index
 * @param size number of entries of the tree
 * @param path from the entry's sibling upwards
 */
public record InclusionProof(long index, long size, List<Digest> path) {
    /** Longest path. */
    public static final int MAX_PATH = 64;

    /**
     * Copies the path.
     *
     * @param index the entry's index
     * @param size entries of the tree
     * @param path from the sibling upwards
     */
    public InclusionProof {
        path = List.copyOf(path);
    }

    /**
     * Whether the entry is under the root.
     *
     * @param entryHash Merkle leaf hash of the entry
     * @param root expected root of the tree of {@link #size()} entries
     * @return whether the proof holds
     */
    public boolean holds(Digest entryHash, Digest root) {
        return MerkleTree.verify(entryHash, index, size, path, root);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(3).uint(index).uint(size).list(path, (o, d) -> o.bytes(d.toBytes()));
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the proof, not verified
     */
    public static InclusionProof readFrom(CborReader r) {
        r.expectArray(3);
        return new InclusionProof(r.uint(), r.uint(), r.list(MAX_PATH, i -> Digest.of(i.fixedBytes(Digest.LENGTH))));
    }
}
