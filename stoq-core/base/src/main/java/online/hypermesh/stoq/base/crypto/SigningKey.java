package online.hypermesh.stoq.base.crypto;

import java.security.SecureRandom;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * An Ed25519 private key (RFC 8032). Every signature covers a domain tag and a network id. Thread-safe until destroyed.
 */
public final class SigningKey implements AutoCloseable {
    private final SecretBytes seed;
    private final VerifyKey verifyKey;

    private SigningKey(byte[] seed) {
        this.seed = SecretBytes.copyOf(seed);
        byte[] publicKey = new byte[VerifyKey.LENGTH];
        Ed25519.generatePublicKey(seed, 0, publicKey, 0);
        this.verifyKey = VerifyKey.of(publicKey);
    }

    /**
     * Makes a fresh key.
     *
     * @param random source of the seed
     * @return the key
     */
    public static SigningKey generate(SecureRandom random) {
        byte[] seed = new byte[32];
        random.nextBytes(seed);
        return fromSeed(seed);
    }

    /**
     * Restores a key from its seed.
     *
     * @param seed 32 bytes, copied
     * @return the key
     */
    public static SigningKey fromSeed(byte[] seed) {
        if (seed.length != 32) {
            throw new IllegalArgumentException("an Ed25519 seed has 32 bytes, got " + seed.length);
        }
        return new SigningKey(seed);
    }

    /**
     * The public half.
     *
     * @return the key others verify with
     */
    public VerifyKey verifyKey() {
        return verifyKey;
    }

    /**
     * The seed, for a keystore only.
     *
     * @return the secret
     */
    public SecretBytes seed() {
        return seed;
    }

    /**
     * Signs {@code [tag, network, body]}.
     *
     * @param tag the purpose
     * @param network the network the signature is for
     * @param body what is signed, canonical
     * @return the signature
     */
    public Signature sign(DomainTag tag, SigningScope network, byte[] body) {
        return signRaw(SignedText.of(tag, network, body));
    }

    /**
     * Signs bytes without a tag; only for formats fixed by other standards, such as X.509.
     *
     * @param message what is signed
     * @return the signature
     */
    public Signature signRaw(byte[] message) {
        byte[] signature = new byte[Signature.LENGTH];
        byte[] publicKey = verifyKey.toBytes();
        seed.use(s -> Ed25519.sign(s, 0, publicKey, 0, null, message, 0, message.length, signature, 0));
        return Signature.of(signature);
    }

    /** Wipes the seed. */
    @Override
    public void close() {
        seed.close();
    }

    @Override
    public String toString() {
        return "SigningKey[" + verifyKey + "]";
    }
}
