package online.hypermesh.impl.content.repository;

import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;

/** The bytes of a stream, of which one chunk and one list per level are in memory. Confined to one thread. */
final class ChunkInput extends InputStream {
    private final ChunkReader chunks;
    private final Deque<Frame> frames = new ArrayDeque<>();
    private byte[] chunk = {};
    private int at;

    private static final class Frame {
        private final byte[] references;
        private final int depth;
        private int next;

        Frame(byte[] references, int depth) {
            this.references = references;
            this.depth = depth;
        }
    }

    ChunkInput(ChunkReader chunks, StreamRef ref) {
        this.chunks = chunks;
        frames.push(new Frame(ref.references(), ref.depth()));
    }

    private boolean fill() {
        while (at == chunk.length) {
            Frame frame = frames.peek();
            if (frame == null) {
                return false;
            }
            if (frame.next == frame.references.length) {
                frames.pop();
                continue;
            }
            int from = frame.next;
            frame.next += StreamRef.REFERENCE_BYTES;
            int length = Bytes.getInt(frame.references, from + 16);
            if (length <= 0 || length > PackFormat.MAX_PLAIN_BYTES) {
                throw Failures.corrupted("a reference announces a chunk of " + length + " bytes");
            }
            byte[] read = chunks.read(
                    Bytes.getLong(frame.references, from), Bytes.getLong(frame.references, from + 8), length);
            if (frame.depth == 0) {
                chunk = read;
                at = 0;
            } else if (length % StreamRef.REFERENCE_BYTES != 0 || length > StreamWriter.MAX_LIST_BYTES) {
                throw Failures.corrupted("a list of chunks has " + length + " bytes");
            } else {
                frames.push(new Frame(read, frame.depth - 1));
            }
        }
        return true;
    }

    @Override
    public int read() {
        return fill() ? chunk[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] to, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int n = Math.min(length, chunk.length - at);
        System.arraycopy(chunk, at, to, offset, n);
        at += n;
        return n;
    }
}
