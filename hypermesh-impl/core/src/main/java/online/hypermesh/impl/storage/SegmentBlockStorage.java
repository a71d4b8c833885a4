package online.hypermesh.impl.storage;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Finalized blocks in a {@link SegmentLog}, found through a table of positions by height that is rebuilt when the store
 * opens. A record's id is the height in 8 bytes and the first 24 bytes of the block's id. Thread-safe.
 */
public final class SegmentBlockStorage implements BlockStorage {
    private static final int TYPE_BLOCK = 1;

    private final SegmentLog log;
    private final int maxTransactionBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private long[] positions = new long[1024];
    private int height;

    private SegmentBlockStorage(SegmentLog log, int maxTransactionBytes) {
        this.log = log;
        this.maxTransactionBytes = maxTransactionBytes;
        log.replay((position, type, id, payloadBytes) -> {
            long recordHeight = ByteBuffer.wrap(id.toBytes()).getLong();
            if (type != TYPE_BLOCK || recordHeight < 1 || recordHeight > Integer.MAX_VALUE - 8) {
                throw new HypermeshException(
                        Code.CORRUPTED,
                        Retry.NEVER,
                        "record of type " + type + " and height " + recordHeight
                                + " in a log of blocks; is it a log of packs?");
            }
            place((int) recordHeight, position);
        });
    }

    /**
     * Opens a store, creating it when it does not exist.
     *
     * @param directory holds nothing but this store
     * @param maxTransactionBytes the network's limit of one transaction
     * @return the store
     * @throws HypermeshException with code LOCKED when it is in use, STORAGE_FAILED when the disk refuses
     */
    public static SegmentBlockStorage open(Path directory, int maxTransactionBytes) {
        return open(SegmentLog.open(directory, SegmentLog.MAX_SEGMENT_BYTES), maxTransactionBytes);
    }

    /**
     * Opens a store in a log.
     *
     * @param log holds blocks only; closed with the store, or when opening fails
     * @param maxTransactionBytes the network's limit of one transaction
     * @return the store
     */
    public static SegmentBlockStorage open(SegmentLog log, int maxTransactionBytes) {
        SegmentBlockStorage opened = null;
        try {
            opened = new SegmentBlockStorage(log, maxTransactionBytes);
            return opened;
        } finally {
            if (opened == null) {
                log.close();
            }
        }
    }

    private void place(int at, long position) {
        if (at >= positions.length) {
            positions = Arrays.copyOf(positions, Math.max(at + 1, positions.length + positions.length / 2));
        }
        positions[at] = position;
        height = Math.max(height, at);
    }

    private static Digest recordId(long height, Digest blockId) {
        return Digest.of(ByteBuffer.allocate(Digest.LENGTH)
                .putLong(height)
                .put(blockId.toBytes(), 0, Digest.LENGTH - Long.BYTES)
                .array());
    }

    @Override
    public void append(FinalizedBlock block) {
        long at = block.block().header().height();
        Digest id = recordId(at, block.block().id());
        byte[] payload = block.encode();
        lock.lock();
        try {
            if (at != height + 1L) {
                throw new HypermeshException(
                        Code.CONFLICT,
                        Retry.NEVER,
                        "block of height " + at + " cannot follow height " + height + "; append height "
                                + (height + 1L));
            }
            place((int) at, log.append(TYPE_BLOCK, id, payload));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void sync() {
        log.sync();
    }

    @Override
    public long height() {
        lock.lock();
        try {
            return height;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<FinalizedBlock> read(long at) {
        Optional<SegmentLog.Entry> stored = entry(at);
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        SegmentLog.Entry entry = stored.get();
        FinalizedBlock block;
        try {
            block = FinalizedBlock.decode(entry.payload(), maxTransactionBytes);
        } catch (CborException | IllegalArgumentException e) {
            throw corrupted(at, String.valueOf(e.getMessage()));
        }
        if (!entry.id().equals(recordId(at, block.block().id()))
                || block.block().header().height() != at) {
            throw corrupted(at, "its record holds another block");
        }
        return Optional.of(block);
    }

    @Override
    public Optional<byte[]> readEncoded(long at) {
        Optional<SegmentLog.Entry> stored = entry(at);
        if (stored.isPresent() && ByteBuffer.wrap(stored.get().id().toBytes()).getLong() != at) {
            throw corrupted(at, "its record holds another block");
        }
        return stored.map(SegmentLog.Entry::payload);
    }

    /** Reads {@value FinalizedBlock#HEADER_WITHIN_BYTES} bytes and verifies them by the block's id, the hash of the header. */
    @Override
    public Optional<BlockHeader> readHeader(long at) {
        Optional<SegmentLog.Entry> stored =
                entry(at, position -> log.readBeginning(position, FinalizedBlock.HEADER_WITHIN_BYTES));
        if (stored.isEmpty()) {
            return Optional.empty();
        }
        BlockHeader header;
        try {
            header = FinalizedBlock.decodeHeader(stored.get().payload());
        } catch (CborException | IllegalArgumentException e) {
            throw corrupted(at, String.valueOf(e.getMessage()));
        }
        if (header.height() != at || !stored.get().id().equals(recordId(at, header.id()))) {
            throw corrupted(at, "its record holds another header");
        }
        return Optional.of(header);
    }

    /** The record of a height, its checksum verified. */
    private Optional<SegmentLog.Entry> entry(long at) {
        return entry(at, log::read);
    }

    private Optional<SegmentLog.Entry> entry(long at, LongFunction<SegmentLog.Entry> read) {
        if (at < 1) {
            throw new IllegalArgumentException("height must be >= 1, was " + at);
        }
        long position;
        lock.lock();
        try {
            if (at > height) {
                return Optional.empty();
            }
            position = positions[(int) at];
        } finally {
            lock.unlock();
        }
        if (position == 0) {
            throw corrupted(at, "its record is missing");
        }
        try {
            return Optional.of(read.apply(position));
        } catch (HypermeshException e) {
            throw e.code() == Code.CORRUPTED ? corrupted(at, String.valueOf(e.getMessage())) : e;
        }
    }

    private static HypermeshException corrupted(long height, String why) {
        return new HypermeshException(
                Code.CORRUPTED,
                Retry.NEVER,
                "block " + height + " is damaged: " + why
                        + ". Delete the block storage to fetch the chain again from the other validators");
    }

    @Override
    public void close() {
        log.close();
    }
}
