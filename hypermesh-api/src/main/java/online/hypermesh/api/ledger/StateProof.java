package online.hypermesh.api.ledger;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * Proof that a module's key had a value, or was absent, in the state after a finalized block. Immutable.
 *
 * @param module the module
 * @param key the key
 * @param value the value; empty proves absence
 * @param treePath opaque, canonical path through the state tree
 * @param header finalized header whose {@code parentStateRoot} the path leads to
 * @param certificate finality of that header, or of a descendant linked by {@code links}
 * @param links from the header to the header the certificate names; usually empty
 */
public record StateProof(
        String module,
        byte[] key,
        Optional<byte[]> value,
        byte[] treePath,
        BlockHeader header,
        Certificate certificate,
        List<Link> links) {
    /**
     * Copies the list.
     *
     * @param module the module
     * @param key the key
     * @param value the value, if present
     * @param treePath path through the state tree
     * @param header finalized header
     * @param certificate finality
     * @param links to the header the certificate names
     */
    public StateProof {
        links = List.copyOf(links);
    }

    /**
     * Height of the block after which the state is proven.
     *
     * @return at least 0
     */
    public long height() {
        return header.height() - 1;
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(2048).array(7).text(module).bytes(key);
        value.ifPresentOrElse(w::bytes, w::nil);
        w.bytes(treePath);
        header.writeTo(w);
        certificate.writeTo(w);
        return w.list(links, (o, l) -> l.writeTo(o)).toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the proof
     */
    public static StateProof decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(7);
        StateProof proof = new StateProof(
                r.text(32),
                r.bytes(256),
                r.nil() ? Optional.empty() : Optional.of(r.bytes(65_536)),
                r.bytes(16_384),
                BlockHeader.readFrom(r),
                Certificate.readFrom(r),
                r.list(Receipt.MAX_LINKS, Link::readFrom));
        r.end();
        return proof;
    }
}
