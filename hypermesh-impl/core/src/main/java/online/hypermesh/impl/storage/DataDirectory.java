package online.hypermesh.impl.storage;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * A node's data directory: locked while open, readable by its owner only, and stamped with the network it belongs to, so
 * that a node never mixes the data of two networks. Thread-safe.
 */
public final class DataDirectory implements AutoCloseable {
    private static final String STAMP = "NETWORK";
    private static final String MAGIC = "hypermesh-data 1";

    private final Path path;
    private final DirectoryLock lock;

    private DataDirectory(Path path, DirectoryLock lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Opens a data directory, creating it when it does not exist.
     *
     * @param path the directory
     * @param network the network its data belongs to
     * @return the directory, locked
     * @throws HypermeshException with code LOCKED when another process uses it, WRONG_NETWORK when it belongs to another
     *     network, CORRUPTED when its stamp is damaged, STORAGE_FAILED when the disk refuses
     */
    public static DataDirectory open(Path path, NetworkId network) {
        try {
            createPrivate(path);
            DirectoryLock lock = DirectoryLock.acquire(path, "HyperMesh data directory");
            boolean opened = false;
            try {
                checkStamp(path, network);
                opened = true;
                return new DataDirectory(path, lock);
            } finally {
                if (!opened) {
                    lock.close();
                }
            }
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED,
                    Retry.NEVER,
                    "cannot open data directory " + path + ": " + e + ". Check its permissions and the free space",
                    e);
        }
    }

    private static void checkStamp(Path path, NetworkId network) throws IOException {
        Path stamp = path.resolve(STAMP);
        String expected = MAGIC + "\n" + network + "\n";
        if (!Files.exists(stamp)) {
            writeDurably(stamp, expected.getBytes(StandardCharsets.UTF_8));
            return;
        }
        String found = new String(Files.readAllBytes(stamp), StandardCharsets.ISO_8859_1);
        if (found.equals(expected)) {
            return;
        }
        String[] lines = found.split("\n", -1);
        if (lines.length != 3 || !lines[0].equals(MAGIC) || !lines[1].matches("[0-9a-f]{64}") || !lines[2].isEmpty()) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "file " + stamp
                            + " is not a network stamp of format 1. Restore it, or start with an empty directory");
        }
        throw new HypermeshException(
                Code.WRONG_NETWORK,
                Retry.NEVER,
                "data directory " + path + " belongs to network "
                        + Digest.fromHex(lines[1]).toShortHex()
                        + ", this node is of network " + network.digest().toShortHex()
                        + ". Choose another data directory, or the genesis it was made with");
    }

    /**
     * The directory.
     *
     * @return its path
     */
    public Path path() {
        return path;
    }

    /**
     * Creates a directory and its parents, new ones readable by the owner only where the file system can express it.
     *
     * @param directory the directory
     * @throws IOException when the disk refuses, or a file is in the way
     */
    public static void createPrivate(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            createPrivate(parent);
        }
        try {
            if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectory(directory);
            }
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
        if (parent != null) {
            syncDirectory(parent);
        }
    }

    /**
     * Replaces a small file so that after a crash it has either its old or its new contents.
     *
     * @param file the file
     * @param contents its new contents
     * @throws IOException when the disk is full or fails
     */
    public static void writeDurably(Path file, byte[] contents) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.write(fresh, contents);
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            syncDirectory(parent);
        }
    }

    /**
     * Makes the names in a directory durable. Windows cannot open directories and needs no such call.
     *
     * @param directory the directory
     * @throws IOException when the disk fails
     */
    public static void syncDirectory(Path directory) throws IOException {
        if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        boolean interrupted = false;
        try {
            while (true) {
                // An interrupt closes a channel in use; it says nothing about the disk.
                interrupted |= Thread.interrupted();
                try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                    channel.force(true);
                    return;
                } catch (ClosedByInterruptException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Releases the lock; idempotent. */
    @Override
    public void close() {
        lock.close();
    }
}
