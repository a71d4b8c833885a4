package online.hypermesh.stoq.session;

import java.security.GeneralSecurityException;
import java.util.function.Consumer;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.Arrived;

/** Opens the records of one direction of a sealed stream, in order. Confined to one thread at a time. */
final class RecordOpener {
    private final SealCiphers ciphers;
    private final RecordKeys keys;
    private final byte[] head = new byte[RecordSealer.HEAD_BYTES];
    private int headFilled;
    private byte[] body = new byte[0];
    private int bodyFilled;
    private int bodyLength;
    private boolean lastRecord;
    private boolean complete;

    RecordOpener(SealCiphers ciphers, RecordKeys keys) {
        this.ciphers = ciphers;
        this.keys = keys;
    }

    /**
     * Takes bytes as they arrive and hands out the plain bytes of every record that they complete.
     *
     * @param bytes what arrived; all of it is taken
     * @param plain receives the content of each record, at least one byte, its own from then on
     * @throws StoqException MALFORMED_FRAME if a record was not made by the peer for this place, or LIMIT_EXCEEDED
     */
    void feed(Arrived bytes, Consumer<byte[]> plain) {
        while (bytes.remaining() > 0) {
            if (complete) {
                throw forged("bytes follow the last record of a sealed stream");
            }
            if (headFilled < head.length) {
                int n = Math.min(bytes.remaining(), head.length - headFilled);
                bytes.take(head, headFilled, n);
                headFilled += n;
                if (headFilled == head.length) {
                    begin();
                }
            } else {
                int n = Math.min(bytes.remaining(), bodyLength - bodyFilled);
                bytes.take(body, bodyFilled, n);
                bodyFilled += n;
                if (bodyFilled == bodyLength) {
                    bodyFilled = 0;
                    open(plain);
                }
            }
        }
    }

    private void begin() {
        int word = (head[0] & 0xff) << 24 | (head[1] & 0xff) << 16 | (head[2] & 0xff) << 8 | (head[3] & 0xff);
        int length = word & ~RecordSealer.LAST;
        lastRecord = (word & RecordSealer.LAST) != 0;
        if (length > RecordSealer.MAX_PLAIN_BYTES) {
            throw new StoqException(
                    StoqException.Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "a record of a sealed stream has " + length + " bytes, limit " + RecordSealer.MAX_PLAIN_BYTES);
        }
        if (length == 0 && !lastRecord) {
            throw forged("an empty record of a sealed stream is not the last one");
        }
        bodyLength = length + RecordSealer.TAG_BYTES;
        if (body.length < bodyLength) {
            body = new byte[bodyLength];
        }
    }

    private void open(Consumer<byte[]> plain) {
        byte[] out = plain(bodyLength - RecordSealer.TAG_BYTES);
        SealCipher lent = ciphers.borrow();
        Cipher cipher = lent.cipher();
        try {
            cipher.init(Cipher.DECRYPT_MODE, keys.key(), keys.takeNonce());
            cipher.updateAAD(head);
            cipher.doFinal(body, 0, bodyLength, out, 0);
        } catch (AEADBadTagException e) {
            throw forged("a record of a sealed stream was changed, moved, repeated or left out");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening a record of " + bodyLength + " bytes failed", e);
        }
        ciphers.giveBack(lent);
        headFilled = 0;
        complete = lastRecord;
        if (out.length > 0) {
            plain.accept(out);
        }
    }

    private static byte[] plain(int length) {
        byte[] used = length == ChunkArrays.BYTES ? ChunkArrays.SHARED.take() : null;
        return used == null ? new byte[length] : used;
    }

    /** Whether the last record came; a stream that ends without was cut. */
    boolean complete() {
        return complete;
    }

    static StoqException forged(String message) {
        return new StoqException(
                StoqException.Code.MALFORMED_FRAME, Retry.NEVER, message + "; the connection is closed");
    }
}
