package online.hypermesh.api.ledger;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Proof of what came of a transaction: a finalized header whose receipts root covers the outcome. One untrusted node can
 * hand it out. Immutable.
 *
 * @param transactionId the transaction
 * @param outcome what came of it
 * @param index its position in its block
 * @param count number of transactions in its block
 * @param path Merkle path to the receipts root
 * @param header the child of its block, which certifies the receipts
 * @param certificate finality of that child, or of a descendant linked by {@code links}
 * @param links from the child to the header the certificate names; usually empty
 */
public record Receipt(
        Digest transactionId,
        Outcome outcome,
        int index,
        int count,
        List<Digest> path,
        BlockHeader header,
        Certificate certificate,
        List<Link> links) {
    /** Most headers between a proof's header and the certified one. */
    public static final int MAX_LINKS = 256;

    /**
     * Copies the lists.
     *
     * @param transactionId the transaction
     * @param outcome what came of it
     * @param index position
     * @param count transactions in the block
     * @param path Merkle path
     * @param header certifying header
     * @param certificate finality
     * @param links to the header the certificate names
     */
    public Receipt {
        path = List.copyOf(path);
        links = List.copyOf(links);
    }

    /**
     * Canonical bytes of one leaf of the receipts tree.
     *
     * @param transactionId the transaction
     * @param outcome what came of it
     * @return the encoding
     */
    public static byte[] leaf(Digest transactionId, Outcome outcome) {
        CborWriter w = new CborWriter().array(2).bytes(transactionId.toBytes());
        outcome.writeTo(w);
        return w.toBytes();
    }

    /**
     * Height of the block that holds the transaction.
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
        CborWriter w = new CborWriter(1024).array(8).bytes(transactionId.toBytes());
        outcome.writeTo(w);
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
     */
    public static Receipt decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(8);
        Receipt receipt = new Receipt(
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                Outcome.readFrom(r),
                r.uint(Block.MAX_TRANSACTIONS),
                r.uint(Block.MAX_TRANSACTIONS),
                r.list(64, i -> Digest.of(i.fixedBytes(Digest.LENGTH))),
                BlockHeader.readFrom(r),
                Certificate.readFrom(r),
                r.list(MAX_LINKS, Link::readFrom));
        r.end();
        return receipt;
    }
}
