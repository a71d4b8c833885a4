package online.hypermesh.api.ledger;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * The end of an epoch: a final header that names the validators of the next one, signed by those of its own. One untrusted
 * node can hand it out. Immutable; nothing is checked here, see {@link LightClient#learn}.
 *
 * @param header ends its epoch, or stands between the block that does and that block's finality
 * @param certificate finality of the header, or of a descendant linked by {@code links}
 * @param links from the header to the header the certificate names; usually empty
 * @param signers the validators of the header's epoch
 * @param next the validators of the epoch after
 */
public record HandOver(
        BlockHeader header, Certificate certificate, List<Link> links, ValidatorSet signers, ValidatorSet next) {
    /**
     * Copies the list.
     *
     * @param header ends its epoch
     * @param certificate finality
     * @param links to the header the certificate names
     * @param signers the validators of the header's epoch
     * @param next the validators of the epoch after
     */
    public HandOver {
        links = List.copyOf(links);
    }

    /**
     * The epoch that ends.
     *
     * @return at least 0
     */
    public long epoch() {
        return header.epoch();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(2048).array(5);
        header.writeTo(w);
        certificate.writeTo(w);
        w.list(links, (o, l) -> l.writeTo(o));
        signers.writeTo(w);
        next.writeTo(w);
        return w.toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the hand-over
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a set is none
     */
    public static HandOver decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(5);
        HandOver handOver = new HandOver(
                BlockHeader.readFrom(r),
                Certificate.readFrom(r),
                r.list(Receipt.MAX_LINKS, Link::readFrom),
                ValidatorSet.readFrom(r),
                ValidatorSet.readFrom(r));
        r.end();
        return handOver;
    }
}
