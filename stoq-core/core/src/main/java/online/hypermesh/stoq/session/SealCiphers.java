package online.hypermesh.stoq.session;

import java.util.ArrayDeque;

/** AES-GCM ciphers that the connections of a transport lend to each other for one record at a time. Thread-safe. */
final class SealCiphers {
    private static final int MAX_IDLE = 16;

    /** The one that came back last is lent first. */
    private final ArrayDeque<SealCipher> idle = new ArrayDeque<>(MAX_IDLE);

    /** A cipher, to be {@link #giveBack given back}. */
    SealCipher borrow() {
        synchronized (idle) {
            SealCipher pooled = idle.poll();
            if (pooled != null) {
                return pooled;
            }
        }
        return new SealCipher();
    }

    /** Takes a cipher back; one too many is dropped. */
    void giveBack(SealCipher cipher) {
        cipher.release();
        synchronized (idle) {
            if (idle.size() < MAX_IDLE) {
                idle.push(cipher);
            }
        }
    }
}
