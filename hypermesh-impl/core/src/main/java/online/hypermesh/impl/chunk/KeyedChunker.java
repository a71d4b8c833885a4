package online.hypermesh.impl.chunk;

import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Cuts a stream where its content and a secret key say so: whoever lacks the key cannot tell from the sizes of chunks which
 * file they come from. Chunker id 2.
 *
 * <p>A 64-byte window before each position beyond the smallest size is reduced to 64 bits by its Rabin fingerprint under a
 * secret irreducible polynomial, and these go through the inverse cipher of AES-128 under a secret key; the position is a
 * cut when enough leading bits of the outcome are zero. No bit of a rolling hash decides anything, because bits of rolling
 * hashes give their keys away (Truong et al., "Breaking and fixing content-defined chunking", CCS 2025). Sizes are
 * normalised as in FastCDC: up to the average size a cut takes two bits more than the average asks for, beyond it two less.
 *
 * <p>Equal windows are cut alike under one key, and sizes still tell whether two contents of one owner have stretches in
 * common. Table look-ups depend on the secret polynomial; somebody who watches this processor's caches may learn it.
 *
 * <p>Confined to one thread.
 */
public final class KeyedChunker extends Chunker {
    /** What names this algorithm in manifests. */
    public static final int ID = 2;

    static final int WINDOW_BYTES = 64;
    private static final int NORMALISATION = 2;
    private static final int BLOCK_BYTES = 16;
    private static final int LANES = 4;

    /** How far the byte that enters is shifted. */
    private static final int TOP = Long.SIZE - Byte.SIZE;

    /** Positions judged at a time where cuts are rare, and where they are near. */
    private static final int LONG_BATCH = 2048;

    private static final int SHORT_BATCH = 768;

    private static final int WARM_UP_ROUNDS = 12_000;
    private static final AtomicBoolean WARM = new AtomicBoolean();
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final int minBytes;
    private final int avgBytes;
    private final long rareMask;
    private final long nearMask;
    private final long[] enter;
    private final long[] leave;
    private final Cipher inverse;
    private final byte[] blocks = new byte[LONG_BATCH * BLOCK_BYTES];
    private final byte[] judged = new byte[LONG_BATCH * BLOCK_BYTES];
    private long before;

    /**
     * Starts at the stream's position.
     *
     * @param input what to cut; not closed
     * @param parameters sizes
     * @param key the secret; may be destroyed once this returns
     * @throws IllegalStateException when the key was destroyed
     */
    public KeyedChunker(InputStream input, ChunkerParameters parameters, ChunkerKey key) {
        super(input, parameters);
        this.minBytes = parameters.minBytes();
        this.avgBytes = parameters.avgBytes();
        int bits = Integer.numberOfTrailingZeros(avgBytes);
        this.rareMask = leadingBits(bits + NORMALISATION);
        this.nearMask = leadingBits(bits - NORMALISATION);
        long polynomial = key.polynomial();
        this.enter = table(polynomial, Long.SIZE);
        this.leave = table(polynomial, WINDOW_BYTES * Byte.SIZE);
        this.inverse = chained(key.cipherKey());
    }

    /** The first bits of eight bytes that are read in little-endian order, as the processors at hand do fastest. */
    private static long leadingBits(int count) {
        return Long.reverseBytes(-1L << Long.SIZE - count);
    }

    /**
     * byte · x^power modulo the polynomial, for each byte. Here and in all fingerprints the order of the bytes is reversed, which
     * is how blocks hold them for little-endian processors: then the byte that leaves is the lowest, found without a shift.
     */
    private static long[] table(long polynomial, int power) {
        long[] table = new long[256];
        for (int b = 0; b < table.length; b++) {
            table[b] = Long.reverseBytes(BinaryPolynomials.timesPowerOfX(b, power, polynomial));
        }
        return table;
    }

    @Override
    int cut(byte[] data, int start, int available) {
        int near = Math.min(avgBytes, available);
        int found = search(data, start, minBytes, near, rareMask, LONG_BATCH);
        if (found < 0) {
            found = search(data, start, near, available, nearMask, SHORT_BATCH);
        }
        return found < 0 ? available : found;
    }

    /** The first cut in {@code from..to-1}, or -1. */
    private int search(byte[] data, int start, int from, int to, long mask, int batch) {
        for (int at = from; at < to; ) {
            int count = Math.min(batch, to - at);
            fingerprint(data, start + at, count);
            int found = judge(count, mask);
            if (found >= 0) {
                return at + found;
            }
            at += count;
        }
        return -1;
    }

