package online.hypermesh.api.content;

import java.time.Instant;
import java.util.Objects;

/**
 * One entry of a snapshot's tree. Immutable.
 *
 * @param path where it lies
 * @param kind what it is
 * @param mode permission bits, 0..07777
 * @param modified when it was last changed
 * @param size length of a file in bytes, else 0
 * @param target where a symbolic link points, as {@link EntryPath} writes names but with slashes; empty for others
 */
public record TreeEntry(EntryPath path, Kind kind, int mode, Instant modified, long size, String target) {
    /** What an entry is. */
    public enum Kind {
        /** A regular file. */
        FILE,
        /** A directory. */
        DIRECTORY,
        /** A symbolic link; never followed. */
        SYMLINK
    }

    /**
     * Checks presence.
     *
     * @param path where it lies
     * @param kind what it is
     * @param mode permission bits
     * @param modified when it was last changed
     * @param size length of a file
     * @param target where a symbolic link points
     */
    public TreeEntry {
        Objects.requireNonNull(path);
        Objects.requireNonNull(kind);
        Objects.requireNonNull(modified);
        Objects.requireNonNull(target);
    }
}
