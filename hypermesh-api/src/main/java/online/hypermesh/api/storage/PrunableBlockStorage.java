package online.hypermesh.api.storage;

/** Block storage that can forget its oldest blocks, for nodes that keep snapshots of the state instead. Thread-safe. */
public interface PrunableBlockStorage extends BlockStorage {
    /**
     * Forgets blocks from the lowest on. It frees space when it can, not at once.
     *
     * @param below the lowest height that stays, at most {@code height() + 1}
     * @throws online.hypermesh.api.error.HypermeshException STORAGE_FAILED when the disk refuses
     */
    void prune(long below);

    /**
     * Forgets all blocks and goes on with the block after a height, where a snapshot of the state stands in for them. Durable
     * when it returns.
     *
     * @param height at least {@code height()}
     * @throws online.hypermesh.api.error.HypermeshException STORAGE_FAILED when the disk refuses
     */
    void goOnAfter(long height);
}
