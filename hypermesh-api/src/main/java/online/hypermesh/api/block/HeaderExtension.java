package online.hypermesh.api.block;

import java.util.Arrays;

/**
 * A public value of the application's in a {@link SealedHeader}, authenticated like the rest of it. Immutable.
 *
 * @param id names its meaning, 0..65535
 * @param critical whether a reader that does not understand it must refuse the block, as in X.509 (RFC 5280 §4.2)
 * @param value at most {@link #MAX_VALUE_BYTES}
 */
public record HeaderExtension(int id, boolean critical, byte[] value) {
    /** Largest id. */
    public static final int MAX_ID = 65_535;

    /** Longest value in bytes. */
    public static final int MAX_VALUE_BYTES = 1024;

    /**
     * Checks the ranges and copies.
     *
     * @param id 0..65535
     * @param critical whether it must be understood
     * @param value at most {@link #MAX_VALUE_BYTES}
     */
    public HeaderExtension {
        if (id < 0 || id > MAX_ID) {
            throw new IllegalArgumentException("an extension's id is in 0.." + MAX_ID + ", was " + id);
        }
        if (value.length > MAX_VALUE_BYTES) {
            throw new IllegalArgumentException(
                    "an extension has at most " + MAX_VALUE_BYTES + " bytes, got " + value.length);
        }
        value = value.clone();
    }

    @Override
    public byte[] value() {
        return value.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HeaderExtension e
                && id == e.id
                && critical == e.critical
                && Arrays.equals(value, e.value);
    }

    @Override
    public int hashCode() {
        return 31 * id + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return "HeaderExtension[" + id + (critical ? ", critical, " : ", ") + value.length + " bytes]";
    }
}
