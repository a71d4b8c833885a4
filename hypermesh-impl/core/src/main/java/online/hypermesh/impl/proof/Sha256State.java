package online.hypermesh.impl.proof;

import java.math.BigInteger;
import java.nio.ByteBuffer;

/** The compression function of SHA-256 (FIPS 180-4 §6.2.2) with its chaining value in the open, so that a hash can pause. */
final class Sha256State {
    static final int BLOCK = 64;
    static final int LENGTH = 32;

    private static final int[] K = new int[64];
    private static final int[] INITIAL = new int[8];

    static {
        int found = 0;
        for (int n = 2; found < 64; n++) {
            if (isPrime(n)) {
                K[found] = fraction(n, 3);
                if (found < 8) {
                    INITIAL[found] = fraction(n, 2);
                }
                found++;
            }
        }
    }

    private Sha256State() {}

    private static boolean isPrime(int n) {
        for (int d = 2; d * d <= n; d++) {
            if (n % d == 0) {
                return false;
            }
        }
        return true;
    }

    /** The first 32 bits of the fraction of the k-th root of n: the root of n·2^(32k), exactly, cut to 32 bits. */
    private static int fraction(int n, int k) {
        BigInteger scaled = BigInteger.valueOf(n).shiftLeft(32 * k);
        BigInteger low = BigInteger.ZERO;
        BigInteger high = BigInteger.ONE.shiftLeft(40);
        while (high.subtract(low).compareTo(BigInteger.ONE) > 0) {
            BigInteger middle = low.add(high).shiftRight(1);
            if (middle.pow(k).compareTo(scaled) <= 0) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low.intValue();
    }

    /** The chaining value before the first block. */
    static byte[] initial() {
        return bytes(INITIAL);
    }

    /** The chaining value after some whole blocks. */
    static byte[] compress(byte[] chaining, byte[] input, int offset, int blocks) {
        int[] h = new int[8];
        ByteBuffer.wrap(chaining).asIntBuffer().get(h);
        int[] w = new int[64];
        for (int block = 0; block < blocks; block++) {
            ByteBuffer.wrap(input, offset + block * BLOCK, BLOCK)
                    .slice()
                    .asIntBuffer()
                    .get(w, 0, 16);
            compress(h, w);
        }
        return bytes(h);
    }

    private static void compress(int[] h, int[] w) {
        for (int t = 16; t < 64; t++) {
            int s0 = Integer.rotateRight(w[t - 15], 7) ^ Integer.rotateRight(w[t - 15], 18) ^ w[t - 15] >>> 3;
            int s1 = Integer.rotateRight(w[t - 2], 17) ^ Integer.rotateRight(w[t - 2], 19) ^ w[t - 2] >>> 10;
            w[t] = w[t - 16] + s0 + w[t - 7] + s1;
        }
        int a = h[0];
        int b = h[1];
        int c = h[2];
        int d = h[3];
        int e = h[4];
        int f = h[5];
        int g = h[6];
        int i = h[7];
        for (int t = 0; t < 64; t++) {
            int s1 = Integer.rotateRight(e, 6) ^ Integer.rotateRight(e, 11) ^ Integer.rotateRight(e, 25);
            int t1 = i + s1 + (e & f ^ ~e & g) + K[t] + w[t];
            int s0 = Integer.rotateRight(a, 2) ^ Integer.rotateRight(a, 13) ^ Integer.rotateRight(a, 22);
            int t2 = s0 + (a & b ^ a & c ^ b & c);
            i = g;
            g = f;
            f = e;
            e = d + t1;
            d = c;
            c = b;
            b = a;
            a = t1 + t2;
        }
        h[0] += a;
        h[1] += b;
        h[2] += c;
        h[3] += d;
        h[4] += e;
        h[5] += f;
        h[6] += g;
        h[7] += i;
    }

    /** Finishes a hash: the rest of the input with FIPS padding. */
    static byte[] finish(byte[] chaining, byte[] rest, int offset, int length, long totalBytes) {
        int blocks = (length + 9 + BLOCK - 1) / BLOCK;
        ByteBuffer padded = ByteBuffer.allocate(blocks * BLOCK);
        padded.put(rest, offset, length).put((byte) 0x80);
        padded.putLong(blocks * BLOCK - 8, totalBytes * 8);
        return compress(chaining, padded.array(), 0, blocks);
    }

    private static byte[] bytes(int[] words) {
        ByteBuffer out = ByteBuffer.allocate(LENGTH);
        out.asIntBuffer().put(words);
        return out.array();
    }
}
