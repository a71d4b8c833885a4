package online.hypermesh.api.ledger;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * A block with a proof that it is final: a finality certificate of itself, or of a descendant when it was finalized
 * indirectly; then {@link #certificate} names the descendant, and the chain of {@code previous} links proves the rest. The
 * blocks after it show these links, except where an epoch ends: blocks between the one that ends it and that block's
 * finality belong to no chain, so links across them stand here. The last block of an answer to catching up has links too
 * when the descendant is not part of the answer.
 *
 * @param block header and body
 * @param certificate of kind FINALIZE, for this block or a descendant
 * @param links from the block to the header the certificate names; usually empty
 */
public record FinalizedBlock(Block block, Certificate certificate, List<Link> links) {
    /**
     * Copies the list.
     *
     * @param block header and body
     * @param certificate of kind FINALIZE
     * @param links to the header the certificate names
     */
    public FinalizedBlock {
        links = List.copyOf(links);
    }

    /**
     * A block that needs no links.
     *
     * @param block header and body
     * @param certificate of kind FINALIZE
     */
    public FinalizedBlock(Block block, Certificate certificate) {
        this(block, certificate, List.of());
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(1024).array(links.isEmpty() ? 2 : 3);
        block.writeTo(w);
        certificate.writeTo(w);
        if (!links.isEmpty()) {
            w.list(links, (o, l) -> l.writeTo(o));
        }
        return w.toBytes();
    }

    /** No encoding has its header end behind so many bytes. */
    public static final int HEADER_WITHIN_BYTES = 512;

    /**
     * Reads the header alone; nothing is verified, the rest is not looked at.
     *
     * @param beginning the first {@value #HEADER_WITHIN_BYTES} bytes of what {@link #encode()} wrote, or all there are
     * @return the header
     */
    public static BlockHeader decodeHeader(byte[] beginning) {
        CborReader r = new CborReader(beginning);
        r.array(3);
        r.array(3);
        return BlockHeader.readFrom(r);
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @param maxTransactionBytes limit of one transaction
     * @return the block
     */
    public static FinalizedBlock decode(byte[] bytes, int maxTransactionBytes) {
        CborReader r = new CborReader(bytes);
        int items = r.array(3);
        if (items < 2) {
            throw new CborException("a finalized block has 2 or 3 items, this has " + items);
        }
        Block block = Block.readFrom(r, maxTransactionBytes);
        Certificate certificate = Certificate.readFrom(r);
        List<Link> links = items == 3 ? r.list(Receipt.MAX_LINKS, Link::readFrom) : List.of();
        if (items == 3 && links.isEmpty()) {
            throw new CborException("a finalized block without links has 2 items");
        }
        r.end();
        return new FinalizedBlock(block, certificate, links);
    }
}
