package online.hypermesh.impl.erasure;

/** Arithmetic in GF(2^8) with x^8 + x^4 + x^3 + x^2 + 1; elements are 0..255. */
final class Field256 {
    private static final int MODULUS = 0x11d;
    private static final int ORDER = 255;
    private static final int[] POWER = new int[2 * ORDER];
    private static final int[] LOGARITHM = new int[ORDER + 1];

    static {
        int power = 1;
        for (int i = 0; i < ORDER; i++) {
            POWER[i] = power;
            POWER[i + ORDER] = power;
            LOGARITHM[power] = i;
            power <<= 1;
            if (power > ORDER) {
                power ^= MODULUS;
            }
        }
    }

    private Field256() {}

    static int multiply(int a, int b) {
        return a == 0 || b == 0 ? 0 : POWER[LOGARITHM[a] + LOGARITHM[b]];
    }

    static int divide(int a, int b) {
        if (b == 0) {
            throw new ArithmeticException("division by zero in GF(2^8)");
        }
        return a == 0 ? 0 : POWER[LOGARITHM[a] + ORDER - LOGARITHM[b]];
    }

    /** Number of ones in the 8×8 matrix over GF(2) that multiplies by an element. */
    static int weight(int element) {
        int ones = 0;
        for (int bit = 0; bit < 8; bit++) {
            ones += Integer.bitCount(multiply(element, 1 << bit));
        }
        return ones;
    }
}
