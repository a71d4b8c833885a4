package online.hypermesh.impl.consensus;

import java.math.BigInteger;
import java.util.Arrays;
import online.hypermesh.api.consensus.ValidatorSet;

/**
 * Who leads which view: a fixed smooth weighted round robin in which every validator's share of a period is its share of
 * stake, rounded to 1/{@value #MAX_SLOTS} and never less than one slot. Immutable.
 */
public final class LeaderSchedule {
    /** Longest period in views. */
    public static final int MAX_SLOTS = 4096;

    private final int[] slots;

    /**
     * Computes the period.
     *
     * @param set the validators
     */
    public LeaderSchedule(ValidatorSet set) {
        int n = set.size();
        long[] weights = new long[n];
        long divisor = 0;
        for (int i = 0; i < n; i++) {
            weights[i] = set.get(i).stake();
            divisor = gcd(weights[i], divisor);
        }
        long total = set.totalStake() / divisor;
        int period = 0;
        for (int i = 0; i < n; i++) {
            weights[i] = total <= MAX_SLOTS
                    ? weights[i] / divisor
                    : Math.max(
                            1,
                            BigInteger.valueOf(weights[i] / divisor)
                                    .multiply(BigInteger.valueOf(MAX_SLOTS))
                                    .divide(BigInteger.valueOf(total))
                                    .longValueExact());
            period += (int) weights[i];
        }
        slots = new int[period];
        long[] credit = new long[n];
        for (int s = 0; s < period; s++) {
            int best = 0;
            for (int i = 0; i < n; i++) {
                credit[i] += weights[i];
                if (credit[i] > credit[best]) {
                    best = i;
                }
            }
            credit[best] -= period;
            slots[s] = best;
        }
    }

    /**
     * The leader of a view.
     *
     * @param view at least 0
     * @return index into the validator set
     */
    public int leader(long view) {
        return slots[(int) (view % slots.length)];
    }

    @Override
    public String toString() {
        return "LeaderSchedule" + Arrays.toString(slots);
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
