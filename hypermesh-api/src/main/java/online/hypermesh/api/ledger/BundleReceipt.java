package online.hypermesh.api.ledger;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleRange;

/**
 * Proof of what came of all transactions of a {@link Bundle}: the receipts of its transactions in one, which one untrusted
 * node can hand out. Immutable.
 *
 * @param bundleId the bundle; the ids of its transactions follow from it
 * @param outcomes what came of them, in their order
 * @param index position of the first one in its block
 * @param count number of transactions in the block
 * @param path from the range of their leaves to the receipts root
 * @param header the child of the bundle's block, which certifies the receipts
 * @param certificate finality of that child, or of a descendant linked by {@code links}
 * @param links from the child to the header the certificate names; usually empty
 */
public record BundleReceipt(
        Digest bundleId,
        List<Outcome> outcomes,
        int index,
        int count,
        List<Digest> path,
        BlockHeader header,
        Certificate certificate,
        List<Link> links) {
    /**
     * Copies the lists.
     *
     * @param bundleId the bundle
     * @param outcomes what came of its transactions
     * @param index position of the first one
     * @param count transactions in the block
     * @param path beside the range
     * @param header certifying header
     * @param certificate finality
     * @param links to the header the certificate names
     */
    public BundleReceipt {
        outcomes = List.copyOf(outcomes);
        path = List.copyOf(path);
        links = List.copyOf(links);
    }

    /**
     * Height of the block that holds the bundle.
     *
     * @return at least 1
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
        CborWriter w = new CborWriter(1024 + outcomes.size() * 8).array(8).bytes(bundleId.toBytes());
        w.list(outcomes, (o, outcome) -> outcome.writeTo(o));
        w.uint(index).uint(count).list(path, (o, d) -> o.bytes(d.toBytes()));
        header.writeTo(w);
        certificate.writeTo(w);
        return w.list(links, (o, l) -> l.writeTo(o)).toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the receipt
     * @throws CborException if the bytes are no such receipt
     */
    public static BundleReceipt decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(8);
        BundleReceipt receipt = new BundleReceipt(
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.list(Bundle.MAX_TRANSACTIONS, Outcome::readFrom),
                r.uint(Block.MAX_TRANSACTIONS),
                r.uint(Block.MAX_TRANSACTIONS),
                r.list(MerkleRange.MAX_PATH, i -> Digest.of(i.fixedBytes(Digest.LENGTH))),
                BlockHeader.readFrom(r),
                Certificate.readFrom(r),
                r.list(Receipt.MAX_LINKS, Link::readFrom));
        r.end();
        return receipt;
    }
}
