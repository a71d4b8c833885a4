package online.hypermesh.impl.chunk;

/**
 * Polynomials over GF(2). A {@code long} holds the coefficients of x^63 (most significant bit) to x^0; a modulus of degree
 * 64 is held without its leading term.
 */
final class BinaryPolynomials {
    private static final int DEGREE = 64;

    private BinaryPolynomials() {}

    /** a · x modulo x^64 + modulus. */
    static long timesX(long a, long modulus) {
        return a << 1 ^ a >> 63 & modulus;
    }

    /** a · x^n modulo x^64 + modulus. */
    static long timesPowerOfX(long a, int n, long modulus) {
        long product = a;
        for (int i = 0; i < n; i++) {
            product = timesX(product, modulus);
        }
        return product;
    }

    /** a · b modulo x^64 + modulus. */
    static long multiply(long a, long b, long modulus) {
        long product = 0;
        for (int bit = DEGREE - 1; bit >= 0; bit--) {
            product = timesX(product, modulus) ^ -(b >>> bit & 1) & a;
        }
        return product;
    }

    /**
     * Whether x^64 + modulus has no factors (Rabin, "Probabilistic algorithms in finite fields", 1980, theorem 1, for a
     * degree whose only prime factor is 2).
     */
    static boolean isIrreducible(long modulus) {
        long x = 2;
        long power = x;
        long half = 0;
        for (int i = 1; i <= DEGREE; i++) {
            power = multiply(power, power, modulus);
            if (i == DEGREE / 2) {
                half = power;
            }
        }
        return power == x && half != x && divisorIsOne(modulus, half ^ x);
    }

    /** Whether x^64 + modulus and a, which is not zero, have no common divisor but 1. */
    private static boolean divisorIsOne(long modulus, long a) {
        long power = remainder(1, a);
        for (int i = 0; i < DEGREE; i++) {
            power = remainder(power << 1, a);
        }
        long larger = a;
        long smaller = power ^ remainder(modulus, a);
        while (smaller != 0) {
            long rest = remainder(larger, smaller);
            larger = smaller;
            smaller = rest;
        }
        return larger == 1;
    }

    /** a modulo a divisor that is not zero. */
    private static long remainder(long a, long divisor) {
        int zeros = Long.numberOfLeadingZeros(divisor);
        long rest = a;
        while (Long.numberOfLeadingZeros(rest) <= zeros && rest != 0) {
            rest ^= divisor << zeros - Long.numberOfLeadingZeros(rest);
        }
        return rest;
    }
}
