package online.hypermesh.impl.proof;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import online.hypermesh.api.proof.Participant;
import online.hypermesh.api.proof.StakeProof;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/**
 * The verifiable random function ECVRF-P256-SHA256-TAI of RFC 9381 (suite 0x01): one output a key and input, which nobody can
 * predict without the key and everybody can check. Proofs have 81 bytes: Γ, c, s. Hashing to the curve takes a time that
 * depends on the input, which is public here. Thread-safe.
 */
public final class EcVrf implements AutoCloseable {
    private static final X9ECParameters P256 = CustomNamedCurves.getByName("P-256");
    private static final BigInteger N = P256.getN();
    private static final byte SUITE = 1;
    private static final int POINT = Participant.VRF_KEY_LENGTH;
    private static final int CHALLENGE = 16;
    private static final int SCALAR = 32;

    private final SecretBytes secret;
    private final byte[] publicKey;

    private EcVrf(byte[] secret, byte[] publicKey) {
        this.secret = SecretBytes.copyOf(secret);
        this.publicKey = publicKey;
    }

    /**
     * A key from its secret scalar.
     *
     * @param secret 32 bytes, big-endian, in 1..n-1; copied
     * @return the key
     */
    public static EcVrf of(byte[] secret) {
        BigInteger x = new BigInteger(1, secret);
        if (secret.length != SCALAR || x.signum() == 0 || x.compareTo(N) >= 0) {
            throw new IllegalArgumentException("a VRF secret is a number in 1..n-1 of 32 bytes");
        }
        return new EcVrf(secret, point(secretMultiply(P256.getG(), x)));
    }

    /**
     * The public key.
     *
     * @return a compressed point of 33 bytes, a fresh array
     */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /**
     * Proves the output for an input (RFC 9381 §5.1).
     *
     * @param alpha the input
     * @return 81 bytes
     */
    public byte[] prove(byte[] alpha) {
        byte[] scalar = secret.toBytes();
        try {
            BigInteger x = new BigInteger(1, scalar);
            ECPoint h = encodeToCurve(publicKey, alpha);
            byte[] hBytes = point(h);
            ECPoint gamma = secretMultiply(h, x);
            HMacDSAKCalculator nonces = new HMacDSAKCalculator(new SHA256Digest());
            nonces.init(N, x, Hashing.sha256().digest(hBytes));
            BigInteger k = nonces.nextK();
            byte[] gammaBytes = point(gamma);
            byte[] c = challenge(
                    publicKey, hBytes, gammaBytes, point(secretMultiply(P256.getG(), k)), point(secretMultiply(h, k)));
            BigInteger s = k.add(new BigInteger(1, c).multiply(x)).mod(N);
            byte[] proof = new byte[StakeProof.VRF_LENGTH];
            System.arraycopy(gammaBytes, 0, proof, 0, POINT);
            System.arraycopy(c, 0, proof, POINT, CHALLENGE);
            byte[] sBytes = s.toByteArray();
            int length = Math.min(sBytes.length, SCALAR);
            System.arraycopy(sBytes, sBytes.length - length, proof, proof.length - length, length);
            return proof;
        } finally {
            Arrays.fill(scalar, (byte) 0);
        }
    }

    /**
     * Verifies a proof (RFC 9381 §5.3), the key included (§5.4.5).
     *
     * @param publicKey compressed point of 33 bytes
     * @param alpha the input
     * @param proof 81 bytes
     * @return the output, if the proof holds
     */
    public static Optional<Digest> verify(byte[] publicKey, byte[] alpha, byte[] proof) {
        if (publicKey.length != POINT || proof.length != StakeProof.VRF_LENGTH) {
            return Optional.empty();
        }
        byte[] gammaBytes = Arrays.copyOf(proof, POINT);
        byte[] c = Arrays.copyOfRange(proof, POINT, POINT + CHALLENGE);
        BigInteger s = new BigInteger(1, Arrays.copyOfRange(proof, POINT + CHALLENGE, proof.length));
        Optional<ECPoint> y = decode(publicKey);
        Optional<ECPoint> gamma = decode(gammaBytes);
        if (y.isEmpty() || gamma.isEmpty() || s.compareTo(N) >= 0) {
            return Optional.empty();
        }
        BigInteger minusC = N.subtract(new BigInteger(1, c)).mod(N);
        ECPoint h = encodeToCurve(publicKey, alpha);
        ECPoint u = ECAlgorithms.sumOfTwoMultiplies(P256.getG(), s, y.get(), minusC);
        ECPoint v = ECAlgorithms.sumOfTwoMultiplies(h, s, gamma.get(), minusC);
        if (u.isInfinity() || v.isInfinity()) {
            return Optional.empty();
        }
        byte[] expected = challenge(publicKey, point(h), gammaBytes, point(u), point(v));
        return MessageDigest.isEqual(expected, c) ? Optional.of(output(gammaBytes)) : Optional.empty();
    }

    /**
     * Whether bytes are a public key.
     *
     * @param publicKey compressed point
     * @return true if they are a point of the curve other than infinity
     */
    public static boolean isKey(byte[] publicKey) {
        return publicKey.length == POINT && decode(publicKey).isPresent();
    }

    private static Digest output(byte[] gamma) {
        MessageDigest sha = Hashing.sha256();
        sha.update(new byte[] {SUITE, 3});
        sha.update(gamma);
        sha.update((byte) 0);
        return Digest.of(sha.digest());
    }

    private static byte[] challenge(byte[]... points) {
        MessageDigest sha = Hashing.sha256();
        sha.update(new byte[] {SUITE, 2});
        for (byte[] p : points) {
            sha.update(p);
        }
        sha.update((byte) 0);
        return Arrays.copyOf(sha.digest(), CHALLENGE);
    }

    /** Try and increment (RFC 9381 §5.4.1.1). */
    private static ECPoint encodeToCurve(byte[] salt, byte[] alpha) {
        for (int counter = 0; counter < 256; counter++) {
            MessageDigest sha = Hashing.sha256();
            sha.update(new byte[] {SUITE, 1});
            sha.update(salt);
            sha.update(alpha);
            sha.update(new byte[] {(byte) counter, 0});
            byte[] candidate = new byte[POINT];
            candidate[0] = 2;
            System.arraycopy(sha.digest(), 0, candidate, 1, SCALAR);
            Optional<ECPoint> h = decode(candidate);
            if (h.isPresent()) {
                return h.get();
            }
        }
        throw new IllegalArgumentException("no point of the curve in 256 tries; the chance of that is 2^-256");
    }

    private static Optional<ECPoint> decode(byte[] compressed) {
        if (compressed[0] != 2 && compressed[0] != 3) {
            return Optional.empty();
        }
        try {
            return Optional.of(P256.getCurve().decodePoint(compressed));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static ECPoint secretMultiply(ECPoint base, BigInteger scalar) {
        return new FixedPointCombMultiplier().multiply(base, scalar);
    }

    private static byte[] point(ECPoint p) {
        return p.getEncoded(true);
    }

    /** Wipes the secret. */
    @Override
    public void close() {
        secret.close();
    }

    @Override
    public String toString() {
        return "EcVrf[" + HexFormat.of().formatHex(publicKey) + "]";
    }
}