    /**
     * Fingerprints of the windows before {@code count} positions. Each follows from the one before, and waits for a table; so
     * several stretches are gone through side by side.
     */
    private void fingerprint(byte[] data, int first, int count) {
        int each = count / LANES;
        if (each < WINDOW_BYTES) {
            stretch(data, first, 0, count);
            return;
        }
        byte[] to = blocks;
        long[] in = enter;
        long[] out = leave;
        int first1 = first + each;
        int first2 = first1 + each;
        int first3 = first2 + each;
        long f0 = 0;
        long f1 = 0;
        long f2 = 0;
        long f3 = 0;
        for (int i = -WINDOW_BYTES; i < 0; i++) {
            f0 = f0 >>> 8 ^ (long) data[first + i] << TOP ^ in[(int) f0 & 0xff];
            f1 = f1 >>> 8 ^ (long) data[first1 + i] << TOP ^ in[(int) f1 & 0xff];
            f2 = f2 >>> 8 ^ (long) data[first2 + i] << TOP ^ in[(int) f2 & 0xff];
            f3 = f3 >>> 8 ^ (long) data[first3 + i] << TOP ^ in[(int) f3 & 0xff];
        }
        int step = each * BLOCK_BYTES;
        for (int i = 0; i < each; i++) {
            int at = i * BLOCK_BYTES;
            LONGS.set(to, at, f0);
            LONGS.set(to, at + step, f1);
            LONGS.set(to, at + 2 * step, f2);
            LONGS.set(to, at + 3 * step, f3);
            long t0 = (long) data[first + i] << TOP ^ out[data[first + i - WINDOW_BYTES] & 0xff];
            long t1 = (long) data[first1 + i] << TOP ^ out[data[first1 + i - WINDOW_BYTES] & 0xff];
            long t2 = (long) data[first2 + i] << TOP ^ out[data[first2 + i - WINDOW_BYTES] & 0xff];
            long t3 = (long) data[first3 + i] << TOP ^ out[data[first3 + i - WINDOW_BYTES] & 0xff];
            f0 = f0 >>> 8 ^ t0 ^ in[(int) f0 & 0xff];
            f1 = f1 >>> 8 ^ t1 ^ in[(int) f1 & 0xff];
            f2 = f2 >>> 8 ^ t2 ^ in[(int) f2 & 0xff];
            f3 = f3 >>> 8 ^ t3 ^ in[(int) f3 & 0xff];
        }
        stretch(data, first, LANES * each, count);
    }

    private void stretch(byte[] data, int first, int from, int to) {
        if (from == to) {
            return;
        }
        long f = window(data, first + from);
        for (int i = from; ; ) {
            LONGS.set(blocks, i * BLOCK_BYTES, f);
            if (++i == to) {
                return;
            }
            int p = first + i - 1;
            f = f >>> 8 ^ (long) data[p] << TOP ^ enter[(int) f & 0xff] ^ leave[data[p - WINDOW_BYTES] & 0xff];
        }
    }

    private long window(byte[] data, int position) {
        long f = 0;
        for (int p = position - WINDOW_BYTES; p < position; p++) {
            f = f >>> 8 ^ (long) data[p] << TOP ^ enter[(int) f & 0xff];
        }
        return f;
    }

    /** Which of the fingerprints in {@link #blocks} is the first to make a cut, or -1. */
    private int judge(int count, long mask) {
        int bytes = count * BLOCK_BYTES;
        try {
            inverse.update(blocks, 0, bytes, judged, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES refused whole blocks", e);
        }
        long chained = before;
        before = (long) LONGS.get(blocks, bytes - BLOCK_BYTES);
        for (int i = 0; i < count; i++) {
            int at = i * BLOCK_BYTES;
            if ((((long) LONGS.get(judged, at) ^ chained) & mask) == 0) {
                return i;
            }
            chained = (long) LONGS.get(blocks, at);
        }
        return -1;
    }

    /**
     * The inverse cipher of a chain of blocks, from which {@link #judge} takes the chaining out again: platforms compute
     * independent blocks in parallel there, and only some of them in ECB mode. The outcome is that of ECB decryption.
     */
    private static Cipher chained(SecretKeySpec key) {
        try {
            if (!WARM.getAndSet(true)) {
                warmUp();
            }
            Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
            cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(new byte[BLOCK_BYTES]));
            return cipher;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES/CBC is required of every Java platform", e);
        }
    }

    /** Until the JVM has compiled its caller, the JDK's AES is some fifty times slower. */
    private static void warmUp() throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
        byte[] block = new byte[BLOCK_BYTES];
        byte[] to = new byte[BLOCK_BYTES];
        cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(block, "AES"), new IvParameterSpec(block));
        for (int i = 0; i < WARM_UP_ROUNDS; i++) {
            cipher.update(block, 0, BLOCK_BYTES, to, 0);
        }
        Arrays.fill(to, (byte) 0);
    }
}
