package online.hypermesh.api.content;

/**
 * What a collection of garbage did. Immutable.
 *
 * @param livePacks packs that snapshots need
 * @param condemnedPacks packs marked now; a later collection deletes them
 * @param deletedPacks packs deleted now
 * @param deletedBytes their stored bytes
 * @param movedChunks chunks that were copied out of packs that hold mostly garbage
 * @param waitingPacks condemned packs that are not deleted yet, because their grace lasts or a writer may still use them
 */
public record GarbageReport(
        long livePacks,
        long condemnedPacks,
        long deletedPacks,
        long deletedBytes,
        long movedChunks,
        long waitingPacks) {}
