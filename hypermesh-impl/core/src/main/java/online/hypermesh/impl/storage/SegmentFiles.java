package online.hypermesh.impl.storage;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/** The directory of a {@link SegmentLog}; the seam at which tests inject faults. Thread-safe. */
public interface SegmentFiles extends Closeable {
    /**
     * Names of the files, other people's included.
     *
     * @return in any order
     * @throws IOException when the disk fails
     */
    List<String> names() throws IOException;

    /**
     * Creates an empty file; it outlives a crash once {@link #sync()} returned.
     *
     * @param name its name, not taken
     * @return the open file
     * @throws IOException when the disk is full or fails
     */
    SegmentFile create(String name) throws IOException;

    /**
     * Opens a file.
     *
     * @param name its name
     * @return the open file
     * @throws IOException when it does not exist or the disk fails
     */
    SegmentFile open(String name) throws IOException;

    /**
     * Removes a file.
     *
     * @param name its name
     * @throws IOException when the disk fails
     */
    void delete(String name) throws IOException;

    /**
     * Makes created and deleted names durable.
     *
     * @throws IOException when the disk fails
     */
    void sync() throws IOException;
}
