package online.hypermesh.api.content;

import java.util.List;

/**
 * What came of storing: the snapshot, and what could not be read. Immutable.
 *
 * @param snapshot the snapshot, durable
 * @param unreadable files and directories left out, each with the reason; at most 1000 are named
 * @param unreadableCount how many were left out
 * @param unchangedFiles files that were not read, because size, times and inode were those of the last snapshot
 */
public record StoredSnapshot(Snapshot snapshot, List<String> unreadable, long unreadableCount, long unchangedFiles) {
    /**
     * Copies.
     *
     * @param snapshot the snapshot
     * @param unreadable what was left out
     * @param unreadableCount how many were left out
     * @param unchangedFiles files that were not read
     */
    public StoredSnapshot {
        unreadable = List.copyOf(unreadable);
    }
}
