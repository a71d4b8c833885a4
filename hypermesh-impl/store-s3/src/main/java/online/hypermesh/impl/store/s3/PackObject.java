package online.hypermesh.impl.store.s3;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * An object that holds packs: {@code "HMPACKS1"}, the number of packs in 4 bytes, for each its id and its length in 4 bytes,
 * the SHA-256 of all that, then the packs. Integers are big-endian.
 */
final class PackObject {
    /** Most packs in an object. */
    static final int MAX_PACKS = 1 << 16;

    private static final byte[] MAGIC = "HMPACKS1".getBytes(StandardCharsets.US_ASCII);
    private static final int ENTRY_BYTES = Digest.LENGTH + Integer.BYTES;

    private PackObject() {}

    /** A pack in an object. */
    record Entry(Digest id, long offset, int length) {}

    static int headerBytes(int count) {
        return MAGIC.length + Integer.BYTES + count * ENTRY_BYTES + Digest.LENGTH;
    }

    static byte[] encode(List<Digest> ids, List<byte[]> packs) {
        long all = headerBytes(ids.size());
        for (byte[] pack : packs) {
            all += pack.length;
        }
        ByteBuffer to = ByteBuffer.allocate(Math.toIntExact(all)).put(MAGIC).putInt(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            to.put(ids.get(i).toBytes()).putInt(packs.get(i).length);
        }
        to.put(Digest.sha256(Arrays.copyOf(to.array(), to.position())).toBytes());
        packs.forEach(to::put);
        return to.array();
    }

    /**
     * Reads the list of packs.
     *
     * @param header the object's first {@link #headerBytes} bytes
     * @param objectBytes length of the object
     * @return the entries; empty when the bytes are no list, or one that was damaged
     */
    static List<Entry> decode(byte[] header, int count, long objectBytes) {
        if (header.length != headerBytes(count)) {
            return List.of();
        }
        ByteBuffer from = ByteBuffer.wrap(header);
        byte[] magic = new byte[MAGIC.length];
        from.get(magic);
        int covered = header.length - Digest.LENGTH;
        Digest said = Digest.of(Arrays.copyOfRange(header, covered, header.length));
        if (!Arrays.equals(magic, MAGIC)
                || from.getInt() != count
                || !Digest.sha256(Arrays.copyOf(header, covered)).equals(said)) {
            return List.of();
        }
        Entry[] entries = new Entry[count];
        long offset = header.length;
        for (int i = 0; i < count; i++) {
            byte[] id = new byte[Digest.LENGTH];
            from.get(id);
            int length = from.getInt();
            if (length < 1 || offset + length > objectBytes) {
                return List.of();
            }
            entries[i] = new Entry(Digest.of(id), offset, length);
            offset += length;
        }
        return List.of(entries);
    }
}
