package online.hypermesh.impl.content;

import online.hypermesh.api.asset.Asset;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What it takes, besides keys, to read content back; a finalized {@link Asset} holds all of it. Immutable.
 *
 * @param owner whose envelope it is
 * @param packListId id of the pack list
 * @param packCount number of packs listed
 * @param manifestPacks how many of them, from the end, hold the manifest
 * @param envelope encoded envelope of the manifest's key
 */
public record ContentReference(NodeId owner, Digest packListId, int packCount, int manifestPacks, byte[] envelope) {
    /**
     * Checks counts and copies.
     *
     * @param owner whose envelope it is
     * @param packListId id of the pack list
     * @param packCount at least 1
     * @param manifestPacks 1..packCount
     * @param envelope encoded envelope
     */
    public ContentReference {
        if (manifestPacks < 1 || manifestPacks > packCount) {
            throw new IllegalArgumentException(
                    "manifestPacks must be in 1.." + packCount + " (packCount), was " + manifestPacks);
        }
        envelope = envelope.clone();
    }

    /**
     * The reference a finalized asset holds.
     *
     * @param asset the asset
     * @return the reference
     */
    public static ContentReference of(Asset asset) {
        return new ContentReference(
                asset.owner(), asset.packListId(), asset.packCount(), asset.manifestPacks(), asset.envelope());
    }

    @Override
    public byte[] envelope() {
        return envelope.clone();
    }
}
