package online.hypermesh.impl.seal;

/**
 * Padmé (Nikitin et al., PETS 2019): rounds lengths so that one of n bytes reveals O(log log n) bits; at most 12 % are
 * added. Thread-safe.
 */
public final class Padding {
    private Padding() {}

    /**
     * The padded length.
     *
     * @param length 1..2^30
     * @return at least {@code length}
     */
    public static int padme(int length) {
        if (length < 2) {
            return length;
        }
        int exponent = 31 - Integer.numberOfLeadingZeros(length);
        int keep = 32 - Integer.numberOfLeadingZeros(exponent);
        int mask = exponent > keep ? (1 << (exponent - keep)) - 1 : 0;
        return (length + mask) & ~mask;
    }
}
