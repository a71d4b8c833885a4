package online.hypermesh.api.storage;

import java.util.Optional;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;

/**
 * Durable, append-only storage of finalized blocks in the order of their heights, starting at 1, or later where the oldest were
 * forgotten. Thread-safe.
 */
public interface BlockStorage extends AutoCloseable {
    /**
     * Appends the next block; it is durable once {@link #sync()} returned.
     *
     * @param block of height {@code height() + 1}
     * @throws online.hypermesh.api.error.HypermeshException with code CONFLICT for another height, STORAGE_FAILED when
     *     the disk refuses
     */
    void append(FinalizedBlock block);

    /** Makes everything appended so far durable. */
    void sync();

    /**
     * Height of the newest block.
     *
     * @return 0 when it never held any
     */
    long height();

    /**
     * Height of the oldest block that was not forgotten.
     *
     * @return {@code height() + 1} when there is none
     */
    default long lowest() {
        return 1;
    }

    /**
     * Reads a block.
     *
     * @param height at least 1
     * @return the block, if stored
     * @throws online.hypermesh.api.error.HypermeshException with code CORRUPTED when its record is damaged
     */
    Optional<FinalizedBlock> read(long height);

    /**
     * Reads a block's canonical bytes as they were stored, to hand them on without decoding them.
     *
     * @param height at least 1
     * @return what {@link FinalizedBlock#encode()} gives, if stored
     * @throws online.hypermesh.api.error.HypermeshException with code CORRUPTED when its record is damaged
     */
    default Optional<byte[]> readEncoded(long height) {
        return read(height).map(FinalizedBlock::encode);
    }

    /**
     * Reads a block's header, without its body where the storage can.
     *
     * @param height at least 1
     * @return the header, if the block is stored
     * @throws online.hypermesh.api.error.HypermeshException with code CORRUPTED when it is damaged
     */
    default Optional<BlockHeader> readHeader(long height) {
        return read(height).map(f -> f.block().header());
    }

    /** Syncs and releases the files; idempotent. */
    @Override
    void close();
}
