package online.hypermesh.impl.chunk;

import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.crypto.spec.SecretKeySpec;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;

/**
 * The secret under which a {@link KeyedChunker} cuts: an irreducible polynomial of degree 64 over GF(2) and a key for
 * AES-128. Redacted and destroyable; thread-safe.
 */
public final class ChunkerKey implements AutoCloseable {
    private static final int CIPHER_KEY_BYTES = 16;
    private static final byte[] NO_BYTES = {};
    private static final DomainTag CIPHER_TAG = new DomainTag("hypermesh/chunker-cipher/v1");
    private static final DomainTag POLYNOMIAL_TAG = new DomainTag("hypermesh/chunker-polynomial/v1");
    private static final DomainTag ID_TAG = new DomainTag("hypermesh/chunker-id/v1");

    private final byte[] cipherKey;
    private final Digest id;
    private long polynomial;
    private boolean closed;

    private ChunkerKey(byte[] cipherKey, long polynomial, Digest id) {
        this.cipherKey = cipherKey;
        this.polynomial = polynomial;
        this.id = id;
    }

    /**
     * The key that a secret determines. Nothing about the secret, or about other keys derived from it, follows from the key.
     *
     * @param secret at least 32 secret bytes; not kept
     * @return the key
     */
    public static ChunkerKey derive(byte[] secret) {
        if (secret.length < 32) {
            throw new IllegalArgumentException("a chunker key is derived from at least 32 bytes, got " + secret.length);
        }
        byte[] prk = Hashing.hkdfExtract(NO_BYTES, secret);
        try {
            byte[] cipherKey = Hashing.hkdfExpand(prk, CIPHER_TAG, NO_BYTES, CIPHER_KEY_BYTES);
            Digest id = Digest.of(Hashing.hkdfExpand(prk, ID_TAG, NO_BYTES, Digest.LENGTH));
            return new ChunkerKey(cipherKey, irreducible(prk), id);
        } finally {
            Arrays.fill(prk, (byte) 0);
        }
    }

    /** The first candidate without factors; on average the 32nd. */
    private static long irreducible(byte[] prk) {
        ByteBuffer counter = ByteBuffer.allocate(4);
        for (int i = 0; ; i++) {
            byte[] candidate =
                    Hashing.hkdfExpand(prk, POLYNOMIAL_TAG, counter.putInt(0, i).array(), Long.BYTES);
            long polynomial = ByteBuffer.wrap(candidate).getLong() | 1;
            if (BinaryPolynomials.isIrreducible(polynomial)) {
                return polynomial;
            }
        }
    }

    /**
     * A name that tells nothing about the key, for manifests.
     *
     * @return the name
     */
    public Digest id() {
        return id;
    }

    /** The polynomial without its leading term x^64. */
    synchronized long polynomial() {
        requireOpen();
        return polynomial;
    }

    synchronized SecretKeySpec cipherKey() {
        requireOpen();
        return new SecretKeySpec(cipherKey, "AES");
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the chunker key was destroyed");
        }
    }

    /** Overwrites the secrets; chunkers started before go on. Idempotent. */
    @Override
    public synchronized void close() {
        closed = true;
        polynomial = 0;
        Arrays.fill(cipherKey, (byte) 0);
    }

    @Override
    public String toString() {
        return "ChunkerKey[" + id.toShortHex() + "]";
    }
}
