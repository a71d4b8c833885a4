package online.hypermesh.impl.seal;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Sealed bytes: compressed, padded (Padmé), then encrypted with AES-256-GCM in 64 KiB segments in STREAM form (Hoang,
 * Reyhanitabar, Rogaway, Vizár, CRYPTO 2015). A segment's nonce is a derived 7-byte prefix, its number (u32) and a flag on
 * the last one, so that cutting off, reordering and joining are refused. Key and prefix are derived by HKDF-SHA-256 from a
 * data key and a random salt; the public header carries a commitment to the data key that is checked before anything is
 * decrypted, so that no sealed bytes open under two keys. The header and the caller's context are authenticated with
 * every segment.
 *
 * <p>Layout: {@code "HMS1" | u16 header length | header | segments}, header {@code [1, 2026, salt(32), padded length,
 * key commitment(32)]} in canonical CBOR. Inside: {@code u8 codec | u32 plain length | u32 coded length | coded bytes |
 * zeros}. Thread-safe.
 */
public final class StreamSeal {
    /** Length of data keys in bytes. */
    public static final int KEY_BYTES = 32;

    /** Length of salts in bytes. */
    public static final int SALT_BYTES = 32;

    /** Plaintext per segment in bytes. */
    public static final int SEGMENT_BYTES = 65_536;

    /** Largest plaintext in bytes. */
    public static final int MAX_PLAIN_BYTES = 64 * 1024 * 1024;

    private static final byte[] MAGIC = {'H', 'M', 'S', '1'};
    private static final int VERSION = 1;
    private static final int SUITE = 2026;
    private static final int TAG_BYTES = SegmentCipher.TAG_BYTES;
    private static final int INNER_BYTES = 9;
    private static final int MAX_HEADER_BYTES = 128;
    private static final int MAX_RATIO = 1024;
    private static final int FREE_PLAIN_BYTES = 4 * 1024 * 1024;
    private static final DomainTag KEY_TAG = new DomainTag("hypermesh/seal-key/v1");
    private static final DomainTag COMMIT_TAG = new DomainTag("hypermesh/seal-commitment/v1");

    private StreamSeal() {}

    /**
     * A fresh salt.
     *
     * @param random where it comes from
     * @return 32 bytes
     */
    public static byte[] newSalt(SecureRandom random) {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return salt;
    }

    /**
     * Seals bytes.
     *
     * @param dataKey 32 secret bytes
     * @param salt 32 random bytes, fresh for every call: the same key and salt must never seal two things
     * @param codec how to compress; where that gains nothing the bytes are kept as they are
     * @param context what the bytes are for; must be given again to open them, is not stored
     * @param plain the bytes, at most {@link #MAX_PLAIN_BYTES}
     * @return the sealed bytes
     * @throws HypermeshException LIMIT_EXCEEDED; CONFIGURATION when brotli's native library is missing
     */
    public static byte[] seal(byte[] dataKey, byte[] salt, Codec codec, byte[] context, byte[] plain) {
        return seal(dataKey, salt, codec, context, plain, 0, plain.length);
    }

