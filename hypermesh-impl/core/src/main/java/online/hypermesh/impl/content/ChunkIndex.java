package online.hypermesh.impl.content;

import java.util.Map;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * What an owner has stored already, so that it need not be stored again. Losing it costs space, never data. Additions are
 * provisional until {@link #commit()}. Thread-safe, but one writer at a time: commit and rollback concern all additions.
 */
public interface ChunkIndex extends AutoCloseable {
    /**
     * Looks a chunk up, provisional additions included.
     *
     * @param chunk its id
     * @return where it lies, if known
     */
    Optional<ChunkLocation> find(Digest chunk);

    /**
     * Adds a pack and its chunks, provisionally.
     *
     * @param pack the pack
     * @param chunks offset and length in the pack's plaintext, by chunk id
     */
    void add(StoredPack pack, Map<Digest, Extent> chunks);

    /** Keeps what was added; call when the packs are stored. */
    void commit();

    /** Forgets what was added since the last commit. */
    void rollback();

    /**
     * Forgets a pack and its chunks for good, because it turned out to be lost.
     *
     * @param packId the pack
     */
    void forget(Digest packId);

    /**
     * Number of chunks known.
     *
     * @return at least 0
     */
    int size();

    /** Releases files; idempotent. */
    @Override
    void close();

    /**
     * A range of a pack's plaintext.
     *
     * @param offset first byte
     * @param length number of bytes
     */
    record Extent(int offset, int length) {}

    /**
     * An index on the heap that ends with the process.
     *
     * @return an empty index of at most {@link MemoryChunkIndex#DEFAULT_MAX_CHUNKS} chunks
     */
    static ChunkIndex inMemory() {
        return new MemoryChunkIndex(MemoryChunkIndex.DEFAULT_MAX_CHUNKS);
    }
}
