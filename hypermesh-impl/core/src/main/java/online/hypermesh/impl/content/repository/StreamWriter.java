package online.hypermesh.impl.content.repository;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Collects the chunks of one stream and stores lists of them as needed. A list ends where the last id says so, so streams
 * that share stretches of chunks share lists. Memory does not depend on the stream's length. Confined to one thread.
 */
final class StreamWriter {
    private static final int MIN_ENTRIES = 64;
    private static final int MAX_ENTRIES = 1024;

    /** One id in 256 ends a list. */
    private static final int END_MASK = 0xff;

    static final int MAX_LIST_BYTES = MAX_ENTRIES * StreamRef.REFERENCE_BYTES;

    private final ChunkSink sink;
    private final List<Level> levels = new ArrayList<>();
    private long length;

    private static final class Level {
        private byte[] entries = new byte[16 * StreamRef.REFERENCE_BYTES];
        private int count;

        void add(long hi, long lo, int bytes) {
            int at = count * StreamRef.REFERENCE_BYTES;
            if (at == entries.length) {
                entries = Arrays.copyOf(entries, entries.length * 2);
            }
            Bytes.putLong(entries, at, hi);
            Bytes.putLong(entries, at + 8, lo);
            Bytes.putInt(entries, at + 16, bytes);
            count++;
        }
    }

    StreamWriter(ChunkSink sink) {
        this.sink = sink;
    }

    /** The next chunk, which is stored. */
    void add(long hi, long lo, int bytes) {
        length += bytes;
        add(0, hi, lo, bytes);
    }

    private void add(int number, long hi, long lo, int bytes) {
        if (number == levels.size()) {
            levels.add(new Level());
        }
        Level level = levels.get(number);
        level.add(hi, lo, bytes);
        if (level.count == MAX_ENTRIES || level.count >= MIN_ENTRIES && (lo & END_MASK) == 0) {
            flush(number);
        }
    }

    private void flush(int number) {
        if (number == StreamRef.MAX_DEPTH) {
            throw Failures.limit("a file of more than " + length + " bytes cannot be stored");
        }
        Level level = levels.get(number);
        int bytes = level.count * StreamRef.REFERENCE_BYTES;
        sink.meta(level.entries, 0, bytes);
        level.count = 0;
        add(number + 1, sink.hi(), sink.lo(), bytes);
    }

    /** The reference to all chunks; ready for the next stream afterwards. */
    StreamRef finish() {
        for (int number = 0; number < levels.size(); number++) {
            Level level = levels.get(number);
            boolean top = number == levels.size() - 1;
            if (top && level.count <= StreamRef.MAX_DIRECT) {
                StreamRef ref = new StreamRef(
                        number, length, Arrays.copyOf(level.entries, level.count * StreamRef.REFERENCE_BYTES));
                levels.clear();
                length = 0;
                return ref;
            }
            if (level.count > 0) {
                flush(number);
            }
        }
        return StreamRef.EMPTY;
    }
}
