package online.hypermesh.stoq.session;

import java.util.Arrays;

/** Records in an array of their own. */
final class Sealed {
    private Sealed() {}

    static byte[] seal(RecordSealer sealer, byte[] bytes, int offset, int length, boolean last, int room) {
        SealCipher cipher = new SealCipher();
        int sealed = sealer.seal(bytes, offset, length, last, room, cipher);
        byte[] records = Arrays.copyOf(cipher.buffer(sealed), sealed);
        Arrays.fill(records, 0, room, (byte) 0);
        return records;
    }
}
