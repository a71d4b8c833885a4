package online.hypermesh.impl.storage;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.storage.SegmentFormat.RecordHeader;
import online.hypermesh.impl.storage.SegmentScan.Found;
import online.hypermesh.impl.storage.SegmentScan.Hole;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * An append-only log of checksummed records in segment files. Thread-safe.
 *
 * <p>A record is durable once a {@link #sync()} that began after its {@link #append} returned; callers that sync at the
 * same time share one flush. After a crash the log holds every durable record and possibly a prefix of the others. A write
 * or flush that fails stops all further writing for good, because nobody knows what the disk holds then: reading goes on,
 * and opening the log again recovers. Damage to a durable record is reported, and spoils no other record.
 *
 * <p>The format is specified in {@code docs/spec/segment-log.md}.
 */
public final class SegmentLog implements AutoCloseable {
    /** Largest segment, and the default: 64 MiB. */
    public static final int MAX_SEGMENT_BYTES = 64 * 1024 * 1024;

    /** Largest payload of a record. */
    public static final int MAX_PAYLOAD_BYTES = SegmentFormat.MAX_PAYLOAD_BYTES;

    private static final Logger LOG = System.getLogger(SegmentLog.class.getName());

    /** Bits of a position that hold the offset; records begin below {@link #MAX_SEGMENT_BYTES}. */
    private static final int OFFSET_BITS = 26;

    private static final long MAX_SEGMENTS = 1L << (63 - OFFSET_BITS);

    /**
     * A stored record.
     *
     * @param type 1..255, chosen by the writer
     * @param id chosen by the writer
     * @param payload its bytes
     */
    public record Entry(int type, Digest id, byte[] payload) {}

    /**
     * A stretch of a segment that should hold durable records and does not.
     *
     * @param file name of the segment file
     * @param from first damaged byte
     * @param to byte after the last damaged one
     */
    public record Damage(String file, long from, long to) {}

    /** Receives the records of a log in the order in which they were appended. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * A record whose header is intact; its payload is checked when it is read.
         *
         * @param position for {@link #read}
         * @param type its type
         * @param id its id
         * @param payloadBytes length of its payload
         */
        void record(long position, int type, Digest id, int payloadBytes);
    }

    private final SegmentFiles files;
    private final int segmentBytes;
    private final SecureRandom random = new SecureRandom();
    private final SortedMap<Long, Segment> segments = new ConcurrentSkipListMap<>();
    private final Segment.Recent recent = new Segment.Recent();
    private final List<Damage> lostSegments = new ArrayList<>();

    /** Guards the tail; never held while taking {@link #syncLock}, except by an attempt that does not wait. */
    private final ReentrantLock writeLock = new ReentrantLock();

    /** Held by the one caller that flushes. */
    private final ReentrantLock syncLock = new ReentrantLock();

    private final List<SegmentFile> retired = new ArrayList<>();
    private SegmentFormat activeFormat;
    private SegmentFile active;
    private long tail;
    private long appended;
    private long durable;
    private boolean closed;
    private @Nullable HypermeshException failure;

    private SegmentLog(SegmentFiles files, int segmentBytes) throws IOException {
        if (segmentBytes < 1024 || segmentBytes > MAX_SEGMENT_BYTES) {
            throw new IllegalArgumentException(
                    "segmentBytes must be in 1024.." + MAX_SEGMENT_BYTES + ", was " + segmentBytes);
        }
        this.files = files;
        this.segmentBytes = segmentBytes;
        NavigableSet<Long> numbers = new TreeSet<>();
        for (String name : files.names()) {
            SegmentFormat.segmentOf(name).ifPresent(numbers::add);
        }
        openSegments(numbers);
        long last = segments.isEmpty() ? 0 : segments.lastKey();
        Segment newest = segments.get(last);
        if (newest == null || !numbers.last().equals(last)) {
            activeFormat = new SegmentFormat(numbers.isEmpty() ? 1 : numbers.last() + 1, random.nextLong());
            active = create(activeFormat);
            tail = SegmentFormat.FILE_HEADER_BYTES;
        } else {
            activeFormat = newest.format();
            tail = recoverTail(newest);
            recent.used(newest);
            active = files.open(SegmentFormat.fileName(last));
        }
    }

    /**
     * Opens a log, creating it when the directory is empty or missing, and recovers it after a crash.
     *
     * @param directory holds nothing but this log; locked while the log is open
     * @param segmentBytes size at which a new segment begins, 1024..{@link #MAX_SEGMENT_BYTES}
     * @return the log
     * @throws HypermeshException with code LOCKED when another writer has it, CONFIGURATION for another format version,
     *     STORAGE_FAILED when the disk refuses
     */
    public static SegmentLog open(Path directory, int segmentBytes) {
        try {
            return open(DirectorySegmentFiles.open(directory), segmentBytes);
        } catch (IOException e) {
            throw cannotOpen(directory, e);
        }
    }

    /**
     * Opens a log in files of the caller's making.
     *
     * @param files where it lives; closed with the log, or when opening fails
     * @param segmentBytes size at which a new segment begins, 1024..{@link #MAX_SEGMENT_BYTES}
     * @return the log
     * @throws HypermeshException as the other method
     */
    public static SegmentLog open(SegmentFiles files, int segmentBytes) {
        boolean opened = false;
        try {
            SegmentLog log = new SegmentLog(files, segmentBytes);
            opened = true;
            return log;
        } catch (IOException e) {
            throw cannotOpen(files, e);
        } finally {
            if (!opened) {
                try {
                    files.close();
                } catch (IOException e) {
                    LOG.log(Level.WARNING, "cannot close " + files, e);
                }
            }
        }
    }

    private static HypermeshException cannotOpen(Object where, IOException e) {
        return new HypermeshException(
                Code.STORAGE_FAILED,
                Retry.NEVER,
                "cannot open the segment log in " + where + ": " + e + ". Check permissions and free space",
                e);
    }

    private void openSegments(NavigableSet<Long> numbers) throws IOException {
        long expected = numbers.isEmpty() ? 1 : numbers.first();
        for (long number : List.copyOf(numbers)) {
            for (; expected < number; expected++) {
                lost(new Damage(SegmentFormat.fileName(expected), 0, 0));
            }
            expected = number + 1;
            String name = SegmentFormat.fileName(number);
            byte[] header = new byte[SegmentFormat.FILE_HEADER_BYTES];
            long length;
            int read;
            try (SegmentFile file = files.open(name)) {
                length = file.length();
                read = file.read(0, header, 0, header.length);
            }
            Optional<SegmentFormat> format = SegmentFormat.of(number, header);
            boolean newest = number == numbers.last();
            if (newest
                    && (length < SegmentFormat.FILE_HEADER_BYTES
                            || (length == SegmentFormat.FILE_HEADER_BYTES && format.isEmpty()))) {
                // The crash came while it was created; a segment takes records only after its header is durable.
                files.delete(name);
                files.sync();
                numbers.remove(number);
            } else if (format.isPresent()) {
                segments.put(number, new Segment(files, format.get()));
            } else {
                SegmentFormat.versionIn(header)
                        .filter(v -> v != SegmentFormat.VERSION)
                        .ifPresent(v -> {
                            throw new HypermeshException(
                                    Code.CONFIGURATION,
                                    Retry.NEVER,
                                    "file " + name + " in " + files + " has format version " + v
                                            + ", this software reads " + SegmentFormat.VERSION
                                            + ". Use the software that wrote it, or migrate");
                        });
                lost(new Damage(name, 0, Math.max(length, read)));
            }
        }
    }

    private void lost(Damage damage) {
        lostSegments.add(damage);
        LOG.log(Level.WARNING, "segment log {0}: segment {1} is missing or unreadable", files, damage.file());
    }

    /** Cuts off what a crash left behind the durable part, and returns where the next record goes. */
    private long recoverTail(Segment newest) throws IOException {
        SegmentScan scan = newest.scan(true);
        for (Hole hole : scan.holes()) {
            if (hole.from() >= scan.durable()) {
                LOG.log(
                        Level.INFO,
                        "segment log {0}: cut {1} bytes that were never acknowledged off {2}",
                        files,
                        scan.length() - hole.from(),
                        SegmentFormat.fileName(newest.format().segment()));
                newest.truncate(hole.from());
                return hole.from();
            }
        }
        return scan.length();
    }

    private SegmentFile create(SegmentFormat format) throws IOException {
        if (format.segment() >= MAX_SEGMENTS) {
            throw new IOException("segment number " + format.segment() + " exceeds the limit " + MAX_SEGMENTS);
        }
        SegmentFile file = files.create(SegmentFormat.fileName(format.segment()));
        file.write(0, format.fileHeader());
        file.sync();
        files.sync();
        segments.put(format.segment(), new Segment(files, format));
        return file;
    }

    /**
     * Appends a record.
     *
     * @param type 1..255
     * @param id the record's id, for {@link Visitor}
     * @param payload at most {@link #MAX_PAYLOAD_BYTES} bytes
     * @return its position: a positive number, stable while the log exists
     * @throws HypermeshException with code LIMIT_EXCEEDED, STORAGE_FAILED when the disk is full or failed now or before,
     *     CLOSED
     */
    public long append(int type, Digest id, byte[] payload) {
        if (type < 1 || type > 255) {
            throw new IllegalArgumentException("type must be in 1..255, was " + type);
        }
        if (payload.length > MAX_PAYLOAD_BYTES) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED,
                    Retry.NEVER,
                    "record of " + payload.length + " bytes, limit " + MAX_PAYLOAD_BYTES);
        }
        writeLock.lock();
        try {
            requireWritable();
            if (tail > SegmentFormat.FILE_HEADER_BYTES
                    && tail + SegmentFormat.RECORD_HEADER_BYTES + payload.length > segmentBytes) {
                roll();
            }
            long position = activeFormat.segment() << OFFSET_BITS | tail;
            write(type, id, payload);
            appended++;
            return position;
        } catch (IOException e) {
            throw fail("append to", e);
        } finally {
            writeLock.unlock();
        }
    }

    private void write(int type, Digest id, byte[] payload) throws IOException {
        byte[] record = activeFormat.record(tail, type, id, payload);
        active.write(tail, record);
        tail += record.length;
    }

    private void roll() throws IOException {
        active.sync();
        durable = appended;
        retired.add(active);
        activeFormat = new SegmentFormat(activeFormat.segment() + 1, random.nextLong());
        active = create(activeFormat);
        tail = SegmentFormat.FILE_HEADER_BYTES;
        // A flush may be running on the old file: it is closed by whoever holds the lock next.
        if (syncLock.tryLock()) {
            try {
                closeRetired();
            } finally {
                syncLock.unlock();
            }
        }
    }

    /** Called with both locks held. */
    private void closeRetired() throws IOException {
        for (SegmentFile file : retired) {
            file.close();
        }
        retired.clear();
    }

    /**
     * Makes everything appended before this call durable; returns at once when it is. One flush serves all callers that
     * wait for it.
     *
     * @throws HypermeshException with code STORAGE_FAILED when the disk failed now or before; it is not tried again
     */
    public void sync() {
        long target;
        writeLock.lock();
        try {
            target = appended;
            if (durable >= target) {
                return;
            }
        } finally {
            writeLock.unlock();
        }
        syncLock.lock();
        try {
            flush(target);
        } finally {
            syncLock.unlock();
        }
    }

    private void flush(long target) {
        SegmentFile file;
        SegmentFormat format;
        long covered;
        long offset;
        writeLock.lock();
        try {
            if (durable >= target) {
                return;
            }
            requireWritable();
            file = active;
            format = activeFormat;
            covered = appended;
            offset = tail;
        } finally {
            writeLock.unlock();
        }
        try {
            file.sync();
        } catch (IOException e) {
            writeLock.lock();
            try {
                throw fail("flush", e);
            } finally {
                writeLock.unlock();
            }
        }
        writeLock.lock();
        try {
            durable = Math.max(durable, covered);
            closeRetired();
            if (format.equals(activeFormat) && failure == null) {
                // Not flushed itself: it reaches the disk with the next flush, or by the system's own writing back.
                write(
                        SegmentFormat.TYPE_SYNCED,
                        Digest.ZERO,
                        ByteBuffer.allocate(SegmentFormat.SYNCED_PAYLOAD_BYTES)
                                .putLong(offset)
                                .array());
            }
        } catch (IOException e) {
            // The caller's records are durable; only the log cannot go on.
            LOG.log(Level.ERROR, fail("append to", e).getMessage());
        } finally {
            writeLock.unlock();
        }
    }

    /** Called with the write lock held. */
    private void requireWritable() {
        HypermeshException f = failure;
        if (f != null) {
            throw new HypermeshException(f.code(), f.retry(), String.valueOf(f.getMessage()), f);
        }
        if (closed) {
            throw new HypermeshException(Code.CLOSED, Retry.NEVER, "the segment log in " + files + " was closed");
        }
    }

    /** Stops all writing; called with the write lock held. */
    private HypermeshException fail(String what, IOException e) {
        HypermeshException f = new HypermeshException(
                Code.STORAGE_FAILED,
                Retry.NEVER,
                "cannot " + what + " the segment log in " + files + ": " + e
                        + ". It takes no more writes; free space or replace the disk, then restart",
                e);
        if (failure == null) {
            failure = f;
        }
        return f;
    }

    /**
     * Reads a record.
     *
     * @param position from {@link #append} or {@link Visitor}
     * @return the record
     * @throws HypermeshException with code CORRUPTED, naming file and offset, when it is damaged, STORAGE_FAILED when it
     *     cannot be read, CLOSED
     */
    public Entry read(long position) {
        Segment segment = segment(position);
        long offset = offset(position);
        try {
            RecordHeader header = header(segment, offset);
            byte[] payload = new byte[header.length()];
            int n = segment.read(offset + SegmentFormat.RECORD_HEADER_BYTES, payload, payload.length);
            if (n < payload.length || !SegmentScan.payloadHolds(payload, header)) {
                throw corrupted(segment, offset);
            }
            recent.used(segment);
            return new Entry(header.type(), header.id(), payload);
        } catch (IOException e) {
            throw cannotRead(segment, e);
        }
    }

    /**
     * Reads how a record's payload begins. A checksum covers the whole payload, so that of a part nothing is checked here:
     * the caller compares it with something, such as the id.
     *
     * @param position from {@link #append} or {@link Visitor}
     * @param maxBytes most bytes of the payload, at least 0
     * @return the record with the first bytes of its payload
     * @throws HypermeshException as {@link #read}
     */
    public Entry readBeginning(long position, int maxBytes) {
        Segment segment = segment(position);
        long offset = offset(position);
        try {
            RecordHeader header = header(segment, offset);
            byte[] beginning = new byte[Math.min(header.length(), maxBytes)];
            int n = segment.read(offset + SegmentFormat.RECORD_HEADER_BYTES, beginning, beginning.length);
            if (n < beginning.length) {
                throw corrupted(segment, offset);
            }
            recent.used(segment);
            return new Entry(header.type(), header.id(), beginning);
        } catch (IOException e) {
            throw cannotRead(segment, e);
        }
    }

    /**
     * Reads a record's id only.
     *
     * @param position from {@link #append} or {@link Visitor}
     * @return the id
     * @throws HypermeshException as {@link #read}
     */
    public Digest readId(long position) {
        return readHeader(position).id();
    }

    /**
     * Reads the length of a record's payload only.
     *
     * @param position from {@link #append} or {@link Visitor}
     * @return the length in bytes
     * @throws HypermeshException as {@link #read}
     */
    public int readLength(long position) {
        return readHeader(position).length();
    }

    private RecordHeader readHeader(long position) {
        Segment segment = segment(position);
        try {
            RecordHeader header = header(segment, offset(position));
            recent.used(segment);
            return header;
        } catch (IOException e) {
            throw cannotRead(segment, e);
        }
    }

    private RecordHeader header(Segment segment, long offset) throws IOException {
        byte[] bytes = new byte[SegmentFormat.RECORD_HEADER_BYTES];
        int n = segment.read(offset, bytes, bytes.length);
        return Optional.of(bytes)
                .filter(b -> n == b.length)
                .flatMap(b -> segment.format().header(offset, b, 0))
                .orElseThrow(() -> corrupted(segment, offset));
    }

    /** Whether a record lies in the segment that every log begins with. */
    static boolean isInFirstSegment(long position) {
        return position >>> OFFSET_BITS == 1;
    }

    private static long offset(long position) {
        return position & (1L << OFFSET_BITS) - 1;
    }

    private Segment segment(long position) {
        writeLock.lock();
        try {
            if (closed) {
                throw new HypermeshException(Code.CLOSED, Retry.NEVER, "the segment log in " + files + " was closed");
            }
        } finally {
            writeLock.unlock();
        }
        Segment segment = segments.get(position >>> OFFSET_BITS);
        if (segment == null) {
            throw new IllegalArgumentException("position " + position + " is in no segment");
        }
        return segment;
    }

    private HypermeshException corrupted(Segment segment, long offset) {
        return new HypermeshException(
                Code.CORRUPTED,
                Retry.NEVER,
                "the record at offset " + offset + " of "
                        + SegmentFormat.fileName(segment.format().segment()) + " in " + files
                        + " is damaged; other records are not affected. Check the disk, and restore it from a replica");
    }

    private HypermeshException cannotRead(Segment segment, IOException e) {
        return new HypermeshException(
                Code.STORAGE_FAILED,
                Retry.SAME_CALL,
                "cannot read " + SegmentFormat.fileName(segment.format().segment()) + " in " + files + ": " + e
                        + ". Check the disk",
                e);
    }

    /**
     * Deletes segments that end before a record; the records behind stay. Their files are gone when it returns, unless the disk
     * fails.
     *
     * @param position from {@link #append} or {@link Visitor}
     * @throws HypermeshException with code STORAGE_FAILED when the disk fails
     */
    public void deleteBefore(long position) {
        long first = position >>> OFFSET_BITS;
        for (Segment segment : List.copyOf(segments.values())) {
            long number = segment.format().segment();
            if (number >= first) {
                break;
            }
            try {
                segments.remove(number);
                recent.forget(segment);
                files.delete(SegmentFormat.fileName(number));
                files.sync();
            } catch (IOException e) {
                throw new HypermeshException(
                        Code.STORAGE_FAILED,
                        Retry.NEVER,
                        "cannot delete " + SegmentFormat.fileName(number) + " in " + files + ": " + e
                                + ". Check permissions; the segment is deleted when the log opens again",
                        e);
            }
        }
    }

    /**
     * Visits all records in order, stepping over damage. Reads headers only; call it before appending.
     *
     * @param visitor receives them
     * @return the damage found, in order
     * @throws HypermeshException with code STORAGE_FAILED when the disk fails
     */
    public List<Damage> replay(Visitor visitor) {
        List<Damage> damages = new ArrayList<>(lostSegments);
        for (Segment segment : segments.values()) {
            String name = SegmentFormat.fileName(segment.format().segment());
            try {
                SegmentScan scan = segment.scan(false);
                recent.used(segment);
                for (Found f : scan.records()) {
                    RecordHeader h = f.header();
                    visitor.record(
                            segment.format().segment() << OFFSET_BITS | f.offset(), h.type(), h.id(), h.length());
                }
                for (Hole hole : scan.holes()) {
                    damages.add(new Damage(name, hole.from(), hole.to()));
                    LOG.log(
                            Level.WARNING,
                            "segment log {0}: bytes {1}..{2} of {3} are damaged",
                            files,
                            hole.from(),
                            hole.to(),
                            name);
                }
            } catch (IOException e) {
                throw cannotRead(segment, e);
            }
        }
        return List.copyOf(damages);
    }

    /** Syncs, unless writing has failed before, and releases the files; idempotent. */
    @Override
    public void close() {
        HypermeshException refused = null;
        try {
            writeLock.lock();
            try {
                if (closed) {
                    return;
                }
            } finally {
                writeLock.unlock();
            }
            sync();
        } catch (HypermeshException e) {
            refused = e;
        }
        syncLock.lock();
        writeLock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            closeRetired();
            active.close();
            recent.parkAll();
            files.close();
        } catch (IOException e) {
            refused = refused == null ? fail("close", e) : refused;
        } finally {
            writeLock.unlock();
            syncLock.unlock();
        }
        if (refused != null) {
            throw refused;
        }
    }
}
