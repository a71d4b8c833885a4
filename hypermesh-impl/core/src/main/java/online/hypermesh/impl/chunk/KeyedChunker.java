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

    /** Positions judged at a time where cuts are rare, and where they are near. */
    private static final int LONG_BATCH = 2048;

    private static final int SHORT_BATCH = 768;

    private static final int WARM_UP_ROUNDS = 12_000;
    private static final AtomicBoolean WARM = new AtomicBoolean();
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final int minBytes;
    private final int avgBytes;
    private final int rareShift;
    private final int nearShift;
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
        this.rareShift = Long.SIZE - bits - NORMALISATION;
        this.nearShift = Long.SIZE - bits + NORMALISATION;
        long polynomial = key.polynomial();
        this.enter = table(polynomial, Long.SIZE);
        this.leave = table(polynomial, WINDOW_BYTES * Byte.SIZE);
        this.inverse = chained(key.cipherKey());
    }

    /** byte · x^power modulo the polynomial, for each byte. */
    private static long[] table(long polynomial, int power) {
        long[] table = new long[256];
        for (int b = 0; b < table.length; b++) {
            table[b] = BinaryPolynomials.timesPowerOfX(b, power, polynomial);
        }
        return table;
    }

    @Override
    int cut(byte[] data, int start, int available) {
        int near = Math.min(avgBytes, available);
        int found = search(data, start, minBytes, near, rareShift, LONG_BATCH);
        if (found < 0) {
            found = search(data, start, near, available, nearShift, SHORT_BATCH);
        }
        return found < 0 ? available : found;
    }

    /** The first cut in {@code from..to-1}, or -1. */
    private int search(byte[] data, int start, int from, int to, int shift, int batch) {
        for (int at = from; at < to; ) {
            int count = Math.min(batch, to - at);
            if (count >= LANES * WINDOW_BYTES) {
                count -= count % LANES;
                fingerprints(data, start + at, count / LANES);
            } else {
                fingerprint(data, start + at, count);
            }
            int found = judge(count, shift);
            if (found >= 0) {
                return at + found;
            }
            at += count;
        }
        return -1;
    }

    /** Fingerprints of the windows before {@code count} positions, one after the other. */
    private void fingerprint(byte[] data, int first, int count) {
        long f = window(data, first);
        LONGS.set(blocks, 0, f);
        for (int i = 1; i < count; i++) {
            int p = first + i - 1;
            f = f << 8 ^ data[p] & 0xff ^ enter[(int) (f >>> 56)] ^ leave[data[p - WINDOW_BYTES] & 0xff];
            LONGS.set(blocks, i * BLOCK_BYTES, f);
        }
    }

    /** The same for four times as many positions, in four strands that the processor pursues at the same time. */
    private void fingerprints(byte[] data, int first, int count) {
        byte[] to = blocks;
        long[] in = enter;
        long[] out = leave;
        int stride = count * BLOCK_BYTES;
        int p0 = first;
        int p1 = p0 + count;
        int p2 = p1 + count;
        int p3 = p2 + count;
        long f0 = window(data, p0);
        long f1 = window(data, p1);
        long f2 = window(data, p2);
        long f3 = window(data, p3);
        int at = 0;
        while (true) {
            LONGS.set(to, at, f0);
            LONGS.set(to, at + stride, f1);
            LONGS.set(to, at + 2 * stride, f2);
            LONGS.set(to, at + 3 * stride, f3);
            at += BLOCK_BYTES;
            if (at == stride) {
                return;
            }
            f0 = f0 << 8 ^ data[p0] & 0xff ^ in[(int) (f0 >>> 56)] ^ out[data[p0 - WINDOW_BYTES] & 0xff];
            f1 = f1 << 8 ^ data[p1] & 0xff ^ in[(int) (f1 >>> 56)] ^ out[data[p1 - WINDOW_BYTES] & 0xff];
            f2 = f2 << 8 ^ data[p2] & 0xff ^ in[(int) (f2 >>> 56)] ^ out[data[p2 - WINDOW_BYTES] & 0xff];
            f3 = f3 << 8 ^ data[p3] & 0xff ^ in[(int) (f3 >>> 56)] ^ out[data[p3 - WINDOW_BYTES] & 0xff];
            p0++;
            p1++;
            p2++;
            p3++;
        }
    }

    private long window(byte[] data, int position) {
        long f = 0;
        for (int p = position - WINDOW_BYTES; p < position; p++) {
            f = f << 8 ^ data[p] & 0xff ^ enter[(int) (f >>> 56)];
        }
        return f;
    }

    /** Which of the fingerprints in {@link #blocks} is the first to make a cut, or -1. */
    private int judge(int count, int shift) {
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
            if (((long) LONGS.get(judged, at) ^ chained) >>> shift == 0) {
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
