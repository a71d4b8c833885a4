package online.hypermesh.api.asset;

import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What the ledger records about stored content. Nothing in it tells what the content is. Immutable.
 *
 * @param id the asset's id: the id of the transaction that registered it
 * @param owner who registered it
 * @param label what its owner calls it, 1..255 bytes of UTF-8; public
 * @param packListId id of the pack that lists the ids of all packs, in order
 * @param packCount number of packs listed, at least 1
 * @param manifestPacks how many of the listed packs, from the end, hold the sealed manifest
 * @param envelope the author-signed envelope that wraps the manifest's key to its recipients, opaque here
 * @param storedBytes sum of the lengths of the listed packs
 * @param height block that registered it
 */
public record Asset(
        Digest id,
        NodeId owner,
        String label,
        Digest packListId,
        int packCount,
        int manifestPacks,
        byte[] envelope,
        long storedBytes,
        long height) {
    /**
     * Copies the envelope.
     *
     * @param id the asset's id
     * @param owner who registered it
     * @param label public name
     * @param packListId id of the pack list
     * @param packCount number of packs
     * @param manifestPacks packs of the manifest
     * @param envelope wrapped key
     * @param storedBytes sum of lengths
     * @param height block
     */
    public Asset {
        envelope = envelope.clone();
    }

    @Override
    public byte[] envelope() {
        return envelope.clone();
    }
}
