package online.hypermesh.api.ledger;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Proof that a header stands in the chain below a final one: a path of at most {@value #MAX_PATH} hashes, however old the
 * header is. One untrusted node can hand it out; it proves headers of epochs whose validators are long gone. Immutable;
 * nothing is checked here, see {@link LightClient#verify(AncestorProof)}.
 *
 * @param header the old header
 * @param path Merkle path (RFC 9162 §2.1.3) from the header's id, as leaf of its height, to {@code ancestorsRoot} of the
 *     anchor
 * @param anchor a later header that does not end its epoch
 * @param certificate finality of the anchor, or of a descendant linked by {@code links}
 * @param links from the anchor to the header the certificate names; usually empty
 */
public record AncestorProof(
        BlockHeader header, List<Digest> path, BlockHeader anchor, Certificate certificate, List<Link> links) {
    /** Longest path. */
    public static final int MAX_PATH = 64;

    /**
     * Copies the lists.
     *
     * @param header the old header
     * @param path Merkle path
     * @param anchor a later header
     * @param certificate finality of the anchor
     * @param links to the header the certificate names
     */
    public AncestorProof {
        path = List.copyOf(path);
        links = List.copyOf(links);
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(4096).array(5);
        header.writeTo(w);
        w.list(path, (o, d) -> o.bytes(d.toBytes()));
        anchor.writeTo(w);
        certificate.writeTo(w);
        return w.list(links, (o, l) -> l.writeTo(o)).toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the proof
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are not canonical
     */
    public static AncestorProof decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(5);
        AncestorProof proof = new AncestorProof(
                BlockHeader.readFrom(r),
                r.list(MAX_PATH, i -> Digest.of(i.fixedBytes(Digest.LENGTH))),
                BlockHeader.readFrom(r),
                Certificate.readFrom(r),
                r.list(Receipt.MAX_LINKS, Link::readFrom));
        r.end();
        return proof;
    }
}
