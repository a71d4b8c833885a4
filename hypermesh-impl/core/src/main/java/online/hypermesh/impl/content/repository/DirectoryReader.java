package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The entries of one stored directory, one after the other. Confined to one thread. */
final class DirectoryReader {
    private final InputStream in;
    private byte[] last = {};

    DirectoryReader(ChunkReader chunks, StreamRef content) {
        this(new ChunkInput(chunks, content));
    }

    DirectoryReader(InputStream in) {
        this.in = in;
    }

    /**
     * The next entry, or null at the end.
     *
     * @throws online.hypermesh.api.error.HypermeshException CORRUPTED when the directory is damaged
     */
    @Nullable
    Node next() {
        try {
            int first = in.read();
            if (first < 0) {
                return null;
            }
            int length = first << 8 | in.read();
            if (length < 0 || length > Node.MAX_BYTES) {
                throw Failures.corrupted("an entry of a directory has " + length + " bytes");
            }
            byte[] bytes = in.readNBytes(length);
            if (bytes.length != length) {
                throw Failures.corrupted("a directory ends within an entry");
            }
            Node node = Node.decode(bytes);
            if (last.length > 0 && Arrays.compareUnsigned(last, node.name()) >= 0) {
                throw Failures.corrupted("the entries of a directory are not in order");
            }
            last = node.name();
            return node;
        } catch (IOException e) {
            throw new IllegalStateException("chunks are in memory", e);
        }
    }
}
