package online.hypermesh.api.proof;

import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * One of the four proofs of a bundle. None of them carries vote weight: only stake weighs votes, and it does so through the
 * validator set, not through a proof. Implementations are immutable.
 */
public sealed interface ConsensusProof permits SpaceProof, StakeProof, WorkProof, TimeProof {
    /**
     * The number that names the type on the wire; a bundle lists its proofs in this order.
     *
     * @return 1 space, 2 stake, 3 work, 4 time
     */
    int type();

    /**
     * Writes the canonical form as one item, beginning with the type.
     *
     * @param w where to
     */
    void writeTo(CborWriter w);

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    default byte[] encode() {
        CborWriter w = new CborWriter(4096);
        writeTo(w);
        return w.toBytes();
    }

    /**
     * Reads the canonical form of any of the four.
     *
     * @param r where from
     * @return the proof, not verified
     * @throws CborException if the bytes are not canonical or name no proof
     * @throws IllegalArgumentException if a value is out of range
     */
    static ConsensusProof readFrom(CborReader r) {
        int items = r.array(4);
        int type = r.uint(4);
        if (type == SpaceProof.TYPE && items == SpaceProof.ITEMS) {
            return SpaceProof.readBody(r);
        }
        if (type == StakeProof.TYPE && items == StakeProof.ITEMS) {
            return StakeProof.readBody(r);
        }
        if (type == WorkProof.TYPE && items == WorkProof.ITEMS) {
            return WorkProof.readBody(r);
        }
        if (type == TimeProof.TYPE && items == TimeProof.ITEMS) {
            return TimeProof.readBody(r);
        }
        throw new CborException("no proof has type " + type + " and " + items + " items");
    }
}
