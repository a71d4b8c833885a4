package online.hypermesh.stoq.base.crypto;

import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.signers.MLDSASigner;

/**
 * An ML-DSA-65 signing key (FIPS 204), whose signatures are believed to withstand quantum computers. It signs the same tagged
 * texts as {@link SigningKey}, with an empty context. Thread-safe.
 */
public final class MlDsa65 {
    /** Length of a public key in bytes. */
    public static final int KEY_LENGTH = 1952;

    /** Length of a signature in bytes. */
    public static final int SIGNATURE_LENGTH = 3309;

    /** Length of a seed in bytes. */
    public static final int SEED_LENGTH = 32;

    private final MLDSAPrivateKeyParameters key;

    private MlDsa65(MLDSAPrivateKeyParameters key) {
        this.key = key;
    }

    /**
     * Makes a fresh key.
     *
     * @param random source of the seed
     * @return the key
     */
    public static MlDsa65 generate(SecureRandom random) {
        byte[] seed = new byte[SEED_LENGTH];
        random.nextBytes(seed);
        try {
            return fromSeed(seed);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /**
     * The key of a seed (FIPS 204, ML-DSA.KeyGen_internal).
     *
     * @param seed 32 secret bytes, copied
     * @return the key
     */
    public static MlDsa65 fromSeed(byte[] seed) {
        if (seed.length != SEED_LENGTH) {
            throw new IllegalArgumentException("an ML-DSA-65 seed has " + SEED_LENGTH + " bytes, got " + seed.length);
        }
        return new MlDsa65(new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_65, seed.clone()));
    }

    /**
     * The public key.
     *
     * @return a fresh array of {@value #KEY_LENGTH} bytes
     */
    public byte[] publicKey() {
        return key.getPublicKey();
    }

    /**
     * Signs {@code [tag, network, body]}; the same text always gives the same signature.
     *
     * @param tag the purpose
     * @param network the network it is for
     * @param body what to sign
     * @return {@value #SIGNATURE_LENGTH} bytes
     */
    public byte[] sign(DomainTag tag, SigningScope network, byte[] body) {
        byte[] text = SignedText.of(tag, network, body);
        MLDSASigner signer = new MLDSASigner();
        signer.init(true, key);
        signer.update(text, 0, text.length);
        try {
            return signer.generateSignature();
        } catch (org.bouncycastle.crypto.CryptoException e) {
            throw new IllegalStateException("an ML-DSA-65 key in memory does not sign", e);
        }
    }

    /**
     * Verifies a signature over {@code [tag, network, body]}.
     *
     * @param publicKey the signer's key
     * @param tag the purpose
     * @param network the network it was made for
     * @param body what was signed
     * @param signature the signature
     * @return whether it holds; false for keys and signatures of another length
     */
    public static boolean verify(byte[] publicKey, DomainTag tag, SigningScope network, byte[] body, byte[] signature) {
        if (publicKey.length != KEY_LENGTH || signature.length != SIGNATURE_LENGTH) {
            return false;
        }
        byte[] text = SignedText.of(tag, network, body);
        MLDSASigner signer = new MLDSASigner();
        signer.init(false, new MLDSAPublicKeyParameters(MLDSAParameters.ml_dsa_65, publicKey));
        signer.update(text, 0, text.length);
        return signer.verifySignature(signature);
    }

    @Override
    public String toString() {
        return "MlDsa65[redacted]";
    }
}
