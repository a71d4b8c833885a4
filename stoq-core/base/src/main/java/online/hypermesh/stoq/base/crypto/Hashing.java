package online.hypermesh.stoq.base.crypto;

import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Domain-separated SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104). Thread-safe. */
public final class Hashing {
    /** Never fed: copies of it are made faster than the platform looks its providers up. */
    private static final MessageDigest SHA_256 = newSha256();

    private Hashing() {}

    /**
     * SHA-256 over {@code len(tag) ‖ tag ‖ body}, the length being one byte.
     *
     * @param tag the purpose
     * @param body what is hashed
     * @return the digest
     */
    public static Digest hash(DomainTag tag, byte[] body) {
        MessageDigest sha = sha256();
        sha.update(tag.prefix());
        return Digest.finish(sha, body);
    }

    /**
     * HMAC-SHA-256 over {@code len(tag) ‖ tag ‖ body}.
     *
     * @param key at least 16 bytes
     * @param tag the purpose
     * @param body what is authenticated
     * @return the code
     */
    public static Digest hmac(byte[] key, DomainTag tag, byte[] body) {
        Mac mac = hmacSha256(key);
        mac.update(tag.prefix());
        return Digest.of(mac.doFinal(body));
    }

    /**
     * A fresh HMAC-SHA-256 under a key, for callers that feed it in pieces.
     *
     * @param key at least 16 bytes
     * @return the code, initialised
     */
    public static Mac hmacSha256(byte[] key) {
        if (key.length < 16) {
            throw new IllegalArgumentException("an HMAC key has at least 16 bytes, got " + key.length);
        }
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("HmacSHA256 is required of every Java platform", e);
        }
    }

    /**
     * A fresh SHA-256, for callers that feed it in pieces.
     *
     * @return the hash function
     */
    public static MessageDigest sha256() {
        try {
            return (MessageDigest) SHA_256.clone();
        } catch (CloneNotSupportedException e) {
            return newSha256();
        }
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is required of every Java platform", e);
        }
    }

    /**
     * HKDF-SHA-256 (RFC 5869): extract, then expand.
     *
     * @param secret input keying material
     * @param salt may be empty
     * @param info the purpose
     * @param length bytes wanted, 1..8160
     * @return the derived key
     */
    public static byte[] hkdf(byte[] secret, byte[] salt, DomainTag info, int length) {
        return hkdfExpand(hkdfExtract(salt, secret), info, new byte[0], length);
    }

    /**
     * HKDF-SHA-256 (RFC 5869 §2.2), first half: concentrates secrets into one key.
     *
     * @param salt may be empty and need not be secret
     * @param secret input keying material
     * @return a pseudorandom key of 32 bytes, which the caller wipes
     */
    public static byte[] hkdfExtract(byte[] salt, byte[] secret) {
        byte[] extractKey = salt.length < 16 ? Arrays.copyOf(salt, 32) : salt;
        return hmacSha256(extractKey).doFinal(secret);
    }

    /**
     * HKDF-SHA-256 (RFC 5869 §2.3), second half: derives a key for one purpose. The info is {@code len(tag) ‖ tag ‖
     * context}, the length being one byte.
     *
     * @param prk a pseudorandom key of 32 bytes
     * @param tag the purpose
     * @param context what the key is bound to; may be empty
     * @param length bytes wanted, 1..8160
     * @return the derived key, which the caller wipes
     */
    public static byte[] hkdfExpand(byte[] prk, DomainTag tag, byte[] context, int length) {
        if (length < 1 || length > 255 * 32) {
            throw new IllegalArgumentException("HKDF-SHA-256 yields 1..8160 bytes, asked for " + length);
        }
        byte[] prefix = tag.prefix();
        byte[] out = new byte[length];
        byte[] block = new byte[0];
        Mac mac = hmacSha256(prk);
        for (int done = 0, counter = 1; done < length; counter++) {
            mac.update(block);
            mac.update(prefix);
            mac.update(context);
            mac.update((byte) counter);
            block = mac.doFinal();
            int n = Math.min(block.length, length - done);
            System.arraycopy(block, 0, out, done, n);
            done += n;
        }
        return out;
    }
}
