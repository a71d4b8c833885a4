package online.hypermesh.impl.content.repository;

import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Stores the entries of one directory: each as its length in two bytes and its canonical form, in chunks that end where an
 * entry's name says so, so a changed entry changes one chunk. Confined to one thread.
 */
final class DirectoryWriter {
    static final int FRAME_BYTES = 2;

    private static final int MIN_CHUNK = 4 << 10;
    private static final int MAX_CHUNK = 64 << 10;
    private static final int END_MASK = 0x3f;

    private final ChunkSink sink;
    private final StreamWriter stream;
    private byte[] chunk = new byte[512];
    private int length;
    private byte[] last = {};

    DirectoryWriter(ChunkSink sink) {
        this.sink = sink;
        this.stream = new StreamWriter(sink);
    }

    /** Adds an entry; names ascend as unsigned bytes. */
    void add(Node node) {
        if (last.length > 0 && Arrays.compareUnsigned(last, node.name()) >= 0) {
            throw new IllegalArgumentException(
                    "two entries are called " + FileNames.text(node.name()) + ", or they are not in order");
        }
        last = node.name();
        byte[] bytes = node.encode();
        if (length + FRAME_BYTES + bytes.length > MAX_CHUNK) {
            flush();
        }
        int needed = length + FRAME_BYTES + bytes.length;
        if (needed > chunk.length) {
            chunk = Arrays.copyOf(chunk, Math.min(MAX_CHUNK, Math.max(needed, chunk.length * 2)));
        }
        chunk[length++] = (byte) (bytes.length >>> 8);
        chunk[length++] = (byte) bytes.length;
        System.arraycopy(bytes, 0, chunk, length, bytes.length);
        length += bytes.length;
        if (length >= MIN_CHUNK && ends(node.name())) {
            flush();
        }
    }

    private static boolean ends(byte[] name) {
        CRC32C crc = new CRC32C();
        crc.update(name, 0, name.length);
        return (crc.getValue() & END_MASK) == 0;
    }

    private void flush() {
        if (length > 0) {
            sink.meta(chunk, 0, length);
            stream.add(sink.hi(), sink.lo(), length);
            length = 0;
        }
    }

    StreamRef finish() {
        flush();
        return stream.finish();
    }
}
