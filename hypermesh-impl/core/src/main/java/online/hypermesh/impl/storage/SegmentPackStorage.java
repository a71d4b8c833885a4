package online.hypermesh.impl.storage;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Packs in a {@link SegmentLog}, found through an index that is rebuilt when the store opens. A pack that turned out to be
 * damaged is no longer contained, though still counted, and can be put again. Thread-safe.
 */
public final class SegmentPackStorage implements PackStorage {
    private static final int TYPE_PACK = 2;

    private final SegmentLog log;
    private final ReentrantLock lock = new ReentrantLock();
    private final IdIndex index = new IdIndex(new SecureRandom());
    private final Set<Digest> damaged = new HashSet<>();
    private long count;
    private long bytes;

    private SegmentPackStorage(SegmentLog log) {
        this.log = log;
        log.replay((position, type, id, payloadBytes) -> {
            if (type != TYPE_PACK) {
                throw new HypermeshException(
                        Code.CORRUPTED,
                        Retry.NEVER,
                        "record of type " + type + " in a log of packs; is it a log of blocks?");
            }
            long old = find(id);
            if (old == 0) {
                index.add(id, position);
                count++;
                bytes += payloadBytes;
            } else {
                index.replace(id, old, position);
            }
        });
    }

    /**
     * Opens a store, creating it when it does not exist.
     *
     * @param directory holds nothing but this store
     * @return the store
     * @throws HypermeshException with code LOCKED when it is in use, STORAGE_FAILED when the disk refuses
     */
    public static SegmentPackStorage open(Path directory) {
        return open(SegmentLog.open(directory, SegmentLog.MAX_SEGMENT_BYTES));
    }

    /**
     * Opens a store in a log.
     *
     * @param log holds packs only; closed with the store, or when opening fails
     * @return the store
     */
    public static SegmentPackStorage open(SegmentLog log) {
        SegmentPackStorage opened = null;
        try {
            opened = new SegmentPackStorage(log);
            return opened;
        } finally {
            if (opened == null) {
                log.close();
            }
        }
    }

    private long find(Digest id) {
        return index.find(id, position -> {
            try {
                return log.readId(position).equals(id);
            } catch (HypermeshException e) {
                if (e.code() == Code.CORRUPTED) {
                    // The hash in the index agrees and nothing better can be known: reading it will tell.
                    return true;
                }
                throw e;
            }
        });
    }

    @Override
    public Digest put(byte[] pack) {
        if (pack.length < 1 || pack.length > MAX_PACK_BYTES) {
            throw new HypermeshException(
                    Code.LIMIT_EXCEEDED, Retry.NEVER, "a pack has 1.." + MAX_PACK_BYTES + " bytes, got " + pack.length);
        }
        Digest id = Digest.sha256(pack);
        lock.lock();
        try {
            long old = find(id);
            if (old != 0 && !damaged.contains(id)) {
                return id;
            }
            long position = log.append(TYPE_PACK, id, pack);
            if (old == 0) {
                index.add(id, position);
                count++;
                bytes += pack.length;
            } else {
                index.replace(id, old, position);
                damaged.remove(id);
            }
            return id;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void sync() {
        log.sync();
    }

    @Override
    public boolean contains(Digest id) {
        lock.lock();
        try {
            return !damaged.contains(id) && find(id) != 0;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public OptionalInt length(Digest id) {
        long position;
        lock.lock();
        try {
            position = damaged.contains(id) ? 0 : find(id);
        } finally {
            lock.unlock();
        }
        return position == 0 ? OptionalInt.empty() : OptionalInt.of(log.readLength(position));
    }

    @Override
    public Optional<byte[]> get(Digest id) {
        long position;
        lock.lock();
        try {
            position = find(id);
        } finally {
            lock.unlock();
        }
        if (position == 0) {
            return Optional.empty();
        }
        try {
            byte[] pack = log.read(position).payload();
            if (!Digest.sha256(pack).equals(id)) {
                throw new HypermeshException(
                        Code.CORRUPTED, Retry.NEVER, "pack " + id + " does not hash to its id. Fetch it from a peer");
            }
            return Optional.of(pack);
        } catch (HypermeshException e) {
            if (e.code() == Code.CORRUPTED) {
                remember(id, position);
            }
            throw e;
        }
    }

    private void remember(Digest id, long position) {
        lock.lock();
        try {
            if (find(id) == position) {
                damaged.add(id);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long count() {
        lock.lock();
        try {
            return count;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        log.close();
    }
}
