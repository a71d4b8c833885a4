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
import online.hypermesh.api.storage.PrunableBlockStorage;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Finalized blocks in a {@link SegmentLog}, found through a table of positions by height that is rebuilt when the store
 * opens. A record's id is the height in 8 bytes and the first 24 bytes of the block's id. A record of another type, whose id is a
 * height and 24 zero bytes, says that blocks up to that height are forgotten. Thread-safe.
 */
public final class SegmentBlockStorage implements PrunableBlockStorage {
    private static final int TYPE_BLOCK = 1;
    private static final int TYPE_FORGOTTEN = 17;

    private final SegmentLog log;
    private final int maxTransactionBytes;
    private final ReentrantLock lock = new ReentrantLock();
    /** Of heights from {@link #lowest} on; 0 where a record is missing. */
    private long[] positions = new long[1024];

    private long lowest = 1;
    private long height;

    private SegmentBlockStorage(SegmentLog log, int maxTransactionBytes) {
        this.log = log;
        this.maxTransactionBytes = maxTransactionBytes;
        log.replay((position, type, id, payloadBytes) -> {
            long recordHeight = ByteBuffer.wrap(id.toBytes()).getLong();
            if (type == TYPE_FORGOTTEN && recordHeight >= 1) {
                forget(recordHeight);
            } else if (type == TYPE_BLOCK && recordHeight >= 1) {
                if (height == 0 && !SegmentLog.isInFirstSegment(position)) {
                    forget(recordHeight - 1); // the segments before were deleted
                }
                place(recordHeight, position);
            } else {
                throw new HypermeshException(
                        Code.CORRUPTED,
                        Retry.NEVER,
                        "record of type " + type + " and height " + recordHeight
                                + " in a log of blocks; is it a log of packs?");
            }
        });
        deleteForgotten();
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

    private void place(long at, long position) {
        if (at < lowest) {
            return; // before the record that says so, in the order of the log
        }
        int i = index(at);
        if (i >= positions.length) {
            positions = Arrays.copyOf(positions, Math.max(i + 1, positions.length + positions.length / 2));
        }
        positions[i] = position;
        height = Math.max(height, at);
    }

    private int index(long at) {
        if (at - lowest > Integer.MAX_VALUE - 8) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "block " + at + " in a log whose oldest block has height " + lowest + ", more than fit");
        }
        return (int) (at - lowest);
    }

    private void forget(long upTo) {
        if (upTo < lowest) {
            return;
        }
        int held = (int) Math.max(0, height - upTo);
        long[] kept = new long[Math.max(1024, held)];
        if (held > 0) {
            System.arraycopy(positions, index(upTo + 1), kept, 0, held);
        }
        positions = kept;
        lowest = upTo + 1;
        height = Math.max(height, upTo);
    }

    /** Frees what lies before the oldest block, as far as whole segments go. */
    private void deleteForgotten() {
        if (lowest > 1 && height >= lowest && positions[0] > 0) {
            log.deleteBefore(positions[0]);
        }
    }

    private void rememberForgotten(long upTo) {
        byte[] id = ByteBuffer.allocate(Digest.LENGTH).putLong(upTo).array();
        long marker = log.append(TYPE_FORGOTTEN, Digest.of(id), new byte[0]);
        log.sync();
        forget(upTo);
        if (height < lowest) {
            log.deleteBefore(marker);
        }
        deleteForgotten();
    }

    @Override
    public void prune(long below) {
        lock.lock();
        try {
            if (below > height + 1) {
                throw new IllegalArgumentException(
                        "below must be at most " + (height + 1) + ", one above the newest block, was " + below);
            }
            if (below > lowest) {
                rememberForgotten(below - 1);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void goOnAfter(long after) {
        lock.lock();
        try {
            if (after < height) {
                throw new IllegalArgumentException("height must be at least " + height + ", was " + after);
            }
            if (after > 0) {
                rememberForgotten(after);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long lowest() {
        lock.lock();
        try {
            return lowest;
        } finally {
            lock.unlock();
        }
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
            place(at, log.append(TYPE_BLOCK, id, payload));
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
            if (at > height || at < lowest) {
                return Optional.empty();
            }
            position = positions[index(at)];
        } finally {
            lock.unlock();
        }
        if (position == 0) {
            throw corrupted(at, "its record is missing");
        }
        try {
            return Optional.of(read.apply(position));
        } catch (HypermeshException | IllegalArgumentException e) {
            if (at < lowest()) {
                return Optional.empty(); // forgotten meanwhile
            }
            throw e instanceof HypermeshException h && h.code() == Code.CORRUPTED
                    ? corrupted(at, String.valueOf(e.getMessage()))
                    : e;
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
