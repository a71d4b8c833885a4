package online.hypermesh.impl.content.repository;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-CMAC (NIST SP 800-38B): a pseudo-random function of 128 bits for whoever lacks the key. Whoever has the key can make
 * any number of messages with one tag, so the key must have one owner. Confined to one thread.
 */
final class AesCmac implements ChunkMac {
    static final int KEY_BYTES = 32;

    private static final int BLOCK = 16;
    private static final int REDUCTION = 0x87;
    private static final int WARM_UP_ROUNDS = 12_000;
    private static final long COLD_BYTES = 1 << 20;
    private static final AtomicBoolean WARM = new AtomicBoolean();

    private final Cipher chain;
    private final byte[] whole;
    private final byte[] padded;
    private final byte[] last = new byte[BLOCK];
    private byte[] scratch = new byte[1 << 15];
    private long processed;

    /** Takes a key of 32 bytes; the caller wipes it. */
    AesCmac(byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("a key has " + KEY_BYTES + " bytes, got " + key.length);
        }
        try {
            chain = Cipher.getInstance("AES/CBC/NoPadding");
            chain.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(new byte[BLOCK]));
            whole = doubled(chain.doFinal(new byte[BLOCK]));
            padded = doubled(whole);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES/CBC is required of every Java platform", e);
        }
    }

    /** Times x in GF(2^128). */
    private static byte[] doubled(byte[] value) {
        byte[] twice = new byte[BLOCK];
        int carry = 0;
        for (int i = BLOCK - 1; i >= 0; i--) {
            int shifted = (value[i] & 0xff) << 1 | carry;
            twice[i] = (byte) shifted;
            carry = shifted >>> 8;
        }
        twice[BLOCK - 1] ^= (byte) (REDUCTION & -carry);
        return twice;
    }

    @Override
    public void tag(byte[] source, int offset, int length, byte[] to) {
        warmUpAfter(length);
        int before = length == 0 ? 0 : (length - 1) / BLOCK * BLOCK;
        int rest = length - before;
        Arrays.fill(last, (byte) 0);
        System.arraycopy(source, offset + before, last, 0, rest);
        byte[] mask = whole;
        if (rest < BLOCK) {
            last[rest] = (byte) 0x80;
            mask = padded;
        }
        for (int i = 0; i < BLOCK; i++) {
            last[i] ^= mask[i];
        }
        if (scratch.length < length + 2 * BLOCK) {
            scratch = new byte[length + 2 * BLOCK];
        }
        try {
            int done = before == 0 ? 0 : chain.update(source, offset, before, scratch, 0);
            done += chain.doFinal(last, 0, BLOCK, scratch, done);
            System.arraycopy(scratch, done - BLOCK, to, 0, TAG_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES refused whole blocks", e);
        }
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
                    Cipher.ENCRYPT_MODE,
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
