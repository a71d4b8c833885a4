package online.hypermesh.stoq.session;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import org.jspecify.annotations.Nullable;

/**
 * Seals datagrams, each on its own: its number in eight bytes, which no other datagram of this direction has, then the
 * ciphertext. A datagram that does not open, or comes twice, is dropped. Thread-safe.
 */
final class SealedDatagrams {
    private static final int NUMBER_BYTES = Long.BYTES;

    /** Bytes that sealing adds. */
    static final int OVERHEAD_BYTES = NUMBER_BYTES + RecordSealer.TAG_BYTES;

    private final SealSecrets secrets;
    private final SealCiphers ciphers;
    private final UsedNumbers used = new UsedNumbers();
    private @Nullable DatagramKey sending;
    private @Nullable DatagramKey receiving;
    private long nextNumber;

    SealedDatagrams(SealSecrets secrets) {
        this.secrets = secrets;
        this.ciphers = secrets.ciphers();
    }

    byte[] seal(byte[] content) {
        long number;
        DatagramKey key;
        synchronized (this) {
            number = nextNumber++;
            key = keyOf(sending, true, number);
            sending = key;
        }
        byte[] sealed = new byte[OVERHEAD_BYTES + content.length];
        ByteBuffer.wrap(sealed).putLong(number);
        SealCipher lent = ciphers.borrow();
        Cipher cipher = lent.cipher();
        try {
            cipher.init(Cipher.ENCRYPT_MODE, key.key(), key.nonce(number));
            cipher.doFinal(content, 0, content.length, sealed, NUMBER_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing a datagram of " + content.length + " bytes failed", e);
        }
        ciphers.giveBack(lent);
        return sealed;
    }

    /** What the peer sealed; null if it was not the peer, or for the second time. */
    synchronized byte @Nullable [] open(byte[] sealed) {
        if (sealed.length < OVERHEAD_BYTES) {
            return null;
        }
        long number = ByteBuffer.wrap(sealed).getLong();
        if (number < 0) {
            return null;
        }
        DatagramKey key = keyOf(receiving, false, number);
        byte[] content;
        SealCipher lent = ciphers.borrow();
        Cipher cipher = lent.cipher();
        try {
            cipher.init(Cipher.DECRYPT_MODE, key.key(), key.nonce(number));
            content = cipher.doFinal(sealed, NUMBER_BYTES, sealed.length - NUMBER_BYTES);
        } catch (AEADBadTagException e) {
            return null;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening a datagram of " + sealed.length + " bytes failed", e);
        }
        ciphers.giveBack(lent);
        receiving = key;
        return used.take(number) ? content : null;
    }

    private DatagramKey keyOf(@Nullable DatagramKey last, boolean forSending, long number) {
        long generation = DatagramKey.generationOf(number);
        return last != null && last.generation() == generation ? last : secrets.datagramKey(forSending, generation);
    }
}
