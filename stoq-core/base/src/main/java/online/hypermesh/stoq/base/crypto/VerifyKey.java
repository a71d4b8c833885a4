package online.hypermesh.stoq.base.crypto;

import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.jspecify.annotations.Nullable;

/**
 * An Ed25519 public key (RFC 8032). One verification rule everywhere: canonical A and R, S &lt; L, small-order A refused,
 * the equation with cofactor, [8]SB = [8]R + [8]kA. Immutable.
 *
 * <p>A {@link SignatureAccelerator} recognises good signatures when there is one; it never changes which are good.
 */
public final class VerifyKey {
    /** Length in bytes. */
    public static final int LENGTH = 32;

    /** A power of two. */
    private static final int REMEMBERED = 256;

    /**
     * Keys decoded lately, each in the place its bytes choose: decoding a point costs as much as hashing some kilobytes, and
     * the same few keys come with every transaction. Public values only; whoever sends keys that displace others makes them
     * cost what they would anyway. Read and written without a lock: a key is immutable, and any of its moments will do.
     */
    private static final @Nullable VerifyKey[] LATELY = new VerifyKey[REMEMBERED];

    private final byte[] value;
    private final Ed25519.PublicPoint point;
    private volatile SignatureAccelerator.@Nullable Recogniser recogniser;

    private VerifyKey(byte[] value, Ed25519.PublicPoint point) {
        this.value = value;
        this.point = point;
    }

    /**
     * Wraps a copy of 32 bytes.
     *
     * @param value a canonical encoding of a point that is not of small order
     * @return the key
     * @throws IllegalArgumentException if it is anything else
     */
    public static VerifyKey of(byte[] value) {
        if (value.length != LENGTH) {
            throw new IllegalArgumentException("an Ed25519 public key has " + LENGTH + " bytes, got " + value.length);
        }
        int place = Arrays.hashCode(value) & (REMEMBERED - 1);
        VerifyKey known = LATELY[place];
        if (known != null && Arrays.equals(known.value, value)) {
            return known;
        }
        Ed25519.PublicPoint point = Ed25519.validatePublicKeyPartialExport(value, 0);
        if (point == null) {
            throw new IllegalArgumentException("not a canonical Ed25519 public key, or of small order: "
                    + HexFormat.of().formatHex(value));
        }
        VerifyKey key = new VerifyKey(value.clone(), point);
        LATELY[place] = key;
        return key;
    }

    /**
     * Verifies a signature over {@code [tag, network, body]}.
     *
     * @param tag the purpose
     * @param network the network it was made for
     * @param body what was signed
     * @param signature the signature
     * @return whether it holds
     */
    public boolean verify(DomainTag tag, SigningScope network, byte[] body, Signature signature) {
        return verifyRaw(SignedText.of(tag, network, body), signature);
    }

    /**
     * Verifies a signature over bytes without a tag; only for formats fixed by other standards, such as X.509.
     *
     * @param message what was signed
     * @param signature the signature
     * @return whether it holds
     */
    public boolean verifyRaw(byte[] message, Signature signature) {
        byte[] bytes = signature.toBytes();
        SignatureAccelerator.Recogniser fast = recogniser();
        return (fast != null && fast.certainlyHolds(message, bytes))
                || Ed25519.verify(bytes, 0, point, message, 0, message.length);
    }

    private SignatureAccelerator.@Nullable Recogniser recogniser() {
        SignatureAccelerator.Recogniser known = recogniser;
        if (known == null) {
            SignatureAccelerator accelerator = SignatureAcceleration.current();
            if (accelerator != null) {
                known = accelerator.recogniser(value.clone());
                recogniser = known;
            }
        }
        return known;
    }

    /**
     * The encoded point.
     *
     * @return a fresh array of 32 bytes
     */
    public byte[] toBytes() {
        return value.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VerifyKey k && Arrays.equals(value, k.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(value);
    }
}
