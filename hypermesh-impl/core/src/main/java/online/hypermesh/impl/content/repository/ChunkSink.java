package online.hypermesh.impl.content.repository;

import org.jspecify.annotations.Nullable;

/**
 * Where a writer's chunks go: those the index knows are left out, the others fill packs, files' and directories' separately.
 * Confined to one thread.
 */
final class ChunkSink implements AutoCloseable {
    private final RepositoryIndex index;
    private final PackPipeline pipeline;
    private final ChunkNamer namer;
    private final ChunkPlace place = new ChunkPlace();
    private final Filling data = new Filling();
    private final Filling meta = new Filling();
    private long newPlainBytes;

    /** A pack that fills up, and its number. */
    private static final class Filling {
        private @Nullable PackBuffer buffer;
        private int number;
    }

    ChunkSink(RepositoryIndex index, PackPipeline pipeline, ChunkNamer namer) {
        this.index = index;
        this.pipeline = pipeline;
        this.namer = namer;
    }

    /** Stores a chunk of a file unless it is known; {@link #hi()} and {@link #lo()} then tell its id. */
    void data(byte[] source, int offset, int length) {
        put(data, source, offset, length);
    }

    /** Stores a chunk of a directory or a list of chunks unless it is known. */
    void meta(byte[] source, int offset, int length) {
        put(meta, source, offset, length);
    }

    long hi() {
        return namer.hi();
    }

    long lo() {
        return namer.lo();
    }

    /** Whether a chunk can be referred to without storing it. */
    boolean knows(long hi, long lo) {
        return index.findUsable(hi, lo, place);
    }

    private void put(Filling filling, byte[] source, int offset, int length) {
        namer.name(source, offset, length);
        if (index.findUsable(namer.hi(), namer.lo(), place)) {
            return;
        }
        if (index.isFull()) {
            flush();
        }
        PackBuffer buffer = filling.buffer;
        if (buffer != null && !buffer.fits(length)) {
            seal(filling);
            buffer = null;
        }
        if (buffer == null) {
            buffer = pipeline.take();
            filling.buffer = buffer;
            filling.number = index.newPack();
        }
        int at = buffer.add(source, offset, length);
        index.add(namer.hi(), namer.lo(), filling.number, at, length);
        newPlainBytes += length;
    }

    private void seal(Filling filling) {
        PackBuffer buffer = filling.buffer;
        if (buffer != null) {
            filling.buffer = null;
            pipeline.submit(buffer, index.pack(filling.number));
        }
    }

    /** Stores everything durably, index included. */
    void flush() {
        seal(data);
        seal(meta);
        pipeline.drain();
        index.flush();
    }

    /** Plaintext bytes of the chunks that were not known. */
    long newPlainBytes() {
        return newPlainBytes;
    }

    @Override
    public void close() {
        data.buffer = null;
        meta.buffer = null;
    }
}
