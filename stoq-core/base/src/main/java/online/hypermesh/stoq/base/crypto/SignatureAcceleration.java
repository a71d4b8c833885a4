package online.hypermesh.stoq.base.crypto;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Which accelerator the signatures of this process have. Thread-safe. */
public final class SignatureAcceleration {
    /** RFC 8032 section 7.1, TEST 3. */
    private static final byte[] KEY =
            HexFormat.of().parseHex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");

    private static final byte[] MESSAGE = {(byte) 0xaf, (byte) 0x82};
    private static final byte[] SIGNATURE = HexFormat.of()
            .parseHex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                    + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
    /** The group's order, little-endian, which makes another signature of the same equation when it is added to S. */
    private static final byte[] ORDER =
            HexFormat.of().parseHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

    private static volatile @Nullable SignatureAccelerator found;

    private SignatureAcceleration() {}

    /**
     * Has every {@link VerifyKey} of this process ask an accelerator first, from now on.
     *
     * @param accelerator what recognises good signatures
     * @throws IllegalArgumentException if it does not recognise a good signature, or takes one for good that differs from it in
     *     a bit or has an S that is not below the group's order; nothing has changed then
     */
    public static void use(SignatureAccelerator accelerator) {
        if (!isSound(accelerator)) {
            throw new IllegalArgumentException(
                    accelerator.name() + " does not tell good signatures from bad ones and is not used");
        }
        found = accelerator;
    }

    /** The accelerator, or null while there is none. */
    static @Nullable SignatureAccelerator current() {
        return found;
    }

    /** Whether it recognises a good signature and none of the bad ones that are made from it. */
    static boolean isSound(SignatureAccelerator one) {
        SignatureAccelerator.Recogniser key = one.recogniser(KEY.clone());
        if (!key.certainlyHolds(MESSAGE.clone(), SIGNATURE.clone())
                || key.certainlyHolds(new byte[] {MESSAGE[0], (byte) (MESSAGE[1] ^ 1)}, SIGNATURE.clone())
                || key.certainlyHolds(MESSAGE.clone(), withOrderAdded(SIGNATURE))) {
            return false;
        }
        for (int bit = 0; bit < Signature.LENGTH * Byte.SIZE; bit++) {
            byte[] bad = SIGNATURE.clone();
            bad[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            if (key.certainlyHolds(MESSAGE.clone(), bad)) {
                return false;
            }
        }
        return true;
    }

    private static byte[] withOrderAdded(byte[] signature) {
        byte[] sum = signature.clone();
        int carry = 0;
        for (int i = 0; i < ORDER.length; i++) {
            int at = ORDER.length + i;
            carry += (sum[at] & 0xff) + (ORDER[i] & 0xff);
            sum[at] = (byte) carry;
            carry >>>= 8;
        }
        return sum;
    }
}
