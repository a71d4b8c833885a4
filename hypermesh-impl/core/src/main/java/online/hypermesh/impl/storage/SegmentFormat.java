package online.hypermesh.impl.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * The bytes of segment files, specified in {@code docs/spec/segment-log.md}. All integers are big-endian. Immutable: one
 * per segment, because its number and salt enter every checksum.
 */
record SegmentFormat(long segment, long salt) {
    static final int VERSION = 1;

    /** Two identical copies of {@value #COPY_BYTES} bytes. */
    static final int FILE_HEADER_BYTES = 64;

    static final int RECORD_HEADER_BYTES = 45;
    static final int MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

    /** Type of the records that say how far the segment is durable. */
    static final int TYPE_SYNCED = 0;

    static final int SYNCED_PAYLOAD_BYTES = 8;

    private static final int COPY_BYTES = 32;
    private static final byte[] MAGIC = "HMSEGLOG".getBytes(StandardCharsets.US_ASCII);

    /** A record's header. */
    record RecordHeader(int length, int type, Digest id, int payloadCrc) {
        long recordBytes() {
            return (long) RECORD_HEADER_BYTES + length;
        }
    }

    byte[] fileHeader() {
        ByteBuffer copy = ByteBuffer.allocate(COPY_BYTES)
                .put(MAGIC)
                .putInt(VERSION)
                .putLong(segment)
                .putLong(salt);
        copy.putInt(crc(copy.array(), 0, COPY_BYTES - 4));
        return ByteBuffer.allocate(FILE_HEADER_BYTES)
                .put(copy.array())
                .put(copy.array())
                .array();
    }

    /** The format version of a file header, from whichever copy is intact. */
    static Optional<Integer> versionIn(byte[] header) {
        return intactCopy(header).map(copy -> copy.getInt(MAGIC.length));
    }

    /** The format of a segment, from whichever copy of its file header is intact and of this version and number. */
    static Optional<SegmentFormat> of(long segment, byte[] header) {
        return intactCopy(header)
                .filter(c -> c.getInt(MAGIC.length) == VERSION && c.getLong(MAGIC.length + 4) == segment)
                .map(c -> new SegmentFormat(segment, c.getLong(MAGIC.length + 12)));
    }

    private static Optional<ByteBuffer> intactCopy(byte[] header) {
        for (int at = 0; at + COPY_BYTES <= header.length; at += COPY_BYTES) {
            byte[] copy = Arrays.copyOfRange(header, at, at + COPY_BYTES);
            ByteBuffer buffer = ByteBuffer.wrap(copy);
            if (Arrays.equals(copy, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                    && buffer.getInt(COPY_BYTES - 4) == crc(copy, 0, COPY_BYTES - 4)) {
                return Optional.of(buffer);
            }
        }
        return Optional.empty();
    }

    byte[] record(long offset, int type, Digest id, byte[] payload) {
        ByteBuffer record = ByteBuffer.allocate(RECORD_HEADER_BYTES + payload.length)
                .putInt(0)
                .putInt(payload.length)
                .put((byte) type)
                .put(id.toBytes())
                .putInt(crc(payload, 0, payload.length))
                .put(payload);
        record.putInt(0, headerCrc(offset, record.array(), 0));
        return record.array();
    }

    /** The record header at an index of a buffer, if its checksum holds for that offset of this segment. */
    Optional<RecordHeader> header(long offset, byte[] buffer, int at) {
        ByteBuffer b = ByteBuffer.wrap(buffer, at, RECORD_HEADER_BYTES);
        int crc = b.getInt();
        int length = b.getInt();
        if (length < 0 || length > MAX_PAYLOAD_BYTES || crc != headerCrc(offset, buffer, at)) {
            return Optional.empty();
        }
        int type = b.get() & 0xff;
        byte[] id = new byte[Digest.LENGTH];
        b.get(id);
        return Optional.of(new RecordHeader(length, type, Digest.of(id), b.getInt()));
    }

    private int headerCrc(long offset, byte[] buffer, int at) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(24)
                .putLong(salt)
                .putLong(segment)
                .putLong(offset)
                .flip());
        crc.update(buffer, at + 4, RECORD_HEADER_BYTES - 4);
        return (int) crc.getValue();
    }

    static int crc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    static String fileName(long segment) {
        return String.format(java.util.Locale.ROOT, "segment-%010d.log", segment);
    }

    static Optional<Long> segmentOf(String fileName) {
        return fileName.matches("segment-[0-9]{10}\\.log")
                ? Optional.of(Long.parseLong(fileName.substring(8, 18)))
                : Optional.empty();
    }
}
