package online.hypermesh.stoq.base.crypto;

import java.util.Arrays;
import java.util.HexFormat;

/** An Ed25519 signature (RFC 8032): 64 bytes, R ‖ S. Immutable. */
public final class Signature {
    /** Length in bytes. */
    public static final int LENGTH = 64;

    private final byte[] value;

    private Signature(byte[] value) {
        this.value = value;
    }

    /**
     * Wraps a copy of 64 bytes.
     *
     * @param value 64 bytes
     * @return the signature
     */
    public static Signature of(byte[] value) {
        if (value.length != LENGTH) {
            throw new IllegalArgumentException("a signature has " + LENGTH + " bytes, got " + value.length);
        }
        return new Signature(value.clone());
    }

    /**
     * The value.
     *
     * @return a fresh array of 64 bytes
     */
    public byte[] toBytes() {
        return value.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Signature s && Arrays.equals(value, s.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(value);
    }
}
