package online.hypermesh.impl.erasure;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.Arrays;

/**
 * A matrix over GF(2^8) as exclusive-ors of packets. A stripe of a shard is eight packets of equal length; packet {@code b}
 * holds bit {@code b} of the stripe's field elements. Products then need no tables and no bytes: only exclusive-ors of long
 * stretches, which the JVM turns into vector instructions. Thread-safe.
 */
final class XorSchedule {
    /** Longs in a packet of a full stripe. */
    static final int PACKET_LONGS = 256;

    private static final int BITS = 8;
    private static final int STRIPE_BYTES = PACKET_LONGS * Long.BYTES * BITS;

    private final int inputs;
    private final int outputs;

    /** For each output packet, the input packets whose sum it is. */
    private final int[][] sums;

    /**
     * Prepares the products of a matrix.
     *
     * @param matrix a row per output over inputs
     */
    XorSchedule(int[][] matrix) {
        this.outputs = matrix.length;
        this.inputs = matrix[0].length;
        this.sums = new int[outputs * BITS][];
        for (int i = 0; i < outputs; i++) {
            for (int bit = 0; bit < BITS; bit++) {
                sums[i * BITS + bit] = terms(matrix[i], bit);
            }
        }
    }

    private static int[] terms(int[] row, int bit) {
        int[] terms = new int[row.length * BITS];
        int count = 0;
        for (int j = 0; j < row.length; j++) {
            for (int c = 0; c < BITS; c++) {
                if ((Field256.multiply(row[j], 1 << c) >>> bit & 1) == 1) {
                    terms[count++] = j * BITS + c;
                }
            }
        }
        return Arrays.copyOf(terms, count);
    }

    /** Computes all outputs; arrays of one length, a multiple of 64. */
    void run(byte[][] in, byte[][] out) {
        int length = in[0].length;
        long[][] packets = new long[inputs * BITS][PACKET_LONGS];
        long[] sum = new long[PACKET_LONGS];
        LongBuffer[] from = views(in);
        LongBuffer[] to = views(out);
        for (int at = 0; at < length; at += STRIPE_BYTES) {
            int stripe = Math.min(STRIPE_BYTES, length - at) / Long.BYTES;
            int packet = stripe / BITS;
            int start = at / Long.BYTES;
            for (int j = 0; j < inputs; j++) {
                for (int b = 0; b < BITS; b++) {
                    from[j].get(start + b * packet, packets[j * BITS + b], 0, packet);
                }
            }
            for (int i = 0; i < outputs; i++) {
                for (int b = 0; b < BITS; b++) {
                    sum(packets, sums[i * BITS + b], sum, packet);
                    to[i].put(start + b * packet, sum, 0, packet);
                }
            }
        }
    }

    /** Exclusive-or is the same in any byte order, so this takes the machine's own. */
    private static LongBuffer[] views(byte[][] shards) {
        LongBuffer[] views = new LongBuffer[shards.length];
        for (int i = 0; i < shards.length; i++) {
            views[i] = ByteBuffer.wrap(shards[i]).order(ByteOrder.nativeOrder()).asLongBuffer();
        }
        return views;
    }

    private static void sum(long[][] packets, int[] terms, long[] to, int length) {
        int t = terms.length % 4;
        switch (t) {
            case 0 -> copy4(packets[terms[0]], packets[terms[1]], packets[terms[2]], packets[terms[3]], to, length);
            case 1 -> System.arraycopy(packets[terms[0]], 0, to, 0, length);
            case 2 -> copy2(packets[terms[0]], packets[terms[1]], to, length);
            default -> copy3(packets[terms[0]], packets[terms[1]], packets[terms[2]], to, length);
        }
        t = t == 0 ? 4 : t;
        for (; t + 8 <= terms.length; t += 8) {
            add8(
                    packets[terms[t]],
                    packets[terms[t + 1]],
                    packets[terms[t + 2]],
                    packets[terms[t + 3]],
                    packets[terms[t + 4]],
                    packets[terms[t + 5]],
                    packets[terms[t + 6]],
                    packets[terms[t + 7]],
                    to,
                    length);
        }
        if (t < terms.length) {
            add4(packets[terms[t]], packets[terms[t + 1]], packets[terms[t + 2]], packets[terms[t + 3]], to, length);
        }
    }

    private static void copy2(long[] a, long[] b, long[] to, int length) {
        for (int i = 0; i < length; i++) {
            to[i] = a[i] ^ b[i];
        }
    }

    private static void copy3(long[] a, long[] b, long[] c, long[] to, int length) {
        for (int i = 0; i < length; i++) {
            to[i] = a[i] ^ b[i] ^ c[i];
        }
    }

    private static void copy4(long[] a, long[] b, long[] c, long[] d, long[] to, int length) {
        for (int i = 0; i < length; i++) {
            to[i] = a[i] ^ b[i] ^ c[i] ^ d[i];
        }
    }

    private static void add4(long[] a, long[] b, long[] c, long[] d, long[] to, int length) {
        for (int i = 0; i < length; i++) {
            to[i] ^= a[i] ^ b[i] ^ c[i] ^ d[i];
        }
    }

    private static void add8(
            long[] a, long[] b, long[] c, long[] d, long[] e, long[] f, long[] g, long[] h, long[] to, int length) {
        for (int i = 0; i < length; i++) {
            to[i] ^= a[i] ^ b[i] ^ c[i] ^ d[i] ^ e[i] ^ f[i] ^ g[i] ^ h[i];
        }
    }
}
