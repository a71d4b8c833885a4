package online.hypermesh.impl.content;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Digest;

/** A {@link ChunkIndex} on the heap, some 150 bytes per chunk. When it is full, further chunks are stored but not remembered. */
public final class MemoryChunkIndex implements ChunkIndex {
    /** Most chunks by default; 8 GiB of unique content at the default chunk size, some 150 MB of heap. */
    public static final int DEFAULT_MAX_CHUNKS = 1_000_000;

    private final int maxChunks;
    private final Map<Digest, ChunkLocation> chunks = new HashMap<>();
    private final List<Digest> provisional = new ArrayList<>();

    /** Creates an empty index of at most {@value #DEFAULT_MAX_CHUNKS} chunks. */
    public MemoryChunkIndex() {
        this(DEFAULT_MAX_CHUNKS);
    }

    /**
     * Creates an empty index.
     *
     * @param maxChunks most chunks remembered, at least 1
     */
    public MemoryChunkIndex(int maxChunks) {
        if (maxChunks < 1) {
            throw new IllegalArgumentException("maxChunks must be >= 1, was " + maxChunks);
        }
        this.maxChunks = maxChunks;
    }

    @Override
    public synchronized Optional<ChunkLocation> find(Digest chunk) {
        return Optional.ofNullable(chunks.get(chunk));
    }

    @Override
    public synchronized void add(StoredPack pack, Map<Digest, Extent> added) {
        added.forEach((id, extent) -> {
            if (chunks.size() < maxChunks
                    && chunks.putIfAbsent(id, new ChunkLocation(pack, extent.offset(), extent.length())) == null) {
                provisional.add(id);
            }
        });
    }

    @Override
    public synchronized void commit() {
        provisional.clear();
    }

    @Override
    public synchronized void rollback() {
        provisional.forEach(chunks::remove);
        provisional.clear();
    }

    @Override
    public synchronized void forget(Digest packId) {
        chunks.values().removeIf(l -> l.pack().id().equals(packId));
    }

    @Override
    public synchronized int size() {
        return chunks.size();
    }

    @Override
    public void close() {
        // nothing but heap
    }
}
