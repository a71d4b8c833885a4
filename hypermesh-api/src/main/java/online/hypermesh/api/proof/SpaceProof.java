package online.hypermesh.api.proof;

import java.util.List;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Where: shows that the subject could read random leaves of an encoded replica it registered, after the beacon and before
 * the deadline. The leaves' indexes follow from the context and are not sent. It says nothing about where on Earth the bytes
 * are, nor that nobody else holds them for the subject. Immutable.
 *
 * @param replica which of the subject's registered replicas, 0..{@link Participant#MAX_REPLICAS}-1
 * @param openings the challenged leaves, in the order of their indexes
 */
public record SpaceProof(int replica, List<Opening> openings) implements ConsensusProof {
    /** Length of a leaf in bytes. */
    public static final int LEAF_BYTES = 1024;

    /** Most leaves of one proof. */
    public static final int MAX_OPENINGS = 64;

    /** Longest Merkle path: a replica has at most 2^40 leaves. */
    public static final int MAX_PATH = 40;

    static final int TYPE = 1;
    static final int ITEMS = 3;

    /**
     * One leaf with its Merkle path.
     *
     * @param leaf 1024 bytes of the replica
     * @param path from the leaf's sibling upwards
     */
    public record Opening(byte[] leaf, List<Digest> path) {
        /**
         * Copies the list; the array is not copied and must not change.
         *
         * @param leaf 1024 bytes
         * @param path Merkle path
         */
        public Opening {
            if (leaf.length != LEAF_BYTES) {
                throw new IllegalArgumentException("a leaf has 1024 bytes, got " + leaf.length);
            }
            path = List.copyOf(path);
        }
    }

    /**
     * Copies the list.
     *
     * @param replica which replica
     * @param openings the leaves
     */
    public SpaceProof {
        if (replica < 0 || replica >= Participant.MAX_REPLICAS) {
            throw new IllegalArgumentException(
                    "replica must be in 0.." + (Participant.MAX_REPLICAS - 1) + ", was " + replica);
        }
        if (openings.size() > MAX_OPENINGS) {
            throw new IllegalArgumentException(openings.size() + " openings, limit " + MAX_OPENINGS);
        }
        openings = List.copyOf(openings);
    }

    @Override
    public int type() {
        return TYPE;
    }

    @Override
    public void writeTo(CborWriter w) {
        w.array(ITEMS).uint(TYPE).uint(replica).list(openings, (o, opening) -> {
            o.array(2).bytes(opening.leaf());
            Paths.write(o, opening.path());
        });
    }

    static SpaceProof readBody(CborReader r) {
        int replica = r.uint(Participant.MAX_REPLICAS - 1);
        return new SpaceProof(replica, r.list(MAX_OPENINGS, i -> {
            i.expectArray(2);
            return new Opening(i.fixedBytes(LEAF_BYTES), Paths.read(i, MAX_PATH));
        }));
    }
}