    /**
     * Seals a range of an array.
     *
     * @param dataKey 32 secret bytes
     * @param salt 32 random bytes, fresh for every call: the same key and salt must never seal two things
     * @param codec how to compress; where that gains nothing the bytes are kept as they are
     * @param context what the bytes are for; must be given again to open them, is not stored
     * @param source the array
     * @param offset first byte
     * @param length number of bytes, at most {@link #MAX_PLAIN_BYTES}
     * @return the sealed bytes
     * @throws HypermeshException LIMIT_EXCEEDED; CONFIGURATION when brotli's native library is missing
     */
    public static byte[] seal(
            byte[] dataKey, byte[] salt, Codec codec, byte[] context, byte[] source, int offset, int length) {
        requireLength("data key", dataKey, KEY_BYTES);
        requireLength("salt", salt, SALT_BYTES);
        if (length > MAX_PLAIN_BYTES) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    length + " bytes to seal, limit " + MAX_PLAIN_BYTES + ". Seal them in parts");
        }
        byte[] inner = inner(codec, source, offset, length);
        SegmentCipher.announce(inner.length);
        byte[] header = new CborWriter(MAX_HEADER_BYTES)
                .array(5)
                .uint(VERSION)
                .uint(SUITE)
                .bytes(salt)
                .uint(inner.length)
                .bytes(commitment(dataKey, salt))
                .toBytes();
        byte[] sealed = new byte[sealedLength(header.length, inner.length)];
        System.arraycopy(MAGIC, 0, sealed, 0, MAGIC.length);
        sealed[4] = (byte) (header.length >>> 8);
        sealed[5] = (byte) header.length;
        System.arraycopy(header, 0, sealed, 6, header.length);
        try (SegmentCipher segments = segments(dataKey, salt, header, context)) {
            int to = 6 + header.length;
            int number = 0;
            for (int from = 0; from < inner.length; from += SEGMENT_BYTES) {
                int n = Math.min(SEGMENT_BYTES, inner.length - from);
                to += segments.seal(number++, from + n == inner.length, inner, from, n, sealed, to);
            }
        }
        Arrays.fill(inner, (byte) 0);
        return sealed;
    }

    /**
     * Opens sealed bytes. Lengths are checked before memory is taken, the key before anything is decrypted.
     *
     * @param dataKey the data key
     * @param context the context they were sealed with
     * @param sealed what {@code seal} returned
     * @param maxPlainBytes largest plaintext accepted
     * @return the plaintext
     * @throws HypermeshException MALFORMED for another format, LIMIT_EXCEEDED, DENIED for another key, CORRUPTED when the
     *     bytes or the context were changed
     */
    public static byte[] open(byte[] dataKey, byte[] context, byte[] sealed, int maxPlainBytes) {
        requireLength("data key", dataKey, KEY_BYTES);
        Header header = Header.read(sealed);
        long limit = (long) maxPlainBytes + maxPlainBytes / 8 + 64;
        if (header.paddedLength > limit) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "Sealed bytes announce " + header.paddedLength + " bytes inside, limit " + limit);
        }
        if (!MessageDigest.isEqual(header.commitment, commitment(dataKey, header.salt))) {
            throw new HypermeshException(
                    Code.DENIED,
                    Retry.NEVER,
                    "The key is not the one these bytes were sealed with (key commitment differs)");
        }
        SegmentCipher.announce(header.paddedLength);
        byte[] inner = new byte[header.paddedLength];
        try (SegmentCipher segments = segments(dataKey, header.salt, header.encoded, context)) {
            int from = 6 + header.encoded.length;
            int number = 0;
            for (int to = 0; to < inner.length; ) {
                int n = Math.min(SEGMENT_BYTES, inner.length - to);
                segments.open(number++, to + n == inner.length, sealed, from, n + TAG_BYTES, inner, to);
                from += n + TAG_BYTES;
                to += n;
            }
        }
        return plain(inner, maxPlainBytes);
    }

    /**
     * The public salt of sealed bytes.
     *
     * @param sealed what {@code seal} returned
     * @return 32 bytes
     * @throws HypermeshException MALFORMED for another format
     */
    public static byte[] saltOf(byte[] sealed) {
        return Header.read(sealed).salt;
    }

    private static SegmentCipher segments(byte[] dataKey, byte[] salt, byte[] header, byte[] context) {
        byte[] aad = Arrays.copyOf(header, header.length + context.length);
        System.arraycopy(context, 0, aad, header.length, context.length);
        return new SegmentCipher(Hashing.hkdf(dataKey, salt, KEY_TAG, KEY_BYTES + SegmentCipher.PREFIX_BYTES), aad);
    }

    private static byte[] inner(Codec codec, byte[] source, int offset, int length) {
        byte[] coded = source;
        int from = offset;
        int codedLength = length;
        Codec used = Codec.NONE;
        if (codec != Codec.NONE && length > 0) {
            byte[] compressed = Brotli.compress(source, offset, length, codec.quality());
            if (compressed.length < length && length <= expansionLimit(compressed.length)) {
                coded = compressed;
                from = 0;
                codedLength = compressed.length;
                used = codec;
            }
        }
        byte[] inner = new byte[Padding.padme(INNER_BYTES + codedLength)];
        inner[0] = (byte) used.number();
        putInt(inner, 1, length);
        putInt(inner, 5, codedLength);
        System.arraycopy(coded, from, inner, INNER_BYTES, codedLength);
        return inner;
    }

    private static byte[] plain(byte[] inner, int maxPlainBytes) {
        int plainLength = getInt(inner, 1);
        int codedLength = getInt(inner, 5);
        if (codedLength < 0
                || codedLength > inner.length - INNER_BYTES
                || Padding.padme(INNER_BYTES + codedLength) != inner.length) {
            throw malformed("sealed bytes hold " + codedLength + " coded bytes in " + inner.length);
        }
        for (int i = INNER_BYTES + codedLength; i < inner.length; i++) {
            if (inner[i] != 0) {
                throw malformed("padding is not zero");
            }
        }
        if (plainLength < 0 || plainLength > maxPlainBytes || plainLength > expansionLimit(codedLength)) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "Sealed bytes announce a plaintext of " + Integer.toUnsignedString(plainLength) + " bytes from "
                            + codedLength + ", limit " + Math.min(maxPlainBytes, expansionLimit(codedLength)));
        }
        if (inner[0] == Codec.NONE.number()) {
            if (plainLength != codedLength) {
                throw malformed("plain and coded length differ without compression");
            }
            return Arrays.copyOfRange(inner, INNER_BYTES, INNER_BYTES + plainLength);
        }
        if (inner[0] != Codec.BROTLI.number()) {
            throw malformed("unknown codec " + (inner[0] & 0xff));
        }
        return Brotli.decompress(inner, INNER_BYTES, codedLength, plainLength);
    }

    /** A few megabytes are always allowed; beyond that the ratio is capped. */
    private static long expansionLimit(int codedLength) {
        return FREE_PLAIN_BYTES + (long) MAX_RATIO * codedLength;
    }

    private static byte[] commitment(byte[] dataKey, byte[] salt) {
        return Hashing.hkdf(dataKey, salt, COMMIT_TAG, 32);
    }

    private static int sealedLength(int headerLength, int paddedLength) {
        int segments = (paddedLength + SEGMENT_BYTES - 1) / SEGMENT_BYTES;
        return 6 + headerLength + paddedLength + segments * TAG_BYTES;
    }

    private static void requireLength(String what, byte[] value, int length) {
        if (value.length != length) {
            throw new IllegalArgumentException(what + " has " + length + " bytes, got " + value.length);
        }
    }

    private static HypermeshException malformed(String what) {
        return new HypermeshException(Code.MALFORMED, Retry.NEVER, "Not sealed bytes of this version: " + what);
    }

    private static void putInt(byte[] to, int at, int value) {
        to[at] = (byte) (value >>> 24);
        to[at + 1] = (byte) (value >>> 16);
        to[at + 2] = (byte) (value >>> 8);
        to[at + 3] = (byte) value;
    }

    private static int getInt(byte[] from, int at) {
        return (from[at] & 0xff) << 24
                | (from[at + 1] & 0xff) << 16
                | (from[at + 2] & 0xff) << 8
                | (from[at + 3] & 0xff);
    }

    private static final class Header {
        final byte[] encoded;
        final byte[] salt;
        final int paddedLength;
        final byte[] commitment;

        private Header(byte[] encoded, byte[] salt, int paddedLength, byte[] commitment) {
            this.encoded = encoded;
            this.salt = salt;
            this.paddedLength = paddedLength;
            this.commitment = commitment;
        }

        static Header read(byte[] sealed) {
            if (sealed.length < 6 || !Arrays.equals(sealed, 0, 4, MAGIC, 0, 4)) {
                throw malformed("the magic number HMS1 is missing");
            }
            int length = (sealed[4] & 0xff) << 8 | (sealed[5] & 0xff);
            if (length > MAX_HEADER_BYTES || length > sealed.length - 6) {
                throw malformed("header of " + length + " bytes");
            }
            byte[] encoded = Arrays.copyOfRange(sealed, 6, 6 + length);
            try {
                CborReader r = new CborReader(encoded)
                        .expectArray(5)
                        .expect(VERSION, "seal version")
                        .expect(SUITE, "suite");
                Header header = new Header(
                        encoded,
                        r.fixedBytes(SALT_BYTES),
                        r.uint(MAX_PLAIN_BYTES + MAX_PLAIN_BYTES / 8 + 64),
                        r.fixedBytes(32));
                r.end();
                if (header.paddedLength < INNER_BYTES || sealedLength(length, header.paddedLength) != sealed.length) {
                    throw malformed(
                            header.paddedLength + " bytes inside do not fit " + sealed.length + " sealed bytes");
                }
                return header;
            } catch (CborException e) {
                throw new HypermeshException(
                        Code.MALFORMED, Retry.NEVER, "Not sealed bytes of this version: " + e.getMessage(), e);
            }
        }
    }
}
