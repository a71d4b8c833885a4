package online.hypermesh.impl.dht;

import java.util.Arrays;

/**
 * How many nodes there are, from how near to random points the nearest are: among N nodes the k-th nearest is at k / N of the
 * key space on average. Confined.
 */
final class SizeEstimate {
    private static final int WINDOW = 32;

    private final double[] shares = new double[WINDOW];
    private int count;

    /** The {@code rank}-th nearest node of a point was at this share of the key space. */
    void observe(int rank, double share) {
        shares[count++ % WINDOW] = share / rank;
    }

    boolean isKnown() {
        return count > 0;
    }

    /** At least 1; the median of late, which a few forged neighbourhoods do not move. */
    double nodes() {
        if (count == 0) {
            return 1;
        }
        double[] sorted = Arrays.copyOf(shares, Math.min(count, WINDOW));
        Arrays.sort(sorted);
        return Math.max(1, 1 / sorted[sorted.length / 2]);
    }

    /**
     * Whether nodes around a key are as near as chance puts them. The distance of the k-th nearest, times N, follows a gamma
     * distribution with mean and variance k. Much nearer: somebody made keys until identities fell there. Much farther: somebody
     * hides the nodes that are there.
     */
    boolean isSuspicious(int rank, double share) {
        if (count < WINDOW / 4) {
            return false;
        }
        double expected = rank;
        double found = share * nodes();
        double deviation = Math.sqrt(expected);
        return found < expected - 3.3 * deviation || found > expected + 4.5 * deviation;
    }
}
