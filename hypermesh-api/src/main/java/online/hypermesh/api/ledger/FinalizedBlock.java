package online.hypermesh.api.ledger;

import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * A block with a proof that it is final: a finality certificate of itself, or of a descendant when it was finalized
 * indirectly; then {@link #certificate} names the descendant, and the chain of {@code previous} links proves the rest.
 *
 * @param block header and body
 * @param certificate of kind FINALIZE, for this block or a descendant
 */
public record FinalizedBlock(Block block, Certificate certificate) {
    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(1024).array(2);
        block.writeTo(w);
        certificate.writeTo(w);
        return w.toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @param maxTransactionBytes limit of one transaction
     * @return the block
     */
    public static FinalizedBlock decode(byte[] bytes, int maxTransactionBytes) {
        CborReader r = new CborReader(bytes).expectArray(2);
        FinalizedBlock block = new FinalizedBlock(Block.readFrom(r, maxTransactionBytes), Certificate.readFrom(r));
        r.end();
        return block;
    }
}
