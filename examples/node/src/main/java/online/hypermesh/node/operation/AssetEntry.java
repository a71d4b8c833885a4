package online.hypermesh.node.operation;

import online.hypermesh.api.asset.Asset;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A registered asset on its way from a node to a client, which checks everything it reads through it: packs by their ids,
 * the envelope by its author's signature.
 *
 * @param asset the asset
 */
public record AssetEntry(Asset asset) {
    private static final int MAX_ENVELOPE_BYTES = 65_536;

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(9)
                .bytes(asset.id().toBytes())
                .bytes(asset.owner().digest().toBytes())
                .text(asset.label())
                .bytes(asset.packListId().toBytes())
                .uint(asset.packCount())
                .uint(asset.manifestPacks())
                .bytes(asset.envelope())
                .uint(asset.storedBytes())
                .uint(asset.height());
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the entry
     */
    public static AssetEntry readFrom(CborReader r) {
        r.expectArray(9);
        return new AssetEntry(new Asset(
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH))),
                r.text(255),
                Digest.of(r.fixedBytes(Digest.LENGTH)),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.bytes(MAX_ENVELOPE_BYTES),
                r.uint(),
                r.uint()));
    }
}
