package online.hypermesh.tck.transport;

import java.time.Duration;

/**
 * What a {@link FaultyPath} does to the datagrams on it, in each direction. Chances are in thousandths and rolled for every
 * datagram and every kind of fault independently. Immutable.
 *
 * @param lossPermille chance that a datagram is dropped, 0..1000
 * @param reorderPermille chance that a datagram is held back until later ones have passed, 0..1000
 * @param duplicatePermille chance that a datagram arrives twice, 0..1000
 * @param corruptPermille chance that one bit of a datagram is flipped, 0..1000
 * @param delay added to every datagram, at most 10 s
 * @param maxDatagramBytes larger datagrams are dropped, 1..65535; an IPv6 path of MTU 1280 carries 1232
 */
public record PathFaults(
        int lossPermille,
        int reorderPermille,
        int duplicatePermille,
        int corruptPermille,
        Duration delay,
        int maxDatagramBytes) {
    private static final int CERTAIN = 1000;
    private static final int LARGEST_DATAGRAM = 65_535;
    private static final Duration MAX_DELAY = Duration.ofSeconds(10);

    /** A perfect path. */
    public static final PathFaults NONE = new PathFaults(0, 0, 0, 0, Duration.ZERO, LARGEST_DATAGRAM);

    /** A path on which nothing arrives. */
    public static final PathFaults CUT = NONE.withLoss(CERTAIN);

    /**
     * Checks the ranges.
     *
     * @param lossPermille loss
     * @param reorderPermille reordering
     * @param duplicatePermille duplication
     * @param corruptPermille corruption
     * @param delay delay
     * @param maxDatagramBytes largest datagram
     */
    public PathFaults {
        within("lossPermille", lossPermille, 0, CERTAIN);
        within("reorderPermille", reorderPermille, 0, CERTAIN);
        within("duplicatePermille", duplicatePermille, 0, CERTAIN);
        within("corruptPermille", corruptPermille, 0, CERTAIN);
        within("delay in ms", delay.toMillis(), 0, MAX_DELAY.toMillis());
        within("maxDatagramBytes", maxDatagramBytes, 1, LARGEST_DATAGRAM);
    }

    private static void within(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " must be in " + min + ".." + max + ", was " + value);
        }
    }

    /**
     * Loss, reordering, duplication and corruption at one rate, without delay.
     *
     * @param permille chance of each kind, 0..1000
     * @return the faults
     */
    public static PathFaults ofEveryKind(int permille) {
        return new PathFaults(permille, permille, permille, permille, Duration.ZERO, LARGEST_DATAGRAM);
    }

    /**
     * The same with another loss.
     *
     * @param permille chance of loss, 0..1000
     * @return the faults
     */
    public PathFaults withLoss(int permille) {
        return new PathFaults(permille, reorderPermille, duplicatePermille, corruptPermille, delay, maxDatagramBytes);
    }

    /**
     * The same with another delay.
     *
     * @param added to every datagram, at most 10 s
     * @return the faults
     */
    public PathFaults withDelay(Duration added) {
        return new PathFaults(
                lossPermille, reorderPermille, duplicatePermille, corruptPermille, added, maxDatagramBytes);
    }

    /**
     * The same with another size limit.
     *
     * @param bytes largest datagram that passes, 1..65535
     * @return the faults
     */
    public PathFaults withMaxDatagramBytes(int bytes) {
        return new PathFaults(lossPermille, reorderPermille, duplicatePermille, corruptPermille, delay, bytes);
    }
}
