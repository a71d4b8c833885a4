package online.hypermesh.api.content;

/**
 * What a store amounts to. Immutable.
 *
 * @param snapshots number of snapshots
 * @param packs number of packs
 * @param packBytes their stored bytes
 * @param indexBytes bytes of the index
 * @param chunks number of chunks
 * @param quotaBytes most stored bytes of packs, 0 for no limit
 * @param profile name of the profile it was created with
 */
public record StoreStatistics(
        long snapshots, long packs, long packBytes, long indexBytes, long chunks, long quotaBytes, String profile) {}
