package online.hypermesh.stoq.base.crypto;

/**
 * Code that recognises good Ed25519 signatures sooner than the built-in one, such as a native library's.
 * {@link SignatureAcceleration#use} has every {@link VerifyKey} of the process ask it first.
 *
 * <p>It can only say yes. Whatever it does not recognise is decided by the built-in code, so two processes never disagree
 * about a signature because one of them has an accelerator. Thread-safe.
 */
public interface SignatureAccelerator {
    /**
     * What does the work, for logs.
     *
     * @return name and version of the library
     */
    String name();

    /**
     * Prepares a key.
     *
     * @param publicKey 32 bytes, a canonical encoding of a point that is not of small order
     * @return what recognises its signatures
     */
    Recogniser recogniser(byte[] publicKey);

    /** Recognises the signatures of one key. Thread-safe. */
    interface Recogniser {
        /**
         * Whether a signature certainly holds: S is below the group's order and R is the canonical encoding of SB - kA
         * (RFC 8032 section 5.1.7 without the cofactor). Multiplied by 8 that is the equation of {@link VerifyKey}, so it
         * holds there, too.
         *
         * @param message what was signed
         * @param signature 64 bytes
         * @return false also when it cannot tell
         */
        boolean certainlyHolds(byte[] message, byte[] signature);
    }
}
