package online.hypermesh.impl.asset;

import java.nio.charset.StandardCharsets;
import java.util.List;
import online.hypermesh.impl.content.PackList;
import online.hypermesh.impl.content.StorageReceipt;
import online.hypermesh.impl.content.StoredContent;
import online.hypermesh.impl.seal.Envelope;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * What a client submits to {@link AssetModule}: stored content, attested by validators, under a label. Immutable.
 *
 * @param label what its owner calls it, 1..255 bytes of UTF-8; public
 * @param packListId id of the pack list
 * @param packCount number of packs listed
 * @param manifestPacks how many of them, from the end, hold the manifest
 * @param envelope encoded envelope of the manifest's key
 * @param storedBytes sum of the lengths of the listed packs
 * @param receipts attestations of distinct validators
 */
public record AssetRegistration(
        String label,
        Digest packListId,
        int packCount,
        int manifestPacks,
        byte[] envelope,
        long storedBytes,
        List<StorageReceipt> receipts) {
    /** Longest label in bytes of UTF-8. */
    public static final int MAX_LABEL_BYTES = 255;

    /** Most receipts. */
    public static final int MAX_RECEIPTS = 100;

    private static final int REGISTER = 1;

    /**
     * Checks ranges and copies.
     *
     * @param label 1..255 bytes of UTF-8
     * @param packListId id of the pack list
     * @param packCount 1..2^16
     * @param manifestPacks 1..packCount
     * @param envelope at most {@link Envelope#MAX_BYTES}
     * @param storedBytes at least 1
     * @param receipts at most 100
     */
    public AssetRegistration {
        int labelBytes = label.getBytes(StandardCharsets.UTF_8).length;
        if (labelBytes < 1 || labelBytes > MAX_LABEL_BYTES) {
            throw new IllegalArgumentException(
                    "label must have 1.." + MAX_LABEL_BYTES + " bytes of UTF-8, has " + labelBytes);
        }
        if (packCount < 1 || packCount > PackList.MAX_PACKS) {
            throw new IllegalArgumentException("packCount must be in 1.." + PackList.MAX_PACKS + ", was " + packCount);
        }
        if (manifestPacks < 1 || manifestPacks > packCount) {
            throw new IllegalArgumentException("manifestPacks must be in 1.." + packCount + ", was " + manifestPacks);
        }
        if (envelope.length > Envelope.MAX_BYTES) {
            throw new IllegalArgumentException(
                    "envelope has " + envelope.length + " bytes, limit " + Envelope.MAX_BYTES);
        }
        if (storedBytes < 1) {
            throw new IllegalArgumentException("storedBytes must be >= 1, was " + storedBytes);
        }
        if (receipts.size() > MAX_RECEIPTS) {
            throw new IllegalArgumentException(receipts.size() + " receipts, limit " + MAX_RECEIPTS);
        }
        envelope = envelope.clone();
        receipts = List.copyOf(receipts);
    }

    /**
     * The registration of stored content.
     *
     * @param label what its owner calls it
     * @param content what a writer stored
     * @param receipts what the commit of its pack list gave
     * @return the registration
     */
    public static AssetRegistration of(String label, StoredContent content, List<StorageReceipt> receipts) {
        return new AssetRegistration(
                label,
                content.reference().packListId(),
                content.reference().packCount(),
                content.reference().manifestPacks(),
                content.reference().envelope(),
                content.storedBytes(),
                receipts);
    }

    @Override
    public byte[] envelope() {
        return envelope.clone();
    }

    /**
     * Canonical bytes, the payload of the transaction.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(envelope.length + 400 + receipts.size() * 220)
                .array(8)
                .uint(REGISTER)
                .text(label)
                .bytes(packListId.toBytes())
                .uint(packCount)
                .uint(manifestPacks)
                .bytes(envelope)
                .uint(storedBytes)
                .list(receipts, (o, receipt) -> receipt.writeTo(o))
                .toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param payload what {@link #encode()} wrote
     * @return the registration
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    public static AssetRegistration decode(byte[] payload) {
        CborReader r = new CborReader(payload).expectArray(8).expect(REGISTER, "asset instruction");
        AssetRegistration registration = new AssetRegistration(
                r.text(MAX_LABEL_BYTES),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(PackList.MAX_PACKS),
                r.uint(PackList.MAX_PACKS),
                r.bytes(Envelope.MAX_BYTES),
                r.uint(),
                r.list(MAX_RECEIPTS, StorageReceipt::readFrom));
        r.end();
        return registration;
    }
}
