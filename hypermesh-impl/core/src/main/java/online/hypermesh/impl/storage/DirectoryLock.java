package online.hypermesh.impl.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Exclusive use of a directory by one owner, across processes and inside this one. The operating system ends it with the
 * process, so no lock is ever stale; the file {@code LOCK} that stays behind only names the last owner. Thread-safe.
 */
public final class DirectoryLock implements AutoCloseable {
    private static final String FILE = "LOCK";
    private static final int MAX_OWNER_BYTES = 512;

    /** Beyond the owner's text, so that others can read it where locks are mandatory. */
    private static final long LOCKED_BYTE = 1L << 20;

    /** Locks of this process: closing any channel of a locked file would end the lock, so none may be opened twice. */
    private static final Map<Path, String> HELD = new ConcurrentHashMap<>();

    private final Path file;
    private final FileChannel channel;
    private boolean closed;

    private DirectoryLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Locks a directory.
     *
     * @param directory exists and is writable
     * @param what who will own it, for the other's error message, such as {@code node n1}
     * @return the lock
     * @throws HypermeshException with code LOCKED, naming the owner, or STORAGE_FAILED
     */
    public static DirectoryLock acquire(Path directory, String what) {
        try {
            Path file = directory.toRealPath().resolve(FILE);
            String owner = what + " (pid " + ProcessHandle.current().pid() + ")";
            String holder = HELD.putIfAbsent(file, owner);
            if (holder != null) {
                throw locked(directory, holder + ", this very process");
            }
            boolean acquired = false;
            try {
                DirectoryLock lock = lock(directory, file, owner);
                acquired = true;
                return lock;
            } finally {
                if (!acquired) {
                    HELD.remove(file);
                }
            }
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED,
                    Retry.NEVER,
                    "cannot lock directory " + directory + ": " + e + ". Check that it exists and is writable",
                    e);
        }
    }

    private static DirectoryLock lock(Path directory, Path file, String owner) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        boolean kept = false;
        try {
            FileLock lock = channel.tryLock(LOCKED_BYTE, 1, false);
            if (lock == null) {
                throw locked(directory, ownerIn(channel));
            }
            byte[] text = (owner + "\n").getBytes(StandardCharsets.UTF_8);
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(text, 0, Math.min(text.length, MAX_OWNER_BYTES)), 0);
            kept = true;
            return new DirectoryLock(file, channel);
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    private static String ownerIn(FileChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(MAX_OWNER_BYTES);
        channel.read(buffer, 0);
        String owner = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8).trim();
        return owner.isEmpty() ? "a process that has not said its name yet" : owner;
    }

    private static HypermeshException locked(Path directory, String owner) {
        return new HypermeshException(
                Code.LOCKED,
                Retry.SAME_CALL,
                "directory " + directory + " is in use by " + owner + ". Stop it, or choose another directory");
    }

    /** Ends the lock; idempotent. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED, Retry.NEVER, "cannot release the lock " + file + ": " + e, e);
        } finally {
            HELD.remove(file);
        }
    }
}
