package online.hypermesh.stoq.session;

import java.security.GeneralSecurityException;
import java.util.concurrent.ArrayBlockingQueue;
import javax.crypto.Cipher;

/** AES-GCM ciphers that the connections of a transport lend to each other for one record at a time. Thread-safe. */
final class SealCiphers {
    private static final int MAX_IDLE = 16;

    private final ArrayBlockingQueue<Cipher> idle = new ArrayBlockingQueue<>(MAX_IDLE);

    /** A cipher, to be initialised, and to be {@link #giveBack given back}. */
    Cipher borrow() {
        Cipher pooled = idle.poll();
        if (pooled != null) {
            return pooled;
        }
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM is required of every Java platform", e);
        }
    }

    /** Takes a cipher back; one too many is dropped. */
    void giveBack(Cipher cipher) {
        boolean kept = idle.offer(cipher);
        assert kept || idle.remainingCapacity() == 0;
    }
}
