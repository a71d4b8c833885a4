package online.hypermesh.stoq.base.crypto;

import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;

/**
 * The decapsulation key of an ML-KEM-768 key encapsulation (FIPS 203). Whoever has the encapsulation key can make a secret
 * that only this key recovers. Authenticates nobody. Thread-safe until closed.
 */
public final class MlKem768 implements AutoCloseable {
    /** Length of an encapsulation key in bytes. */
    public static final int KEY_LENGTH = 1184;

    /** Length of a ciphertext in bytes. */
    public static final int CIPHERTEXT_LENGTH = 1088;

    /** Length of the shared secret in bytes. */
    public static final int SECRET_LENGTH = 32;

    private static final int SEED_LENGTH = 64;
    private static final int RANDOM_LENGTH = 32;

    private final MLKEMPrivateKeyParameters key;

    private MlKem768(MLKEMPrivateKeyParameters key) {
        this.key = key;
    }

    /**
     * A secret and the ciphertext that carries it.
     *
     * @param ciphertext 1088 bytes for the holder of the decapsulation key
     * @param secret 32 bytes, which the caller wipes
     */
    public record Encapsulated(byte[] ciphertext, byte[] secret) {
        @Override
        public String toString() {
            return "Encapsulated[redacted]";
        }
    }

    /**
     * Makes a fresh key.
     *
     * @param random source of the seed
     * @return the key
     */
    public static MlKem768 generate(SecureRandom random) {
        byte[] seed = new byte[SEED_LENGTH];
        random.nextBytes(seed);
        try {
            return fromSeed(seed);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /**
     * Derives the key of a seed, as FIPS 203 algorithm 16 does.
     *
     * @param seed 64 bytes: d, then z; copied
     * @return the key
     */
    public static MlKem768 fromSeed(byte[] seed) {
        if (seed.length != SEED_LENGTH) {
            throw new IllegalArgumentException("an ML-KEM seed has " + SEED_LENGTH + " bytes, got " + seed.length);
        }
        return new MlKem768(new MLKEMPrivateKeyParameters(MLKEMParameters.ml_kem_768, seed.clone()));
    }

    /**
     * The encapsulation key.
     *
     * @return a fresh array of 1184 bytes
     */
    public byte[] encapsulationKey() {
        return key.getPublicKey();
    }

    /**
     * Makes a secret for the holder of a key.
     *
     * @param encapsulationKey 1184 bytes
     * @param random source of the secret
     * @return the secret and its ciphertext
     * @throws IllegalArgumentException if it is not an encapsulation key
     */
    public static Encapsulated encapsulate(byte[] encapsulationKey, SecureRandom random) {
        byte[] chance = new byte[RANDOM_LENGTH];
        random.nextBytes(chance);
        try {
            return encapsulate(encapsulationKey, chance);
        } finally {
            Arrays.fill(chance, (byte) 0);
        }
    }

    /**
     * As {@link #encapsulate(byte[], SecureRandom)}, from given randomness, as FIPS 203 algorithm 17 does; for test vectors.
     *
     * @param encapsulationKey 1184 bytes
     * @param chance 32 bytes that nobody else knows
     * @return the secret and its ciphertext
     * @throws IllegalArgumentException if it is not an encapsulation key
     */
    static Encapsulated encapsulate(byte[] encapsulationKey, byte[] chance) {
        if (encapsulationKey.length != KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "an ML-KEM-768 encapsulation key has " + KEY_LENGTH + " bytes, got " + encapsulationKey.length);
        }
        MLKEMPublicKeyParameters peer = new MLKEMPublicKeyParameters(MLKEMParameters.ml_kem_768, encapsulationKey);
        SecretWithEncapsulation made = MLKEMGenerator.internalGenerateEncapsulated(peer, chance);
        return new Encapsulated(made.getEncapsulation(), made.getSecret());
    }

    /**
     * Recovers a secret. A ciphertext that was made for another key, or damaged, gives a secret that nobody else has.
     *
     * @param ciphertext 1088 bytes
     * @return 32 bytes, which the caller wipes
     * @throws IllegalArgumentException if the length is another
     */
    public byte[] decapsulate(byte[] ciphertext) {
        if (ciphertext.length != CIPHERTEXT_LENGTH) {
            throw new IllegalArgumentException(
                    "an ML-KEM-768 ciphertext has " + CIPHERTEXT_LENGTH + " bytes, got " + ciphertext.length);
        }
        return new MLKEMExtractor(key).extractSecret(ciphertext);
    }

    /** Wipes the key. */
    @Override
    public void close() {
        key.destroy();
    }

    @Override
    public String toString() {
        return "MlKem768[redacted]";
    }
}
