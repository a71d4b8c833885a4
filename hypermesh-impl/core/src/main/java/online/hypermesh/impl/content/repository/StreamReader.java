package online.hypermesh.impl.content.repository;

/** Walks the chunks of streams. Confined to one thread. */
final class StreamReader {
    private final ChunkReader chunks;
    private final Lists lists;

    /** Hears of a list of chunks before it is read; false skips what is in it. */
    @FunctionalInterface
    interface Lists {
        boolean enter(long hi, long lo, int length);
    }

    /** Hears of a chunk. */
    @FunctionalInterface
    interface Visitor {
        /** Returns false to go no further. */
        boolean chunk(long hi, long lo, int length);
    }

    StreamReader(ChunkReader chunks) {
        this(chunks, (hi, lo, length) -> true);
    }

    StreamReader(ChunkReader chunks, Lists lists) {
        this.chunks = chunks;
        this.lists = lists;
    }

    /** Visits the chunks in order. */
    void forEach(StreamRef ref, Visitor visitor) {
        walk(ref.references(), ref.depth(), visitor);
    }

    private boolean walk(byte[] references, int depth, Visitor visitor) {
        for (int at = 0; at < references.length; at += StreamRef.REFERENCE_BYTES) {
            long hi = Bytes.getLong(references, at);
            long lo = Bytes.getLong(references, at + 8);
            int length = Bytes.getInt(references, at + 16);
            if (length <= 0 || length > PackFormat.MAX_PLAIN_BYTES) {
                throw Failures.corrupted("a reference announces a chunk of " + length + " bytes");
            }
            if (depth == 0) {
                if (!visitor.chunk(hi, lo, length)) {
                    return false;
                }
            } else if (lists.enter(hi, lo, length)) {
                byte[] list = chunks.read(hi, lo, length);
                if (list.length % StreamRef.REFERENCE_BYTES != 0 || list.length > StreamWriter.MAX_LIST_BYTES) {
                    throw Failures.corrupted("a list of chunks has " + list.length + " bytes");
                }
                if (!walk(list, depth - 1, visitor)) {
                    return false;
                }
            }
        }
        return true;
    }
}
