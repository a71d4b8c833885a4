package online.hypermesh.api.content;

import java.util.List;

/**
 * What a check or a repair found. Immutable.
 *
 * @param snapshots snapshots read
 * @param packs packs examined
 * @param chunks chunks known afterwards
 * @param bytes stored bytes examined
 * @param problems what is wrong with the store's own files; at most 1000 are named
 * @param lost what cannot be restored, as snapshot, colon, path; at most 1000 are named
 * @param lostCount how many entries cannot be restored
 */
public record CheckReport(
        long snapshots, long packs, long chunks, long bytes, List<String> problems, List<String> lost, long lostCount) {
    /**
     * Copies.
     *
     * @param snapshots snapshots read
     * @param packs packs examined
     * @param chunks chunks known
     * @param bytes stored bytes examined
     * @param problems what is wrong
     * @param lost what cannot be restored
     * @param lostCount how many entries cannot be restored
     */
    public CheckReport {
        problems = List.copyOf(problems);
        lost = List.copyOf(lost);
    }

    /**
     * Whether nothing is wrong.
     *
     * @return true without problems and losses
     */
    public boolean sound() {
        return problems.isEmpty() && lostCount == 0;
    }
}
