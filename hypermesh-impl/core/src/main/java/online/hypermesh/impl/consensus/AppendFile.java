package online.hypermesh.impl.consensus;

import java.io.IOException;

/** A file that grows at its end; what {@link VoteLog} needs of a disk. Confined to one thread. */
public interface AppendFile extends AutoCloseable {
    /**
     * Everything in the file.
     *
     * @return a fresh array
     * @throws IOException if the disk fails
     */
    byte[] read() throws IOException;

    /**
     * Length of the file.
     *
     * @return bytes
     * @throws IOException if the disk fails
     */
    long size() throws IOException;

    /**
     * Writes at the end.
     *
     * @param bytes what to write
     * @throws IOException if the disk fails or is full
     */
    void append(byte[] bytes) throws IOException;

    /**
     * Makes everything written durable.
     *
     * @throws IOException if the disk fails
     */
    void force() throws IOException;

    /**
     * Replaces the whole content, durably and atomically: after a crash the file holds either the old or the new content.
     *
     * @param content the new content
     * @throws IOException if the disk fails or is full
     */
    void replace(byte[] content) throws IOException;

    @Override
    void close() throws IOException;
}
