package online.hypermesh.impl.store.s3;

import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.store.s3.BlockChain.Segment;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * Finalized blocks in an S3 bucket: each {@link #sync()} writes one object with the blocks appended since, and many small
 * objects are merged into one of up to 16 MiB. Keys tell heights, so opening reads nothing but a listing. One writer at a
 * time, by a lease; what a writer acknowledged is seen by every later one. The first write that fails stops the store.
 * Thread-safe.
 */
public final class S3BlockStorage implements BlockStorage {
    private static final int OBJECT_BYTES = 16 << 20;
    private static final int MANY_SMALL = 64;
    private static final int KEPT_HEADERS = 256;

    private final ObjectStore objects;
    private final String prefix;
    private final WriterLease lease;
    private final int maxTransactionBytes;
    /** Held while objects are written; {@link #lock} is taken inside it, never the other way round. */
    private final ReentrantLock writing = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final TreeMap<Long, Segment> segments = new TreeMap<>();
    private final Map<String, long[]> headers = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, long[]> eldest) {
            return size() > KEPT_HEADERS;
        }
    };
    private final TreeMap<Long, byte[]> waiting = new TreeMap<>();
    private long waitingBytes;
    private long height;
    private @Nullable HypermeshException failure;
    private boolean closed;

    private S3BlockStorage(ObjectStore objects, String prefix, WriterLease lease, int maxTransactionBytes) {
        this.objects = objects;
        this.prefix = prefix + "blocks/";
        this.lease = lease;
        this.maxTransactionBytes = maxTransactionBytes;
    }

    /**
     * Opens a store; an empty place is an empty store.
     *
     * @param location where
     * @param maxTransactionBytes the network's limit of one transaction
     * @return the store
     * @throws HypermeshException LOCKED while another process has it open, or for a minute after one died; CORRUPTED when
     *     blocks are missing; STORAGE_FAILED when the bucket refuses
     */
    public static S3BlockStorage open(S3Location location, int maxTransactionBytes) {
        return open(S3ObjectStore.open(location), location.prefix(), Clock.systemUTC(), maxTransactionBytes);
    }

    /** Opens a store; the objects are closed with it, or when opening fails. */
    static S3BlockStorage open(ObjectStore objects, String prefix, Clock clock, int maxTransactionBytes) {
        return WriterLease.holding(objects, prefix, clock, lease -> {
            S3BlockStorage storage = new S3BlockStorage(objects, prefix, lease, maxTransactionBytes);
            storage.load();
            return storage;
        });
    }

    private void load() {
        BlockChain chain = BlockChain.of(objects.list(prefix), prefix);
        for (Segment segment : chain.chosen()) {
            segments.put(segment.first(), segment);
            height = segment.last();
        }
        if (!chain.rest().isEmpty()) {
            lease.confirm();
            objects.delete(chain.rest());
        }
    }

    private void requireRunning() {
        if (closed) {
            throw Failures.closed("the store of blocks below " + prefix);
        }
        HypermeshException first = failure;
        if (first != null) {
            throw new HypermeshException(first.code(), first.retry(), String.valueOf(first.getMessage()), first);
        }
    }

    @Override
    public void append(FinalizedBlock block) {
        long at = block.block().header().height();
        byte[] encoded = block.encode();
        boolean full;
        lock.lock();
        try {
            requireRunning();
            if (at != height + 1) {
                throw new HypermeshException(
                        Code.CONFLICT,
                        Retry.NEVER,
                        "block of height " + at + " cannot follow height " + height + "; append height "
                                + (height + 1));
            }
            waiting.put(at, encoded);
            waitingBytes += encoded.length;
            height = at;
            full = waitingBytes >= OBJECT_BYTES || waiting.size() >= BlockObject.MAX_BLOCKS;
        } finally {
            lock.unlock();
        }
        if (full) {
            sync();
        }
    }

    @Override
    public void sync() {
        writing.lock();
        try {
            List<byte[]> blocks;
            long first;
            lock.lock();
            try {
                requireRunning();
                if (waiting.isEmpty()) {
                    return;
                }
                first = waiting.firstKey();
                blocks = List.copyOf(waiting.values());
            } finally {
                lock.unlock();
            }
            try {
                for (int from = 0; from < blocks.size(); from += BlockObject.MAX_BLOCKS) {
                    int to = Math.min(blocks.size(), from + BlockObject.MAX_BLOCKS);
                    written(write(first + from, blocks.subList(from, to)));
                }
                mergeIfMany();
            } catch (HypermeshException e) {
                lock.lock();
                failure = e;
                lock.unlock();
                throw e;
            }
        } finally {
            writing.unlock();
        }
    }

    private Segment write(long first, List<byte[]> blocks) {
        long last = first + blocks.size() - 1;
        byte[] object = BlockObject.encode(first, blocks);
        String key = prefix + Keys.hex(first) + "-" + Keys.hex(last) + "-" + Keys.hex(lease.term());
        if (!objects.create(key, object)) {
            throw Failures.storage("there is another object at " + key + ". Open the store again", null);
        }
        lease.confirm();
        return new Segment(key, first, last, lease.term(), object.length);
    }

    private void written(Segment segment) {
        lock.lock();
        try {
            segments.put(segment.first(), segment);
            for (long h = segment.first(); h <= segment.last(); h++) {
                byte[] block = waiting.remove(h);
                waitingBytes -= block == null ? 0 : block.length;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Merges the small objects at the end of the chain; the old ones are deleted when that is durable. */
    private void mergeIfMany() {
        List<Segment> tail = new ArrayList<>();
        lock.lock();
        try {
            long sum = 0;
            int blocks = 0;
            for (Segment segment : segments.descendingMap().values()) {
                sum += segment.bytes();
                blocks += segment.count();
                if (sum > OBJECT_BYTES || blocks > BlockObject.MAX_BLOCKS) {
                    break;
                }
                tail.add(0, segment);
            }
        } finally {
            lock.unlock();
        }
        if (tail.size() < MANY_SMALL) {
            return;
        }
        List<byte[]> blocks = new ArrayList<>();
        for (Segment segment : tail) {
            for (long h = segment.first(); h <= segment.last(); h++) {
                blocks.add(stored(segment, h));
            }
        }
        Segment merged = write(tail.get(0).first(), blocks);
        lock.lock();
        try {
            tail.forEach(s -> segments.remove(s.first()));
            segments.put(merged.first(), merged);
        } finally {
            lock.unlock();
        }
        objects.delete(tail.stream().map(Segment::key).toList());
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
        Optional<byte[]> encoded = readEncoded(at);
        if (encoded.isEmpty()) {
            return Optional.empty();
        }
        FinalizedBlock block;
        try {
            block = FinalizedBlock.decode(encoded.get(), maxTransactionBytes);
        } catch (CborException | IllegalArgumentException e) {
            throw damaged(at, String.valueOf(e.getMessage()));
        }
        if (block.block().header().height() != at) {
            throw damaged(at, "its record holds another block");
        }
        return Optional.of(block);
    }

    @Override
    public Optional<byte[]> readEncoded(long at) {
        if (at < 1) {
            throw new IllegalArgumentException("height must be >= 1, was " + at);
        }
        Segment tried = null;
        while (true) {
            Segment segment;
            lock.lock();
            try {
                if (closed) {
                    throw Failures.closed("the store of blocks below " + prefix);
                }
                byte[] block = waiting.get(at);
                if (block != null) {
                    return Optional.of(block.clone());
                }
                if (at > height) {
                    return Optional.empty();
                }
                segment = segments.floorEntry(at).getValue();
            } finally {
                lock.unlock();
            }
            try {
                return Optional.of(stored(segment, at));
            } catch (HypermeshException e) {
                if (e.code() != Code.CORRUPTED || segment.equals(tried)) {
                    throw e;
                }
                tried = segment; // merged into another object meanwhile, or damaged indeed
            }
        }
    }

    private byte[] stored(Segment segment, long at) {
        long[] offsets = offsets(segment, at);
        int i = (int) (at - segment.first());
        byte[] record = objects.read(segment.key(), offsets[i], (int) (offsets[i + 1] - offsets[i]))
                .orElseThrow(() -> damaged(at, segment.key() + " is missing"));
        byte[] block = BlockObject.open(record);
        if (block == null) {
            throw damaged(at, "its record in " + segment.key() + " does not match its hash");
        }
        return block;
    }

    private long[] offsets(Segment segment, long at) {
        lock.lock();
        try {
            long[] known = headers.get(segment.key());
            if (known != null) {
                return known;
            }
        } finally {
            lock.unlock();
        }
        int count = segment.count();
        byte[] header = objects.read(segment.key(), 0, BlockObject.headerBytes(count))
                .orElseThrow(() -> damaged(at, segment.key() + " is missing"));
        long[] offsets = BlockObject.offsets(header, segment.first(), count);
        if (offsets.length == 0 || offsets[count] != segment.bytes()) {
            throw damaged(at, "the table of lengths in " + segment.key() + " is damaged");
        }
        lock.lock();
        try {
            headers.put(segment.key(), offsets);
        } finally {
            lock.unlock();
        }
        return offsets;
    }

    private static HypermeshException damaged(long height, String why) {
        return Failures.corrupted("block " + height + " is damaged: " + why
                + ". Delete the block storage to fetch the chain again from the other validators");
    }

    @Override
    public void close() {
        lock.lock();
        boolean flush;
        try {
            if (closed) {
                return;
            }
            flush = failure == null;
        } finally {
            lock.unlock();
        }
        try {
            if (flush) {
                sync();
            }
        } finally {
            lock.lock();
            closed = true;
            lock.unlock();
            try {
                lease.close();
            } finally {
                objects.close();
            }
        }
    }
}
