package online.hypermesh.stoq.session;

import java.security.GeneralSecurityException;
import javax.crypto.Cipher;

/** Seals one direction of a stream as records. Confined to one thread at a time. */
final class RecordSealer {
    /** Most plain bytes of a record. */
    static final int MAX_PLAIN_BYTES = 64 * 1024;

    static final int HEAD_BYTES = 4;
    static final int TAG_BYTES = 16;

    /** Bit of the head that marks the last record of its direction. */
    static final int LAST = 1 << 31;

    private final RecordKeys keys;

    RecordSealer(RecordKeys keys) {
        this.keys = keys;
    }

    /**
     * Seals bytes as one or several records.
     *
     * @param room bytes left free in front of them
     * @param last whether nothing follows; then there is a record even if there is no byte
     * @param lent what to seal with; the records are in its buffer, behind the room
     * @return length of room and records
     */
    int seal(byte[] bytes, int offset, int length, boolean last, int room, SealCipher lent) {
        int records = Math.max(last ? 1 : 0, (length + MAX_PLAIN_BYTES - 1) / MAX_PLAIN_BYTES);
        int total = Math.addExact(Math.addExact(room, length), Math.multiplyExact(records, HEAD_BYTES + TAG_BYTES));
        byte[] out = lent.buffer(total);
        int from = offset;
        int to = room;
        Cipher cipher = lent.cipher();
        for (int i = 1; i <= records; i++) {
            int plain = Math.min(MAX_PLAIN_BYTES, offset + length - from);
            putHead(out, to, last && i == records ? plain | LAST : plain);
            try {
                cipher.init(Cipher.ENCRYPT_MODE, keys.key(), keys.takeNonce());
                cipher.updateAAD(out, to, HEAD_BYTES);
                to += HEAD_BYTES;
                to += cipher.doFinal(bytes, from, plain, out, to);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("sealing a record of " + plain + " bytes failed", e);
            }
            from += plain;
        }
        return total;
    }

    private static void putHead(byte[] out, int at, int head) {
        out[at] = (byte) (head >>> 24);
        out[at + 1] = (byte) (head >>> 16);
        out[at + 2] = (byte) (head >>> 8);
        out[at + 3] = (byte) head;
    }
}
