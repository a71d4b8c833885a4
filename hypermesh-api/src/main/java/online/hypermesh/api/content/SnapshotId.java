package online.hypermesh.api.content;

/**
 * Names one snapshot of a store: 16 random bytes as 32 lower-case hexadecimal digits. Immutable.
 *
 * @param hex the digits
 */
public record SnapshotId(String hex) implements Comparable<SnapshotId> {
    /**
     * Checks the digits.
     *
     * @param hex 32 lower-case hexadecimal digits
     */
    public SnapshotId {
        if (!hex.matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException("a snapshot id is 32 lower-case hexadecimal digits, was " + hex);
        }
    }

    @Override
    public int compareTo(SnapshotId other) {
        return hex.compareTo(other.hex);
    }

    @Override
    public String toString() {
        return hex;
    }
}
