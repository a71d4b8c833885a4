package online.hypermesh.node.network;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Lets one process at a time run a network. The operating system's lock decides; the file's content says whose it is, and
 * stays behind when that process was killed. Thread-safe.
 */
public final class NetworkLock implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;

    private NetworkLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Who wrote a lock file.
     *
     * @param pid process id
     * @param held whether the lock is held now; otherwise it is stale
     * @param text pid, start and command, for people
     */
    public record Owner(long pid, boolean held, String text) {}

    /**
     * Takes the lock.
     *
     * @param file the lock file
     * @param network name of the network, for the error
     * @return the lock, held
     * @throws HypermeshException LOCKED, naming the owner
     */
    public static NetworkLock take(Path file, String network) {
        try {
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (!tryLock(channel)) {
                channel.close();
                String owner = owner(file).map(Owner::text).orElse("an unknown process");
                throw new HypermeshException(
                        Code.LOCKED,
                        Retry.WHOLE_OPERATION,
                        "network " + network + " is run by " + owner + ". Stop it with: hypermesh down --name "
                                + network + ", or give this one another --name");
            }
            String text = "process " + ProcessHandle.current().pid() + ", since "
                    + ProcessHandle.current()
                            .info()
                            .startInstant()
                            .map(Object::toString)
                            .orElse("?") + "\n";
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
            return new NetworkLock(file, channel);
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "lock file " + file + " cannot be used: " + e, e);
        }
    }

    /**
     * Who holds a lock, or held it when it was killed.
     *
     * @param file the lock file
     * @return the owner; empty without a lock file or after an orderly end
     */
    public static Optional<Owner> owner(Path file) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            boolean held = !tryLock(channel);
            String text = Files.readString(file).strip();
            if (text.isEmpty()) {
                return held ? Optional.of(new Owner(0, true, "a process that is just starting")) : Optional.empty();
            }
            String digits = text.replaceFirst("^process ([0-9]+).*", "$1");
            return Optional.of(new Owner(digits.matches("[0-9]{1,18}") ? Long.parseLong(digits) : 0, held, text));
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "lock file " + file + " cannot be read: " + e, e);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // held by this very process
        }
    }

    @Override
    public void close() {
        try {
            if (channel.isOpen()) {
                channel.truncate(0);
                channel.close();
            }
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "lock file " + file + " cannot be released: " + e, e);
        }
    }
}
