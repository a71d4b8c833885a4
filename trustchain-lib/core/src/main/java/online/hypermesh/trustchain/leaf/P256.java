package online.hypermesh.trustchain.leaf;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Hashing;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;

/** ECDSA over P-256 with SHA-256 (FIPS 186-5). Thread-safe. */
public final class P256 {
    private static final byte[] SPKI_PREFIX =
            HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
    private static final int SPKI_BYTES = 91;
    private static final ECDomainParameters CURVE = curve();

    private P256() {}

    /**
     * Whether bytes are the SubjectPublicKeyInfo of an uncompressed point on P-256.
     *
     * @param spki DER
     * @return whether they are
     */
    public static boolean isKey(byte[] spki) {
        return key(spki).isPresent();
    }

    /**
     * Verifies a signature.
     *
     * @param spki the key, DER
     * @param message what was signed
     * @param signature DER sequence of r and s
     * @return whether it holds; false also for a key off the curve and for bytes that are no signature
     */
    public static boolean holds(byte[] spki, byte[] message, byte[] signature) {
        Optional<ECPublicKeyParameters> key = key(spki);
        if (key.isEmpty()) {
            return false;
        }
        try {
            BigInteger[] rs = StandardDSAEncoding.INSTANCE.decode(CURVE.getN(), signature);
            ECDSASigner verifier = new ECDSASigner();
            verifier.init(false, key.get());
            return verifier.verifySignature(Hashing.sha256().digest(message), rs[0], rs[1]);
        } catch (IOException | IllegalArgumentException e) {
            return false;
        }
    }

    private static Optional<ECPublicKeyParameters> key(byte[] spki) {
        boolean shaped = spki.length == SPKI_BYTES
                && Arrays.equals(spki, 0, SPKI_PREFIX.length, SPKI_PREFIX, 0, SPKI_PREFIX.length);
        if (!shaped) {
            return Optional.empty();
        }
        try {
            byte[] point = Arrays.copyOfRange(spki, SPKI_PREFIX.length - 1, SPKI_BYTES);
            return Optional.of(new ECPublicKeyParameters(CURVE.getCurve().decodePoint(point), CURVE));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static ECDomainParameters curve() {
        X9ECParameters p256 = CustomNamedCurves.getByName("secp256r1");
        return new ECDomainParameters(p256.getCurve(), p256.getG(), p256.getN(), p256.getH());
    }
}
