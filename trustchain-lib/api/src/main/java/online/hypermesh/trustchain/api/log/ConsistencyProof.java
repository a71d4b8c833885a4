package online.hypermesh.trustchain.api.log;

import java.util.List;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;

/**
 * Proof that a tree extends an older one without changing it (RFC 9162 §2.1.4). Immutable.
 *
 * @param oldSize entries of the older tree, at least 1
 * @param newSize entries of the newer tree, at least {@code oldSize}
 * @param path the hashes, in the RFC's order
 */
public record ConsistencyProof(long oldSize, long newSize, List<Digest> path) {
    /** Longest path. */
    public static final int MAX_PATH = 65;

    /**
     * Copies the path.
     *
     * @param oldSize entries of the older tree
     * @param newSize entries of the newer tree
     * @param path the hashes
     */
    public ConsistencyProof {
        path = List.copyOf(path);
    }

    /**
     * Whether the newer tree extends the older one (RFC 9162 §2.1.4.2).
     *
     * @param oldRoot root of the older tree
     * @param newRoot root of the newer tree
     * @return whether the proof holds
     */
    public boolean holds(Digest oldRoot, Digest newRoot) {
        if (oldSize < 1 || oldSize > newSize) {
            return false;
        }
        if (oldSize == newSize) {
            return path.isEmpty() && oldRoot.equals(newRoot);
        }
        boolean whole = Long.bitCount(oldSize) == 1;
        if (!whole && path.isEmpty()) {
            return false;
        }
        long fn = oldSize - 1;
        long sn = newSize - 1;
        int shift = Long.numberOfTrailingZeros(~fn);
        fn >>>= shift;
        sn >>>= shift;
        Digest fr = whole ? oldRoot : path.get(0);
        Digest sr = fr;
        for (Digest c : whole ? path : path.subList(1, path.size())) {
            if (sn == 0) {
                return false;
            }
            if ((fn & 1) == 1 || fn == sn) {
                fr = MerkleTree.nodeHash(c, fr);
                sr = MerkleTree.nodeHash(c, sr);
                while ((fn & 1) == 0 && fn != 0) {
                    fn >>>= 1;
                    sn >>>= 1;
                }
            } else {
                sr = MerkleTree.nodeHash(sr, c);
            }
            fn >>>= 1;
            sn >>>= 1;
        }
        return sn == 0 && fr.equals(oldRoot) && sr.equals(newRoot);
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(3).uint(oldSize).uint(newSize).list(path, (o, d) -> o.bytes(d.toBytes()));
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the proof, not verified
     */
    public static ConsistencyProof readFrom(CborReader r) {
        r.expectArray(3);
        return new ConsistencyProof(r.uint(), r.uint(), r.list(MAX_PATH, i -> Digest.of(i.fixedBytes(Digest.LENGTH))));
    }
}
