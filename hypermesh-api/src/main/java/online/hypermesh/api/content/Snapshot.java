package online.hypermesh.api.content;

import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * A file tree as it was stored at one time. Immutable.
 *
 * @param id its name in the store
 * @param time when it was begun
 * @param label what its maker called it; may be empty
 * @param origins the paths it was made from, for people
 * @param files number of regular files
 * @param directories number of directories
 * @param bytes sum of the lengths of the files
 * @param newBytes bytes that were added to the store for it
 */
public record Snapshot(
        SnapshotId id,
        Instant time,
        String label,
        List<String> origins,
        long files,
        long directories,
        long bytes,
        long newBytes) {
    /** Longest label in bytes of UTF-8. */
    public static final int MAX_LABEL_BYTES = 256;

    /**
     * Copies.
     *
     * @param id its name in the store
     * @param time when it was begun
     * @param label what its maker called it
     * @param origins the paths it was made from
     * @param files number of regular files
     * @param directories number of directories
     * @param bytes sum of the lengths of the files
     * @param newBytes bytes that were added to the store for it
     */
    public Snapshot {
        Objects.requireNonNull(id);
        Objects.requireNonNull(time);
        Objects.requireNonNull(label);
        origins = List.copyOf(origins);
    }
}
