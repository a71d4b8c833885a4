package online.hypermesh.impl.seal;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.error.Retry;

/**
 * AES-256-GCM in STREAM form (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015): a segment's nonce is a 7-byte prefix, its
 * number (u32) and a flag on the last one, so that cutting off, reordering and joining are refused. Segments may be opened in
 * any order. Uses the platform's cipher. Confined to one thread.
 */
public final class SegmentCipher implements AutoCloseable {
    /** Length of keys in bytes. */
    public static final int KEY_BYTES = 32;

    /** Length of nonce prefixes in bytes. */
    public static final int PREFIX_BYTES = 7;

    /** Length of what is added to every segment, in bytes. */
    public static final int TAG_BYTES = 16;

    private static final int NONCE_BYTES = 12;
    private static final int COLD_BYTES = 8 * 1024 * 1024;
    private static final int WARM_UP_ROUNDS = 6_000;
    private static final int WARM_UP_BYTES = 1024;
    private static final AtomicBoolean WARM = new AtomicBoolean();
    private static final AtomicLong PROCESSED = new AtomicLong();

    private final Cipher cipher;
    private final byte[] derived;
    private final SecretKeySpec key;
    private final byte[] aad;

    /**
     * A cipher for one sequence of segments.
     *
     * @param derived {@link #KEY_BYTES} of key, then {@link #PREFIX_BYTES} of prefix; owned and wiped from now on
     * @param aad what every segment authenticates besides itself
     */
    public SegmentCipher(byte[] derived, byte[] aad) {
        if (derived.length != KEY_BYTES + PREFIX_BYTES) {
            throw new IllegalArgumentException(
                    "key and prefix have " + (KEY_BYTES + PREFIX_BYTES) + " bytes, got " + derived.length);
        }
        try {
            this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw required(e);
        }
        this.derived = derived;
        this.key = new SecretKeySpec(derived, 0, KEY_BYTES, "AES");
        this.aad = aad;
    }

    /**
     * Encrypts one segment; the same number only once under one key and prefix.
     *
     * @param number the segment's number
     * @param last whether it is the last one
     * @param from its plaintext
     * @param offset first byte
     * @param length number of bytes
     * @param to where to, {@link #TAG_BYTES} more than {@code length}
     * @param at first byte of the target
     * @return bytes written
     */
    public int seal(int number, boolean last, byte[] from, int offset, int length, byte[] to, int at) {
        try {
            return run(Cipher.ENCRYPT_MODE, number, last, from, offset, length, to, at);
        } catch (GeneralSecurityException e) {
            throw required(e);
        }
    }

    /**
     * Decrypts one segment.
     *
     * @param number the segment's number
     * @param last whether it is the last one
     * @param from what {@link #seal} wrote
     * @param offset first byte
     * @param length number of bytes, the tag included
     * @param to where to
     * @param at first byte of the target
     * @return bytes written
     * @throws HypermeshException CORRUPTED when the segment, its number, the flag or what is authenticated is another
     */
    public int open(int number, boolean last, byte[] from, int offset, int length, byte[] to, int at) {
        try {
            return run(Cipher.DECRYPT_MODE, number, last, from, offset, length, to, at);
        } catch (AEADBadTagException e) {
            throw new HypermeshException(
                    Code.CORRUPTED, Retry.NEVER, "Sealed bytes, their order or their context were changed", e);
        } catch (GeneralSecurityException e) {
            throw required(e);
        }
    }

    private int run(int mode, int number, boolean last, byte[] from, int offset, int length, byte[] to, int at)
            throws GeneralSecurityException {
        byte[] nonce = Arrays.copyOf(Arrays.copyOfRange(derived, KEY_BYTES, derived.length), NONCE_BYTES);
        nonce[7] = (byte) (number >>> 24);
        nonce[8] = (byte) (number >>> 16);
        nonce[9] = (byte) (number >>> 8);
        nonce[10] = (byte) number;
        nonce[11] = (byte) (last ? 1 : 0);
        cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * 8, nonce));
        cipher.updateAAD(aad);
        return cipher.doFinal(from, offset, length, to, at);
    }

    /**
     * Runs cipher and hash over many small messages until the virtual machine has compiled them, because with large arrays
     * alone they would stay many times slower for hundreds of megabytes. Takes up to a second of one core, once per process;
     * happens by itself when a process has sealed or opened 8 MiB. A server calls it when it starts.
     */
    public static void warmUp() {
        if (WARM.getAndSet(true)) {
            return;
        }
        byte[] plain = new byte[WARM_UP_BYTES];
        byte[] sealed = new byte[WARM_UP_BYTES + TAG_BYTES];
        MessageDigest sha = Hashing.sha256();
        try (SegmentCipher cipher = new SegmentCipher(new byte[KEY_BYTES + PREFIX_BYTES], new byte[0])) {
            for (int i = 0; i < WARM_UP_ROUNDS; i++) {
                cipher.seal(i, false, plain, 0, plain.length, sealed, 0);
                cipher.open(i, false, sealed, 0, sealed.length, plain, 0);
                sha.update(sealed);
            }
            sha.digest();
        }
    }

    /**
     * Tells how much is about to be processed; warms up when a process does not stop at a little.
     *
     * @param bytes how many
     */
    public static void announce(int bytes) {
        if (!WARM.get() && PROCESSED.addAndGet(bytes) > COLD_BYTES) {
            warmUp();
        }
    }

    /** Wipes the key; idempotent. */
    @Override
    public void close() {
        Arrays.fill(derived, (byte) 0);
    }

    private static IllegalStateException required(GeneralSecurityException e) {
        return new IllegalStateException("AES-256-GCM is required of every Java platform", e);
    }
}
