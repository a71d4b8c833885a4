package online.hypermesh.impl.seal;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.error.Retry;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.hpke.HPKEContextWithEncapsulation;

/**
 * HPKE (RFC 9180), mode base, with X-Wing (draft-connolly-cfrg-xwing-kem), HKDF-SHA-256 and AES-256-GCM; wraps single keys.
 * Thread-safe.
 */
public final class KeyWrap {
    /** Length of an X-Wing ciphertext in bytes. */
    public static final int ENCAPSULATION_BYTES = 1120;

    /** Length of a wrapped key in bytes. */
    public static final int WRAPPED_BYTES = StreamSeal.KEY_BYTES + 16;

    private static final int ENCAPSULATION_SEED_BYTES = 64;
    private static final byte[] NO_AAD = {};

    private KeyWrap() {}

    /**
     * What a recipient needs besides its own key. The arrays are not copied.
     *
     * @param encapsulation X-Wing ciphertext, {@link #ENCAPSULATION_BYTES}
     * @param wrapped the key under AES-256-GCM, {@link #WRAPPED_BYTES}
     */
    public record Wrapped(byte[] encapsulation, byte[] wrapped) {}

    static HPKE suite() {
        return new HPKE(HPKE.mode_base, HPKE.kem_X_WING, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
    }

    /**
     * Wraps a key to a recipient.
     *
     * @param recipient whom
     * @param info what the key is for; must be given again to unwrap it
     * @param dataKey 32 secret bytes
     * @param random for the encapsulation
     * @return the wrapped key
     * @throws HypermeshException MALFORMED when the recipient's bytes are no X-Wing public key
     */
    public static Wrapped wrap(RecipientPublicKey recipient, byte[] info, SecretBytes dataKey, SecureRandom random) {
        byte[] key = dataKey.toBytes();
        if (key.length != StreamSeal.KEY_BYTES) {
            throw new IllegalArgumentException("a data key has " + StreamSeal.KEY_BYTES + " bytes, got " + key.length);
        }
        try {
            return wrap(recipient, info, key, random);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new HypermeshException(
                    Code.MALFORMED, Retry.NEVER, recipient + " is no X-Wing public key: " + e.getMessage(), e);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /**
     * Unwraps a key.
     *
     * @param recipient whose
     * @param info as it was when wrapping
     * @param encapsulation {@link #ENCAPSULATION_BYTES}
     * @param wrapped {@link #WRAPPED_BYTES}
     * @return the key, which the caller destroys; empty when it was wrapped for another key or with another info
     */
    public static Optional<SecretBytes> unwrap(
            RecipientKey recipient, byte[] info, byte[] encapsulation, byte[] wrapped) {
        return recipient.unwrap(info, encapsulation, wrapped);
    }

    private static Wrapped wrap(RecipientPublicKey recipient, byte[] info, byte[] dataKey, SecureRandom random) {
        byte[] encapsulationSeed = new byte[ENCAPSULATION_SEED_BYTES];
        random.nextBytes(encapsulationSeed);
        HPKE hpke = suite();
        HPKEContextWithEncapsulation context =
                hpke.setupBaseS(hpke.deserializePublicKey(recipient.toBytes()), info, encapsulationSeed);
        try {
            return new Wrapped(context.getEncapsulation(), context.seal(NO_AAD, dataKey));
        } catch (InvalidCipherTextException e) {
            throw new AssertionError("HPKE failed to seal a key", e);
        }
    }

    static byte[] unwrap(AsymmetricCipherKeyPair recipient, byte[] info, byte[] encapsulation, byte[] wrapped)
            throws InvalidCipherTextException {
        return suite().setupBaseR(encapsulation, recipient, info).open(NO_AAD, wrapped);
    }
}
