package online.hypermesh.impl.storage;

import java.io.Closeable;
import java.io.IOException;

/** One open file of a {@link SegmentLog}. Thread-safe. */
public interface SegmentFile extends Closeable {
    /**
     * Length of the file.
     *
     * @return bytes
     * @throws IOException when the disk fails
     */
    long length() throws IOException;

    /**
     * Reads bytes.
     *
     * @param position first byte
     * @param into where to
     * @param offset first index in {@code into}
     * @param length how many
     * @return how many were read; less than {@code length} only at the end of the file
     * @throws IOException when the disk fails
     */
    int read(long position, byte[] into, int offset, int length) throws IOException;

    /**
     * Writes bytes; they are durable once {@link #sync()} returned.
     *
     * @param position first byte
     * @param bytes what
     * @throws IOException when the disk is full or fails; a part may have been written
     */
    void write(long position, byte[] bytes) throws IOException;

    /**
     * Cuts the file off.
     *
     * @param length the new length in bytes
     * @throws IOException when the disk fails
     */
    void truncate(long length) throws IOException;

    /**
     * Makes everything written durable.
     *
     * @throws IOException when the disk fails; what was written since the last success may be lost
     */
    void sync() throws IOException;
}
