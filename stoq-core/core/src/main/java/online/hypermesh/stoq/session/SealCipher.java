package online.hypermesh.stoq.session;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;

/**
 * An AES-GCM cipher and the memory that records are sealed into, which stays in the processor's caches when it is used again
 * at once. Confined to one thread at a time.
 */
final class SealCipher {
    /** More memory than two of the largest records need is not kept. */
    private static final int MAX_KEPT_BYTES = 136 * 1024;

    private final Cipher cipher;
    private byte[] buffer = new byte[0];

    SealCipher() {
        try {
            cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM is required of every Java platform", e);
        }
    }

    /** To be initialised for each record. */
    Cipher cipher() {
        return cipher;
    }

    /** Its memory, which keeps what it holds as long as no more is asked for than before. */
    byte[] buffer(int bytes) {
        if (buffer.length < bytes) {
            buffer = new byte[bytes];
        }
        return buffer;
    }

    /** Nobody needs what the memory holds. */
    void release() {
        if (buffer.length > MAX_KEPT_BYTES) {
            buffer = new byte[0];
        }
    }
}
