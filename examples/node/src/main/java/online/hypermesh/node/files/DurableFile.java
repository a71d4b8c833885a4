package online.hypermesh.node.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;

/**
 * Small files that are written as a whole: after a crash the old content is there or the new one, never a mixture, and what
 * was acknowledged is on the disk. Stateless.
 */
public final class DurableFile {
    private DurableFile() {}

    /**
     * Replaces a file's content, or creates the file.
     *
     * @param file the file, in a directory that exists
     * @param content the new content
     * @param attributes of the new file
     * @throws IOException when it cannot be written or synced; the old content stays
     */
    public static void replace(Path file, byte[] content, FileAttribute<?>... attributes) throws IOException {
        Path fresh = write(file, content, attributes);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncDirectory(file);
    }

    /**
     * Creates a file that must not exist yet.
     *
     * @param file the file, in a directory that exists
     * @param content its content
     * @param attributes of the file
     * @throws java.nio.file.FileAlreadyExistsException when the name is taken, also when another process took it just now
     * @throws IOException when it cannot be written or synced
     */
    public static void create(Path file, byte[] content, FileAttribute<?>... attributes) throws IOException {
        Path fresh = write(file, content, attributes);
        Files.createLink(file, fresh);
        Files.delete(fresh);
        syncDirectory(file);
    }

    private static Path write(Path file, byte[] content, FileAttribute<?>... attributes) throws IOException {
        Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        try (FileChannel channel =
                FileChannel.open(fresh, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        return fresh;
    }

    private static void syncDirectory(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || System.getProperty("os.name", "").startsWith("Windows")) {
            return; // directories cannot be opened there; NTFS journals the rename
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
