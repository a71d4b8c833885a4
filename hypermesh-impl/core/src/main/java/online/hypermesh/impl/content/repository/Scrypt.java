package online.hypermesh.impl.content.repository;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * scrypt (RFC 7914) with p = 1. Its own because the first class taken from a signed jar makes the JVM check the whole jar's
 * manifest, which costs a short process more than scrypt does.
 */
final class Scrypt {
    private static final int BLOCK_INTS = 16;
    private static final int HASH_BYTES = 32;
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Scrypt() {}

    /** Derives {@code length} bytes; costs about 256 · r · n steps and 128 · r · n bytes, n a power of two. */
    static byte[] derive(byte[] secret, byte[] salt, int n, int r, int length) {
        if (n < 2 || Integer.bitCount(n) != 1 || r < 1 || (long) n * r > 1 << 23) {
            throw new IllegalArgumentException("n is a power of two and n * r at most 2^23, were " + n + " and " + r);
        }
        int ints = 2 * BLOCK_INTS * r;
        byte[] bytes = pbkdf2(secret, salt, ints * Integer.BYTES);
        int[] x = new int[ints];
        for (int i = 0; i < ints; i++) {
            x[i] = (int) INTS.get(bytes, i * Integer.BYTES);
        }
        mix(x, n, r);
        for (int i = 0; i < ints; i++) {
            INTS.set(bytes, i * Integer.BYTES, x[i]);
        }
        byte[] derived = pbkdf2(secret, bytes, length);
        Arrays.fill(x, 0);
        Arrays.fill(bytes, (byte) 0);
        return derived;
    }

    /** PBKDF2-HMAC-SHA-256 (RFC 8018) with one iteration. */
    private static byte[] pbkdf2(byte[] secret, byte[] salt, int length) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            // a zero byte at the end of a short key changes nothing, and the platform refuses an empty one
            mac.init(new SecretKeySpec(secret.length == 0 ? new byte[1] : secret, "HmacSHA256"));
            byte[] out = new byte[length];
            for (int at = 0, number = 1; at < length; at += HASH_BYTES, number++) {
                mac.update(salt);
                mac.update(
                        new byte[] {(byte) (number >>> 24), (byte) (number >>> 16), (byte) (number >>> 8), (byte) number
                        });
                byte[] block = mac.doFinal();
                System.arraycopy(block, 0, out, at, Math.min(HASH_BYTES, length - at));
            }
            return out;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HMAC-SHA-256 is required of every Java platform", e);
        }
    }

    /** scryptROMix, RFC 7914 §5. */
    private static void mix(int[] x, int n, int r) {
        int ints = x.length;
        int[] v = new int[n * ints];
        int[] y = new int[ints];
        int[] last = new int[BLOCK_INTS];
        for (int i = 0; i < n; i++) {
            System.arraycopy(x, 0, v, i * ints, ints);
            blockMix(x, y, last, r);
            System.arraycopy(y, 0, x, 0, ints);
        }
        for (int i = 0; i < n; i++) {
            int from = (x[ints - BLOCK_INTS] & n - 1) * ints;
            for (int k = 0; k < ints; k++) {
                x[k] ^= v[from + k];
            }
            blockMix(x, y, last, r);
            System.arraycopy(y, 0, x, 0, ints);
        }
        Arrays.fill(v, 0);
        Arrays.fill(y, 0);
    }

    /** scryptBlockMix, RFC 7914 §4: even blocks to the first half, odd ones to the second. */
    private static void blockMix(int[] from, int[] to, int[] last, int r) {
        System.arraycopy(from, from.length - BLOCK_INTS, last, 0, BLOCK_INTS);
        for (int i = 0; i < 2 * r; i++) {
            salsa(last, from, i * BLOCK_INTS);
            System.arraycopy(last, 0, to, ((i & 1) * r + (i >>> 1)) * BLOCK_INTS, BLOCK_INTS);
        }
    }

    /** state = Salsa20/8(state xor the block at {@code at}), RFC 7914 §3. */
    private static void salsa(int[] state, int[] block, int at) {
        for (int i = 0; i < BLOCK_INTS; i++) {
            state[i] ^= block[at + i];
        }
        int x0 = state[0];
        int x1 = state[1];
        int x2 = state[2];
        int x3 = state[3];
        int x4 = state[4];
        int x5 = state[5];
        int x6 = state[6];
        int x7 = state[7];
        int x8 = state[8];
        int x9 = state[9];
        int x10 = state[10];
        int x11 = state[11];
        int x12 = state[12];
        int x13 = state[13];
        int x14 = state[14];
        int x15 = state[15];
        for (int i = 0; i < 4; i++) {
            x4 ^= Integer.rotateLeft(x0 + x12, 7);
            x8 ^= Integer.rotateLeft(x4 + x0, 9);
            x12 ^= Integer.rotateLeft(x8 + x4, 13);
            x0 ^= Integer.rotateLeft(x12 + x8, 18);
            x9 ^= Integer.rotateLeft(x5 + x1, 7);
            x13 ^= Integer.rotateLeft(x9 + x5, 9);
            x1 ^= Integer.rotateLeft(x13 + x9, 13);
            x5 ^= Integer.rotateLeft(x1 + x13, 18);
            x14 ^= Integer.rotateLeft(x10 + x6, 7);
            x2 ^= Integer.rotateLeft(x14 + x10, 9);
            x6 ^= Integer.rotateLeft(x2 + x14, 13);
            x10 ^= Integer.rotateLeft(x6 + x2, 18);
            x3 ^= Integer.rotateLeft(x15 + x11, 7);
            x7 ^= Integer.rotateLeft(x3 + x15, 9);
            x11 ^= Integer.rotateLeft(x7 + x3, 13);
            x15 ^= Integer.rotateLeft(x11 + x7, 18);
            x1 ^= Integer.rotateLeft(x0 + x3, 7);
            x2 ^= Integer.rotateLeft(x1 + x0, 9);
            x3 ^= Integer.rotateLeft(x2 + x1, 13);
            x0 ^= Integer.rotateLeft(x3 + x2, 18);
            x6 ^= Integer.rotateLeft(x5 + x4, 7);
            x7 ^= Integer.rotateLeft(x6 + x5, 9);
            x4 ^= Integer.rotateLeft(x7 + x6, 13);
            x5 ^= Integer.rotateLeft(x4 + x7, 18);
            x11 ^= Integer.rotateLeft(x10 + x9, 7);
            x8 ^= Integer.rotateLeft(x11 + x10, 9);
            x9 ^= Integer.rotateLeft(x8 + x11, 13);
            x10 ^= Integer.rotateLeft(x9 + x8, 18);
            x12 ^= Integer.rotateLeft(x15 + x14, 7);
            x13 ^= Integer.rotateLeft(x12 + x15, 9);
            x14 ^= Integer.rotateLeft(x13 + x12, 13);
            x15 ^= Integer.rotateLeft(x14 + x13, 18);
        }
        state[0] += x0;
        state[1] += x1;
        state[2] += x2;
        state[3] += x3;
        state[4] += x4;
        state[5] += x5;
        state[6] += x6;
        state[7] += x7;
        state[8] += x8;
        state[9] += x9;
        state[10] += x10;
        state[11] += x11;
        state[12] += x12;
        state[13] += x13;
        state[14] += x14;
        state[15] += x15;
    }
}
