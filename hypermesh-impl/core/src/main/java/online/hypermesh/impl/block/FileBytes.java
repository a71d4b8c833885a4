package online.hypermesh.impl.block;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import online.hypermesh.api.block.BlockBytes;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/** A sealed block in a file. Confined to one thread. */
public final class FileBytes implements BlockBytes, AutoCloseable {
    private final Path path;
    private final RandomAccessFile file;
    private final long length;

    private FileBytes(Path path, RandomAccessFile file, long length) {
        this.path = path;
        this.file = file;
        this.length = length;
    }

    /**
     * Opens a file for reading.
     *
     * @param path the file
     * @return its bytes, to be closed
     * @throws HypermeshException STORAGE_FAILED when it cannot be read
     */
    public static FileBytes open(Path path) {
        try {
            RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
            return new FileBytes(path, file, file.length());
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public void read(long position, byte[] to, int offset, int count) {
        try {
            file.seek(position);
            file.readFully(to, offset, count);
        } catch (EOFException e) {
            throw new HypermeshException(
                    Code.CORRUPTED, Retry.NEVER, path + " became shorter than its " + length + " bytes", e);
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private static HypermeshException failed(Path path, IOException e) {
        return new HypermeshException(
                Code.STORAGE_FAILED, Retry.SAME_CALL, "Cannot read " + path + ": " + e.getMessage(), e);
    }
}
