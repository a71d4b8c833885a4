package online.hypermesh.impl.proof;

import java.math.BigInteger;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Selects holders of stake by their verifiable random outputs, in exact integer arithmetic: a holder is selected with a
 * probability of expected × stake / total, at most 1. Splitting stake over keys changes nothing. Selection gives no vote
 * weight. Stateless.
 */
public final class Sortition {
    private static final BigInteger RANGE = BigInteger.ONE.shiftLeft(256);

    private Sortition() {}

    /**
     * Whether an output selects its holder.
     *
     * @param output the verifiable random output
     * @param stake the holder's stake, 0..total
     * @param total sum of all stakes, at least 1
     * @param expected number of holders to select on average, at least 1
     * @return true if selected
     */
    public static boolean selects(Digest output, long stake, long total, int expected) {
        if (stake < 0 || total < 1 || stake > total || expected < 1) {
            throw new IllegalArgumentException(
                    "stake must be in 0..total and expected >= 1, were " + stake + " of " + total + " and " + expected);
        }
        BigInteger left = new BigInteger(1, output.toBytes()).multiply(BigInteger.valueOf(total));
        BigInteger right = RANGE.multiply(BigInteger.valueOf(stake)).multiply(BigInteger.valueOf(expected));
        return left.compareTo(right) < 0;
    }
}
