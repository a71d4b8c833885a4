package online.hypermesh.impl.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.impl.storage.SegmentFormat.RecordHeader;

/** Walks one segment file from record to record, and over damage to the next intact record. Confined to one thread. */
final class SegmentScan {
    private static final int WINDOW_BYTES = 256 * 1024;

    /** A record whose header is intact. */
    record Found(long offset, RecordHeader header) {}

    /** Bytes {@code from..to} that are no intact record. */
    record Hole(long from, long to) {}

    private final SegmentFile file;
    private final SegmentFormat format;
    private final boolean verifyPayloads;
    private final long length;
    private final byte[] window = new byte[WINDOW_BYTES];
    private long windowStart;
    private int windowBytes;

    private final List<Found> records = new ArrayList<>();
    private final List<Hole> holes = new ArrayList<>();
    private long durable = SegmentFormat.FILE_HEADER_BYTES;

    private SegmentScan(SegmentFile file, SegmentFormat format, boolean verifyPayloads) throws IOException {
        this.file = file;
        this.format = format;
        this.verifyPayloads = verifyPayloads;
        this.length = file.length();
    }

    static SegmentScan of(SegmentFile file, SegmentFormat format, boolean verifyPayloads) throws IOException {
        SegmentScan scan = new SegmentScan(file, format, verifyPayloads);
        scan.walk();
        return scan;
    }

    /** Records with intact headers, damaged payloads included, without the log's own. */
    List<Found> records() {
        return records;
    }

    /** Damage, in order. */
    List<Hole> holes() {
        return holes;
    }

    /** How far the segment's intact records say it was durable. */
    long durable() {
        return durable;
    }

    long length() {
        return length;
    }

    private void walk() throws IOException {
        long at = SegmentFormat.FILE_HEADER_BYTES;
        while (at < length) {
            Optional<RecordHeader> header = headerAt(at);
            long next;
            if (header.isPresent()) {
                next = at + header.get().recordBytes();
                take(at, header.get());
            } else {
                next = resync(at + 1);
                holes.add(new Hole(at, next));
            }
            at = next;
        }
    }

    private void take(long at, RecordHeader header) throws IOException {
        if (header.type() == SegmentFormat.TYPE_SYNCED) {
            byte[] payload = payload(at, header);
            if (payloadHolds(payload, header) && payload.length == SegmentFormat.SYNCED_PAYLOAD_BYTES) {
                durable = Math.max(durable, ByteBuffer.wrap(payload).getLong());
            } else {
                holes.add(new Hole(at, at + header.recordBytes()));
            }
            return;
        }
        records.add(new Found(at, header));
        if (verifyPayloads && !payloadHolds(payload(at, header), header)) {
            holes.add(new Hole(at, at + header.recordBytes()));
        }
    }

    private long resync(long from) throws IOException {
        for (long at = from; at < length; at++) {
            if (headerAt(at).isPresent()) {
                return at;
            }
        }
        return length;
    }

    /** The header at an offset, if it is intact and its record lies within the file. */
    private Optional<RecordHeader> headerAt(long at) throws IOException {
        if (at + SegmentFormat.RECORD_HEADER_BYTES > length) {
            return Optional.empty();
        }
        load(at);
        return format.header(at, window, (int) (at - windowStart)).filter(h -> at + h.recordBytes() <= length);
    }

    private void load(long at) throws IOException {
        if (at >= windowStart && at + SegmentFormat.RECORD_HEADER_BYTES <= windowStart + windowBytes) {
            return;
        }
        windowStart = at;
        windowBytes = file.read(at, window, 0, window.length);
        if (windowBytes < SegmentFormat.RECORD_HEADER_BYTES) {
            throw new IOException(
                    "read " + windowBytes + " bytes at offset " + at + " of a file of " + length + " bytes");
        }
    }

    private byte[] payload(long at, RecordHeader header) throws IOException {
        byte[] payload = new byte[header.length()];
        int n = file.read(at + SegmentFormat.RECORD_HEADER_BYTES, payload, 0, payload.length);
        if (n < payload.length) {
            throw new IOException("read " + n + " of " + payload.length + " bytes at offset " + at);
        }
        return payload;
    }

    static boolean payloadHolds(byte[] payload, RecordHeader header) {
        return SegmentFormat.crc(payload, 0, payload.length) == header.payloadCrc();
    }
}
