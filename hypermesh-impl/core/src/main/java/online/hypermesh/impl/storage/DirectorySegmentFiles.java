package online.hypermesh.impl.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files in a directory of the file system, locked while open. Uses {@link RandomAccessFile}, because an interrupt of a
 * reading thread closes a file channel under everybody else. Thread-safe.
 */
final class DirectorySegmentFiles implements SegmentFiles {
    private final Path directory;
    private final DirectoryLock lock;

    private DirectorySegmentFiles(Path directory, DirectoryLock lock) {
        this.directory = directory;
        this.lock = lock;
    }

    static DirectorySegmentFiles open(Path directory) throws IOException {
        DataDirectory.createPrivate(directory);
        return new DirectorySegmentFiles(directory, DirectoryLock.acquire(directory, "segment log"));
    }

    @Override
    public List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(p -> p.getFileName().toString()).toList();
        }
    }

    @Override
    public SegmentFile create(String name) throws IOException {
        Path file = directory.resolve(name);
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        return new Plain(new RandomAccessFile(file.toFile(), "rw"));
    }

    @Override
    public SegmentFile open(String name) throws IOException {
        Path file = directory.resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString());
        }
        return new Plain(new RandomAccessFile(file.toFile(), "rw"));
    }

    @Override
    public void delete(String name) throws IOException {
        Files.delete(directory.resolve(name));
    }

    @Override
    public void sync() throws IOException {
        DataDirectory.syncDirectory(directory);
    }

    @Override
    public void close() {
        lock.close();
    }

    @Override
    public String toString() {
        return directory.toString();
    }

    private static final class Plain implements SegmentFile {
        private final RandomAccessFile file;

        Plain(RandomAccessFile file) {
            this.file = file;
        }

        @Override
        public synchronized long length() throws IOException {
            return file.length();
        }

        @Override
        public synchronized int read(long position, byte[] into, int offset, int length) throws IOException {
            file.seek(position);
            int done = 0;
            while (done < length) {
                int n = file.read(into, offset + done, length - done);
                if (n < 0) {
                    break;
                }
                done += n;
            }
            return done;
        }

        @Override
        public synchronized void write(long position, byte[] bytes) throws IOException {
            file.seek(position);
            file.write(bytes);
        }

        @Override
        public synchronized void truncate(long length) throws IOException {
            file.setLength(length);
        }

        /** Not synchronized: appending goes on while the disk works. */
        @Override
        public void sync() throws IOException {
            file.getFD().sync();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
