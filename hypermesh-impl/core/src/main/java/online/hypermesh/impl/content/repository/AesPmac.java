package online.hypermesh.impl.content.repository;

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
 * PMAC1 (Rogaway, "Efficient Instantiations of Tweakable Blockciphers and Refinements to Modes OCB and PMAC", ASIACRYPT 2004)
 * with tags of 128 bits over the inverse cipher of AES-256: a pseudo-random function for whoever lacks the key, whose blocks
 * do not wait for each other as those of {@link AesCmac} do. Whoever has the key can make any number of messages with one tag,
 * so the key must have one owner.
 *
 * <p>With D the inverse cipher, L = D(0) and message blocks M1…Mm, of which only the last may be shorter: S = D(M1 ⊕ x·L) ⊕ … ⊕
 * D(Mm-1 ⊕ x^(m-1)·L) ⊕ Mm, the last padded with a one bit and zeros when it is shorter; the tag is D(S ⊕ x^m·(x+1)·L), or
 * D(S ⊕ x^m·(x+1)²·L) when the last was padded. The inverse cipher, because platforms compute independent blocks side by side
 * when they decrypt in CBC mode, and only some of them in ECB mode; the chaining is taken out again. Confined to one thread.
 */
final class AesPmac implements ChunkMac {
    static final int KEY_BYTES = 32;

    private static final int BLOCK = 16;
    private static final int REDUCTION = 0x87;
    private static final int FIRST_BYTES = 1 << 13;
    private static final int WARM_UP_ROUNDS = 12_000;
    private static final long COLD_BYTES = 1 << 20;
    private static final AtomicBoolean WARM = new AtomicBoolean();
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final Cipher inverse;
    private final byte[] last = new byte[BLOCK];
    private byte[] masks;
    private byte[] masked;
    private byte[] opened;
    private long chainedHi;
    private long chainedLo;
    private long sumHi;
    private long sumLo;
    private long processed;

    /** With a key of 32 bytes; the caller wipes it. */
    AesPmac(byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("a key has " + KEY_BYTES + " bytes, got " + key.length);
        }
        try {
            inverse = Cipher.getInstance("AES/CBC/NoPadding");
            inverse.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[BLOCK]));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES/CBC is required of every Java platform", e);
        }
        masked = new byte[FIRST_BYTES];
        opened = new byte[FIRST_BYTES];
        masks = new byte[BLOCK];
        open(last, BLOCK, masks);
        extend(FIRST_BYTES);
    }

    /** Blocks through the inverse cipher, each combined with the one before it. */
    private void open(byte[] blocks, int length, byte[] to) {
        try {
            inverse.update(blocks, 0, length, to, 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES refused whole blocks", e);
        }
    }

    /** Makes {@link #masks} hold L, x·L, x²·L … in so many bytes, and the other arrays as long. */
    private void extend(int bytes) {
        int at = masks.length;
        masks = Arrays.copyOf(masks, bytes);
        for (; at < bytes; at += BLOCK) {
            long hi = (long) LONGS.get(masks, at - BLOCK);
            long lo = (long) LONGS.get(masks, at - BLOCK + Long.BYTES);
            LONGS.set(masks, at, hi << 1 | lo >>> 63);
            LONGS.set(masks, at + Long.BYTES, lo << 1 ^ hi >> 63 & REDUCTION);
        }
        masked = new byte[bytes];
        opened = new byte[bytes];
    }

    @Override
    public void tag(byte[] source, int offset, int length, byte[] to) {
        warmUpAfter(length);
        int before = length == 0 ? 0 : (length - 1) / BLOCK * BLOCK;
        // the masks of the last block are x^m·(x+1)·L and x^m·(x+1)²·L: of exponents up to m + 2
        if (before + 4 * BLOCK > masks.length) {
            extend(Math.max(2 * masks.length, before + 4 * BLOCK));
        }
        int rest = length - before;
        Arrays.fill(last, (byte) 0);
        System.arraycopy(source, offset + before, last, 0, rest);
        if (rest < BLOCK) {
            last[rest] = (byte) 0x80;
        }
        long hi = (long) LONGS.get(last, 0);
        long lo = (long) LONGS.get(last, Long.BYTES);
        if (before > 0) {
            mask(source, offset, before);
            open(masked, before, opened);
            addOpened(before);
            hi ^= sumHi;
            lo ^= sumLo;
        }
        int m = before + BLOCK;
        int other = rest < BLOCK ? m + 2 * BLOCK : m + BLOCK; // (x+1)² is x²+1
        hi ^= (long) LONGS.get(masks, m) ^ (long) LONGS.get(masks, other);
        lo ^= (long) LONGS.get(masks, m + Long.BYTES) ^ (long) LONGS.get(masks, other + Long.BYTES);
        LONGS.set(last, 0, hi);
        LONGS.set(last, Long.BYTES, lo);
        open(last, BLOCK, opened);
        LONGS.set(to, 0, (long) LONGS.get(opened, 0) ^ chainedHi);
        LONGS.set(to, Long.BYTES, (long) LONGS.get(opened, Long.BYTES) ^ chainedLo);
        chainedHi = hi;
        chainedLo = lo;
    }

    /** Blocks xor x·L, x²·L …; the sum of what comes out but for the last block. */
    private void mask(byte[] source, int offset, int bytes) {
        byte[] with = masks;
        byte[] into = masked;
        long hi = 0;
        long lo = 0;
        long lastHi = 0;
        long lastLo = 0;
        for (int i = 0; i < bytes; i += BLOCK) {
            hi ^= lastHi;
            lo ^= lastLo;
            lastHi = (long) LONGS.get(source, offset + i) ^ (long) LONGS.get(with, i + BLOCK);
            lastLo = (long) LONGS.get(source, offset + i + Long.BYTES) ^ (long) LONGS.get(with, i + BLOCK + Long.BYTES);
            LONGS.set(into, i, lastHi);
            LONGS.set(into, i + Long.BYTES, lastLo);
        }
        sumHi = hi ^ chainedHi;
        sumLo = lo ^ chainedLo;
        chainedHi = lastHi;
        chainedLo = lastLo;
    }

    /** Adds the opened blocks; what CBC mode mixed into them is in the sum already. */
    private void addOpened(int bytes) {
        byte[] out = opened;
        long hi = sumHi;
        long lo = sumLo;
        for (int i = 0; i < bytes; i += BLOCK) {
            hi ^= (long) LONGS.get(out, i);
            lo ^= (long) LONGS.get(out, i + Long.BYTES);
        }
        sumHi = hi;
        sumLo = lo;
    }

    /** Until the JVM has compiled its caller, the JDK's AES is many times slower; short messages get it there soon. */
    private void warmUpAfter(int length) {
        processed += length;
        if (processed < COLD_BYTES || WARM.getAndSet(true)) {
            return;
        }
        byte[] block = new byte[BLOCK];
        try {
            Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    new SecretKeySpec(new byte[KEY_BYTES], "AES"),
                    new IvParameterSpec(new byte[BLOCK]));
            for (int i = 0; i < WARM_UP_ROUNDS; i++) {
                cipher.update(block, 0, BLOCK, block, 0);
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES/CBC is required of every Java platform", e);
        }
    }
}
