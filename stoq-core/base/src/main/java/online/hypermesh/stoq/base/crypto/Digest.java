package online.hypermesh.stoq.base.crypto;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** A SHA-256 value: 32 bytes. Immutable; ordered as an unsigned big-endian number. */
public final class Digest implements Comparable<Digest> {
    /** Length in bytes. */
    public static final int LENGTH = 32;

    /** Thirty-two zero bytes; stands for "none" where a format needs a value. */
    public static final Digest ZERO = new Digest(new byte[LENGTH]);

    private final byte[] value;

    private Digest(byte[] value) {
        this.value = value;
    }

    /**
     * Wraps a copy of 32 bytes.
     *
     * @param value 32 bytes
     * @return the digest
     */
    public static Digest of(byte[] value) {
        if (value.length != LENGTH) {
            throw new IllegalArgumentException("a digest has " + LENGTH + " bytes, got " + value.length);
        }
        return new Digest(value.clone());
    }

    /** The digest of what was fed and some more bytes. */
    static Digest finish(MessageDigest sha, byte[] last) {
        return new Digest(sha.digest(last));
    }

    void feed(MessageDigest sha) {
        sha.update(value);
    }

    Digest finish(MessageDigest sha) {
        return finish(sha, value);
    }

    /**
     * Parses 64 hexadecimal digits.
     *
     * @param hex the digits
     * @return the digest
     */
    public static Digest fromHex(String hex) {
        return of(HexFormat.of().parseHex(hex));
    }

    /**
     * Plain SHA-256 without a domain tag; only for ids of bare public bytes and for digests fixed by other standards.
     *
     * @param bytes what is hashed
     * @return the digest
     */
    public static Digest sha256(byte[] bytes) {
        return finish(Hashing.sha256(), bytes);
    }

    /**
     * The value.
     *
     * @return a fresh array of 32 bytes
     */
    public byte[] toBytes() {
        return value.clone();
    }

    /**
     * One bit of the value, most significant first.
     *
     * @param index 0..255
     * @return 0 or 1
     */
    public int bit(int index) {
        return value[index >>> 3] >>> (7 - (index & 7)) & 1;
    }

    /**
     * The value as 64 lower-case hexadecimal digits.
     *
     * @return the digits
     */
    public String toHex() {
        return HexFormat.of().formatHex(value);
    }

    /**
     * The first eight hexadecimal digits, for people.
     *
     * @return the digits
     */
    public String toShortHex() {
        return HexFormat.of().formatHex(value, 0, 4);
    }

    @Override
    public int compareTo(Digest other) {
        return Arrays.compareUnsigned(value, other.value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Digest d && MessageDigest.isEqual(value, d.value);
    }

    @Override
    public int hashCode() {
        return (value[0] & 0xff) << 24 | (value[1] & 0xff) << 16 | (value[2] & 0xff) << 8 | (value[3] & 0xff);
    }

    @Override
    public String toString() {
        return toHex();
    }
}
