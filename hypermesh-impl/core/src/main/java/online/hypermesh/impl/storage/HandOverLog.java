package online.hypermesh.impl.storage;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/**
 * How epochs ended, in a {@link SegmentLog}, for light clients and joiners: a node that begins with a snapshot has no blocks from
 * which to tell it. A record's id is the epoch in 8 bytes and 24 zero bytes. Thread-safe.
 */
public final class HandOverLog implements AutoCloseable {
    private static final int TYPE_HAND_OVER = 1;

    private final SegmentLog log;
    private final Map<Long, Long> positions = new ConcurrentHashMap<>();

    private HandOverLog(SegmentLog log) {
        this.log = log;
        log.replay((position, type, id, payloadBytes) -> {
            if (type != TYPE_HAND_OVER) {
                throw new HypermeshException(
                        Code.CORRUPTED,
                        Retry.NEVER,
                        "record of type " + type + " in a log of ends of epochs; is it a log of blocks or packs?");
            }
            positions.put(ByteBuffer.wrap(id.toBytes()).getLong(), position);
        });
    }

    /**
     * Opens a log, creating it when it does not exist.
     *
     * @param directory holds nothing but this log
     * @return the log
     * @throws HypermeshException LOCKED when it is in use, CORRUPTED when it is another log, STORAGE_FAILED when the disk refuses
     */
    public static HandOverLog open(Path directory) {
        SegmentLog log = SegmentLog.open(directory, SegmentLog.MAX_SEGMENT_BYTES);
        boolean opened = false;
        try {
            HandOverLog handOvers = new HandOverLog(log);
            opened = true;
            return handOvers;
        } finally {
            if (!opened) {
                log.close();
            }
        }
    }

    /**
     * Adds the end of an epoch, durably; does nothing when that of this epoch is here.
     *
     * @param handOver verified
     */
    public synchronized void add(HandOver handOver) {
        if (positions.containsKey(handOver.epoch())) {
            return;
        }
        byte[] id = ByteBuffer.allocate(Digest.LENGTH).putLong(handOver.epoch()).array();
        positions.put(handOver.epoch(), log.append(TYPE_HAND_OVER, Digest.of(id), handOver.encode()));
        log.sync();
    }

    /**
     * Whether the end of an epoch is here.
     *
     * @param epoch the epoch
     * @return true if so
     */
    public boolean has(long epoch) {
        return positions.containsKey(epoch);
    }

    /**
     * How an epoch ended.
     *
     * @param epoch the epoch
     * @return the hand-over, if it is here
     * @throws HypermeshException CORRUPTED when it is damaged
     */
    public Optional<HandOver> find(long epoch) {
        Long position = positions.get(epoch);
        if (position == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(HandOver.decode(log.read(position).payload()));
        } catch (CborException | IllegalArgumentException e) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "the hand-over of epoch " + epoch + " is damaged: " + e.getMessage() + "; ask another node for it",
                    e);
        }
    }

    @Override
    public void close() {
        log.close();
    }
}
