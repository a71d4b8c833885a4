package online.hypermesh.impl.consensus.driver;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import online.hypermesh.impl.consensus.AppendFile;

/** An {@link AppendFile} in a file system; durable means {@link FileChannel#force}. Confined to one thread. */
public final class FileAppendFile implements AppendFile {
    private final Path path;
    private FileChannel channel;
    private long size;

    private FileAppendFile(Path path, FileChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        this.size = channel.size();
    }

    /**
     * Opens a file, creating it and its directory when they are missing.
     *
     * @param path where
     * @return the file
     * @throws IOException if it cannot be opened
     */
    public static FileAppendFile open(Path path) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        return new FileAppendFile(path, channel(path));
    }

    private static FileChannel channel(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public byte[] read() throws IOException {
        if (size > Integer.MAX_VALUE - 8) {
            throw new IOException(path + " has " + size + " bytes; larger than any vote log");
        }
        ByteBuffer b = ByteBuffer.allocate((int) size);
        while (b.hasRemaining()) {
            if (channel.read(b, b.position()) < 0) {
                throw new IOException(path + " ended after " + b.position() + " of " + size + " bytes");
            }
        }
        return b.array();
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void append(byte[] bytes) throws IOException {
        ByteBuffer b = ByteBuffer.wrap(bytes);
        try {
            while (b.hasRemaining()) {
                size += channel.write(b, size);
            }
        } catch (IOException e) {
            throw named(e);
        }
    }

    @Override
    public void force() throws IOException {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw named(e);
        }
    }

    /** Channels do not say which file they are of. */
    private IOException named(IOException e) {
        return new IOException(path + ": " + e.getMessage(), e);
    }

    @Override
    public void replace(byte[] content) throws IOException {
        try {
            replaced(content);
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw named(e);
        }
    }

    private void replaced(byte[] content) throws IOException {
        Path next = path.resolveSibling(path.getFileName() + ".new");
        try (FileChannel out = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer b = ByteBuffer.wrap(content);
            while (b.hasRemaining()) {
                out.write(b);
            }
            out.force(true);
        }
        channel.close();
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            try (FileChannel directory = FileChannel.open(parent, StandardOpenOption.READ)) {
                directory.force(true);
            }
        }
        channel = channel(path);
        size = channel.size();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
