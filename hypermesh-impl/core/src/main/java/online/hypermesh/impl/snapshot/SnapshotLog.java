package online.hypermesh.impl.snapshot;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.storage.SegmentLog;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot in a {@link SegmentLog} of its own: one record that says what it is of, and the parts in any order, each under its
 * hash. It is complete when all parts are there, so one that is being written, or fetched, goes on where it stopped.
 * Thread-safe.
 */
final class SnapshotLog implements AutoCloseable {
    private static final int TYPE_SNAPSHOT = 1;
    private static final int TYPE_PART = 2;

    private final SegmentLog log;
    private final Snapshot snapshot;
    private final byte[] encoded;
    private final Map<Digest, Long> positions;

    private SnapshotLog(SegmentLog log, Snapshot snapshot, byte[] encoded, Map<Digest, Long> positions) {
        this.log = log;
        this.snapshot = snapshot;
        this.encoded = encoded.clone();
        this.positions = positions;
    }

    /** Begins to write one into a directory that does not exist. */
    static SnapshotLog create(Path directory, Snapshot snapshot) {
        SegmentLog log = SegmentLog.open(directory, SegmentLog.MAX_SEGMENT_BYTES);
        byte[] encoded = snapshot.encode();
        log.append(TYPE_SNAPSHOT, snapshot.base().id(), encoded);
        return new SnapshotLog(log, snapshot, encoded, new ConcurrentHashMap<>());
    }

    /** Opens one; empty when nothing says what it is of. */
    static Optional<SnapshotLog> open(Path directory) {
        SegmentLog log = SegmentLog.open(directory, SegmentLog.MAX_SEGMENT_BYTES);
        SnapshotLog opened = null;
        try {
            opened = read(log);
            return Optional.ofNullable(opened);
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.CORRUPTED, Retry.NEVER, "the snapshot in " + directory + " is damaged: " + e.getMessage(), e);
        } finally {
            if (opened == null) {
                log.close();
            }
        }
    }

    private static @Nullable SnapshotLog read(SegmentLog log) {
        Map<Digest, Long> positions = new ConcurrentHashMap<>();
        long[] first = new long[1];
        log.replay((position, type, id, payloadBytes) -> {
            if (type == TYPE_SNAPSHOT) {
                first[0] = position;
            } else if (type == TYPE_PART) {
                positions.put(id, position);
            }
        });
        if (first[0] == 0) {
            return null;
        }
        byte[] encoded = log.read(first[0]).payload();
        return new SnapshotLog(log, Snapshot.decode(encoded), encoded, positions);
    }

    Snapshot snapshot() {
        return snapshot;
    }

    /** As it is sent to peers. */
    byte[] encoded() {
        return encoded.clone();
    }

    boolean has(Digest part) {
        return positions.containsKey(part);
    }

    boolean isComplete() {
        return positions.keySet().containsAll(snapshot.skeleton().parts());
    }

    /** Not durable before {@link #sync}. */
    void add(Digest part, byte[] bytes) {
        positions.put(part, log.append(TYPE_PART, part, bytes));
    }

    void sync() {
        log.sync();
    }

    /** A part's bytes, if it is here; CORRUPTED when the disk damaged it. */
    Optional<byte[]> part(Digest part) {
        Long position = positions.get(part);
        return position == null
                ? Optional.empty()
                : Optional.of(log.read(position).payload());
    }

    @Override
    public void close() {
        log.close();
    }
}
