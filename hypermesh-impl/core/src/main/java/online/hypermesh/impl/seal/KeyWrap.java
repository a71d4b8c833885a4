package online.hypermesh.impl.seal;

import java.security.SecureRandom;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;
import org.bouncycastle.crypto.hpke.HPKEContextWithEncapsulation;

/** HPKE (RFC 9180), mode base, with X-Wing, HKDF-SHA-256 and AES-256-GCM; wraps single keys. */
final class KeyWrap {
    static final int ENCAPSULATION_BYTES = 1120;
    static final int WRAPPED_BYTES = StreamSeal.KEY_BYTES + 16;
    private static final int ENCAPSULATION_SEED_BYTES = 64;
    private static final byte[] NO_AAD = {};

    private KeyWrap() {}

    /** What a recipient needs besides its own key. */
    record Wrapped(byte[] encapsulation, byte[] wrapped) {}

    static HPKE suite() {
        return new HPKE(HPKE.mode_base, HPKE.kem_X_WING, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
    }

    static Wrapped wrap(RecipientPublicKey recipient, byte[] info, byte[] dataKey, SecureRandom random) {
        byte[] encapsulationSeed = new byte[ENCAPSULATION_SEED_BYTES];
        random.nextBytes(encapsulationSeed);
        HPKE hpke = suite();
        HPKEContextWithEncapsulation context =
                hpke.setupBaseS(hpke.deserializePublicKey(recipient.toBytes()), info, encapsulationSeed);
        try {
            return new Wrapped(context.getEncapsulation(), context.seal(NO_AAD, dataKey));
        } catch (InvalidCipherTextException e) {
            throw new IllegalStateException("HPKE failed to seal a key", e);
        }
    }

    static byte[] unwrap(AsymmetricCipherKeyPair recipient, byte[] info, byte[] encapsulation, byte[] wrapped)
            throws InvalidCipherTextException {
        return suite().setupBaseR(encapsulation, recipient, info).open(NO_AAD, wrapped);
    }
}
