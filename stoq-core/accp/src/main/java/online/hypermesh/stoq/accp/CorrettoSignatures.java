package online.hypermesh.stoq.accp;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import online.hypermesh.stoq.base.crypto.SignatureAccelerator;

/**
 * Recognises Ed25519 signatures with AWS-LC, which computes the canonical encoding of SB - kA, compares it with R, and
 * refuses S that are not below the group's order. The provider is not registered with the platform: nothing else in the
 * process changes. {@code SignatureAcceleration.use(new CorrettoSignatures())} makes all keys use it. Thread-safe.
 */
public final class CorrettoSignatures implements SignatureAccelerator {
    private static final String ALGORITHM = "Ed25519";

    /** SubjectPublicKeyInfo of an Ed25519 key up to the key (RFC 8410 section 4). */
    private static final byte[] HEAD = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

    private final Provider provider;
    private final KeyFactory keys;

    /**
     * Loads the native library.
     *
     * @throws IllegalStateException if this machine has no library that fits, or its own self-tests fail
     */
    public CorrettoSignatures() {
        AmazonCorrettoCryptoProvider loaded = AmazonCorrettoCryptoProvider.INSTANCE;
        Throwable failure = loaded.getLoadingError();
        if (failure != null) {
            throw new IllegalStateException(
                    "AWS-LC does not load. Put the AmazonCorrettoCryptoProvider of this platform on the path, or leave"
                            + " stoq-accp away",
                    failure);
        }
        try {
            loaded.assertHealthy();
            Signature.getInstance(ALGORITHM, loaded);
            keys = KeyFactory.getInstance(ALGORITHM);
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new IllegalStateException("AWS-LC has no sound Ed25519: " + e.getMessage(), e);
        }
        provider = loaded;
    }

    @Override
    public String name() {
        return provider.getName() + " " + provider.getVersionStr();
    }

    @Override
    public Recogniser recogniser(byte[] publicKey) {
        byte[] encoded = new byte[HEAD.length + publicKey.length];
        System.arraycopy(HEAD, 0, encoded, 0, HEAD.length);
        System.arraycopy(publicKey, 0, encoded, HEAD.length, publicKey.length);
        PublicKey key;
        try {
            key = keys.generatePublic(new X509EncodedKeySpec(encoded));
        } catch (GeneralSecurityException e) {
            return (message, signature) -> false;
        }
        return (message, signature) -> certainlyHolds(key, message, signature);
    }

    private boolean certainlyHolds(PublicKey key, byte[] message, byte[] signature) {
        try {
            Signature verifier = Signature.getInstance(ALGORITHM, provider);
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
