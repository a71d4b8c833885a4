package online.hypermesh.trustchain.api.certificates;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.trustchain.api.log.InclusionProof;
import online.hypermesh.trustchain.api.log.TreeHead;

/**
 * A leaf fresh from its issuer, with the proof that it was logged before it was signed. Immutable.
 *
 * @param leaf the certificate, DER
 * @param head the issuer's signed tree head that covers it
 * @param inclusion proof that its log entry is under that head
 */
public record IssuedLeaf(byte[] leaf, TreeHead head, InclusionProof inclusion) {
    /** Largest leaf in bytes of DER. */
    public static final int MAX_LEAF_BYTES = 4096;

    /**
     * Copies the leaf.
     *
     * @param leaf DER
     * @param head covering tree head
     * @param inclusion proof of the entry
     */
    public IssuedLeaf {
        leaf = leaf.clone();
    }

    /**
     * The certificate.
     *
     * @return a fresh array
     */
    @Override
    public byte[] leaf() {
        return leaf.clone();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(2048).array(4).uint(1).bytes(leaf);
        head.writeTo(w);
        inclusion.writeTo(w);
        return w.toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the leaf
     * @throws online.hypermesh.stoq.base.cbor.CborException if they are not canonical
     */
    public static IssuedLeaf decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(4).expect(1, "issued leaf version");
        IssuedLeaf issued = new IssuedLeaf(r.bytes(MAX_LEAF_BYTES), TreeHead.readFrom(r), InclusionProof.readFrom(r));
        r.end();
        return issued;
    }
}
