package online.hypermesh.stoq.base.crypto;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.function.Consumer;

/** Secret bytes that never print, compare in constant time and can be wiped. Thread-safe. */
public final class SecretBytes implements AutoCloseable {
    private final byte[] value;
    private boolean closed;

    private SecretBytes(byte[] value) {
        this.value = value;
    }

    /**
     * Copies a secret; the caller wipes its own array.
     *
     * @param value the secret
     * @return the holder
     */
    public static SecretBytes copyOf(byte[] value) {
        return new SecretBytes(value.clone());
    }

    /**
     * Lends the secret for the duration of a call; it must not be kept.
     *
     * @param user what needs it
     */
    public synchronized void use(Consumer<byte[]> user) {
        if (closed) {
            throw new IllegalStateException("the secret was destroyed");
        }
        user.accept(value);
    }

    /**
     * A copy that the caller wipes.
     *
     * @return a fresh array
     */
    public synchronized byte[] toBytes() {
        if (closed) {
            throw new IllegalStateException("the secret was destroyed");
        }
        return value.clone();
    }

    /** Wipes the secret; idempotent. */
    @Override
    public synchronized void close() {
        closed = true;
        Arrays.fill(value, (byte) 0);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SecretBytes s && MessageDigest.isEqual(value, s.value);
    }

    @Override
    public int hashCode() {
        return SecretBytes.class.hashCode();
    }

    @Override
    public String toString() {
        return "SecretBytes[redacted]";
    }
}
