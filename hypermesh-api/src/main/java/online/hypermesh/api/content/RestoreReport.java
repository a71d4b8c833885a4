package online.hypermesh.api.content;

import java.util.List;

/**
 * What was restored. Immutable.
 *
 * @param files regular files
 * @param directories directories
 * @param symlinks symbolic links
 * @param bytes sum of the lengths of the files
 * @param failed what could not be restored, each with the reason; at most 1000 are named
 * @param failedCount how many entries could not be restored
 */
public record RestoreReport(
        long files, long directories, long symlinks, long bytes, List<String> failed, long failedCount) {
    /**
     * Copies.
     *
     * @param files regular files
     * @param directories directories
     * @param symlinks symbolic links
     * @param bytes sum of the lengths of the files
     * @param failed what could not be restored
     * @param failedCount how many
     */
    public RestoreReport {
        failed = List.copyOf(failed);
    }
}
