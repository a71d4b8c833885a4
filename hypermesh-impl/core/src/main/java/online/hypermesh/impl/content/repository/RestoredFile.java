package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A file that is being restored: pieces go to a file with a name of its own, which is renamed when all are there. Stretches
 * of zeros are left as holes. Thread-safe.
 */
final class RestoredFile {
    private static final int HOLE_BYTES = 4096;
    private static final PosixFilePermission[] BITS = {
        PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ,
        PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_READ,
        PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_READ,
    };

    private final Path target;
    private final Path fresh;
    private final Node node;
    private final boolean overwrite;
    private final AtomicInteger waiting = new AtomicInteger(1);
    private volatile @Nullable String failure;

    RestoredFile(Path target, Path fresh, Node node, boolean overwrite) {
        this.target = target;
        this.fresh = fresh;
        this.node = node;
        this.overwrite = overwrite;
    }

    Path target() {
        return target;
    }

    long length() {
        return node.content().length();
    }

    /** One more piece will be written. */
    void expect() {
        waiting.incrementAndGet();
    }

    /** One piece was written, or none will come any more; true when that was the last. */
    boolean arrived() {
        return waiting.decrementAndGet() == 0;
    }

    void fail(String why) {
        failure = why;
    }

    @Nullable
    String failure() {
        return failure;
    }

    FileChannel open() throws IOException {
        return FileChannel.open(fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    static void write(FileChannel to, long position, byte[] source, int offset, int length) throws IOException {
        if (length >= HOLE_BYTES && ChunkNamer.isZero(source, offset, length)) {
            return;
        }
        ByteBuffer buffer = ByteBuffer.wrap(source, offset, length);
        while (buffer.hasRemaining()) {
            to.write(buffer, position + buffer.position() - offset);
        }
    }

    /** Gives the file its length, times, permissions and name; or removes what there is of it. */
    void finish() throws IOException {
        if (failure != null) {
            Files.deleteIfExists(fresh);
            return;
        }
        try (FileChannel channel = open()) {
            if (channel.size() < length()) {
                channel.write(ByteBuffer.allocate(1), length() - 1);
            }
        }
        attributes(fresh, node.mode(), node.modified());
        try {
            if (overwrite) {
                if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
                    throw new FileAlreadyExistsException(target.toString(), null, "is a directory");
                }
                Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(target.toString(), null, "exists already");
            } else {
                Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("cannot rename in " + target.getParent(), e);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    /** Sets permissions, but never those that lend the owner's rights to others, and the time of modification. */
    static void attributes(Path path, int mode, Instant modified) throws IOException {
        PosixFileAttributeView posix =
                Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (posix != null) {
            Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
            for (int i = 0; i < BITS.length; i++) {
                if ((mode & 1 << i) != 0) {
                    permissions.add(BITS[i]);
                }
            }
            Files.setPosixFilePermissions(path, permissions);
        }
        Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setTimes(FileTime.from(modified), null, null);
    }
}
