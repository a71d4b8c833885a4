package online.hypermesh.impl.seal;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;

/**
 * A recipient's X-Wing key pair, determined by a 32-byte seed (draft-connolly-cfrg-xwing-kem). Opens the stanzas of
 * {@link Envelope}s. Redacted and destroyable; thread-safe.
 */
public final class RecipientKey implements AutoCloseable {
    /** Length of a seed in bytes. */
    public static final int SEED_BYTES = 32;

    private final SecretBytes seed;
    private final RecipientPublicKey publicKey;

    private RecipientKey(byte[] seed) {
        this.seed = SecretBytes.copyOf(seed);
        this.publicKey = RecipientPublicKey.of(
                KeyWrap.suite().serializePublicKey(pair(seed).getPublic()));
    }

    /**
     * The pair a seed determines.
     *
     * @param seed 32 secret bytes; copied
     * @return the pair
     */
    public static RecipientKey fromSeed(byte[] seed) {
        if (seed.length != SEED_BYTES) {
            throw new IllegalArgumentException("an X-Wing seed has " + SEED_BYTES + " bytes, got " + seed.length);
        }
        return new RecipientKey(seed);
    }

    /**
     * A new pair.
     *
     * @param random where the seed comes from
     * @return the pair
     */
    public static RecipientKey generate(SecureRandom random) {
        byte[] seed = new byte[SEED_BYTES];
        random.nextBytes(seed);
        try {
            return fromSeed(seed);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /**
     * The public half.
     *
     * @return what others seal to
     */
    public RecipientPublicKey publicKey() {
        return publicKey;
    }

    /** Opens one wrapped key; empty when it was wrapped for another key or with another info. */
    Optional<SecretBytes> unwrap(byte[] info, byte[] encapsulation, byte[] wrapped) {
        byte[] s = seed.toBytes();
        try {
            byte[] key = KeyWrap.unwrap(pair(s), info, encapsulation, wrapped);
            SecretBytes secret = SecretBytes.copyOf(key);
            Arrays.fill(key, (byte) 0);
            return Optional.of(secret);
        } catch (InvalidCipherTextException | IllegalStateException | IllegalArgumentException e) {
            // also an X25519 share of small order, which an agreement refuses
            return Optional.empty();
        } finally {
            Arrays.fill(s, (byte) 0);
        }
    }

    private static AsymmetricCipherKeyPair pair(byte[] seed) {
        return KeyWrap.suite().deserializePrivateKey(seed, null);
    }

    /** Overwrites the secret; later uses fail. */
    @Override
    public void close() {
        seed.close();
    }

    @Override
    public String toString() {
        return "RecipientKey[" + publicKey + "]";
    }
}
