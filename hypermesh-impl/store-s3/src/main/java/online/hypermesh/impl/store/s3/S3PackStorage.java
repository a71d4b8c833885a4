package online.hypermesh.impl.store.s3;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * Packs in an S3 bucket, many to an object: full ones have 16 MiB, and small ones, which a {@link #sync()} after few packs
 * makes, are merged. One writer at a time, by a lease; what a writer acknowledged is seen by every later one. The list of
 * packs is in memory, some 150 bytes each. The first write that fails stops the store. Thread-safe.
 */
public final class S3PackStorage implements PackStorage {
    private static final int OBJECT_BYTES = 16 << 20;
    private static final int SMALL_BYTES = 8 << 20;
    private static final int MANY_SMALL = 64;
    private static final int UPLOADS = 4;
    private static final int READERS = 8;
    private static final long DEADLINE_MINUTES = 10;

    private final ObjectStore objects;
    private final String prefix;
    private final WriterLease lease;
    private final int objectBytes;
    private final ExecutorService uploading;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition uploaded = lock.newCondition();

    private final Map<Digest, Place> index = new HashMap<>();
    private final Map<Digest, byte[]> unwritten = new HashMap<>();
    private final Set<Digest> damaged = new HashSet<>();
    private final TreeSet<StoredObject> small = new TreeSet<>();
    private final TreeSet<Long> underWay = new TreeSet<>();
    private List<Digest> fillingIds = new ArrayList<>();
    private List<byte[]> fillingPacks = new ArrayList<>();
    private int fillingBytes;
    private long nextNumber = 1;
    private long confirmedNumber;
    private long bytes;
    private @Nullable RuntimeException failure;
    private boolean merging;
    private boolean closed;

    private record StoredObject(String key, long bytes) implements Comparable<StoredObject> {
        @Override
        public int compareTo(StoredObject other) {
            return key.compareTo(other.key);
        }
    }

    private record Place(StoredObject object, long offset, int length) {}

    private S3PackStorage(ObjectStore objects, String prefix, WriterLease lease, int objectBytes) {
        this.objects = objects;
        this.prefix = prefix + "packs/";
        this.lease = lease;
        this.objectBytes = objectBytes;
        this.uploading = threads("s3-upload", UPLOADS);
    }

    private static ExecutorService threads(String name, int count) {
        return Executors.newFixedThreadPool(count, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Opens a store; an empty place is an empty store.
     *
     * @param location where
     * @return the store
     * @throws HypermeshException LOCKED while another process has it open, or for a minute after one died; STORAGE_FAILED
     *     when the bucket refuses
     */
    public static S3PackStorage open(S3Location location) {
        return open(S3ObjectStore.open(location), location.prefix(), Clock.systemUTC(), OBJECT_BYTES);
    }

    /** Opens a store; the objects are closed with it, or when opening fails. */
    static S3PackStorage open(ObjectStore objects, String prefix, Clock clock, int objectBytes) {
        return WriterLease.holding(objects, prefix, clock, lease -> {
            S3PackStorage storage = new S3PackStorage(objects, prefix, lease, objectBytes);
            storage.load();
            return storage;
        });
    }

    private void load() {
        ExecutorService readers = threads("s3-open", READERS);
        try {
            List<Future<?>> reading = new ArrayList<>();
            for (ObjectStore.Listed object : objects.list(prefix)) {
                long[] name = Keys.numbers(object.key().substring(prefix.length()), 3);
                if (name.length == 0 || name[2] < 1 || name[2] > PackObject.MAX_PACKS) {
                    continue; // not one of ours
                }
                reading.add(readers.submit(() -> load(new StoredObject(object.key(), object.bytes()), (int) name[2])));
            }
            for (Future<?> one : reading) {
                one.get(DEADLINE_MINUTES, TimeUnit.MINUTES);
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HypermeshException coded) {
                throw new HypermeshException(coded.code(), coded.retry(), String.valueOf(coded.getMessage()), coded);
            }
            throw new IllegalStateException("reading the lists of packs failed", e);
        } catch (TimeoutException e) {
            throw Failures.storage("no list of packs came for " + DEADLINE_MINUTES + " minutes", e);
        } catch (InterruptedException e) {
            throw Failures.interrupted("the lists of packs", e);
        } finally {
            readers.shutdownNow();
        }
    }

    private void load(StoredObject object, int count) {
        byte[] header =
                objects.read(object.key(), 0, PackObject.headerBytes(count)).orElse(new byte[0]);
        List<PackObject.Entry> entries = PackObject.decode(header, count, object.bytes());
        if (entries.isEmpty()) {
            System.getLogger(S3PackStorage.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "the list of packs in {0} is damaged; its packs count as missing",
                            object.key());
            return;
        }
        lock.lock();
        try {
            entries.forEach(e -> place(e, object));
            if (object.bytes() < SMALL_BYTES) {
                small.add(object);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Of two places of a pack the one that was written later counts: objects are merged, and damaged packs put again. */
    private void place(PackObject.Entry entry, StoredObject object) {
        Place old = index.get(entry.id());
        if (old == null) {
            bytes += entry.length();
        }
        if (old == null || old.object().compareTo(object) < 0) {
            index.put(entry.id(), new Place(object, entry.offset(), entry.length()));
        }
    }

    private void requireRunning() {
        if (closed) {
            throw Failures.closed("the store of packs below " + prefix);
        }
        RuntimeException first = failure;
        if (first instanceof HypermeshException coded) {
            throw new HypermeshException(coded.code(), coded.retry(), String.valueOf(coded.getMessage()), coded);
        }
        if (first != null) {
            throw new IllegalStateException("an upload failed", first);
        }
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
            requireRunning();
            if (unwritten.containsKey(id) || index.containsKey(id) && !damaged.contains(id)) {
                return id;
            }
            byte[] own = pack.clone();
            unwritten.put(id, own);
            fillingIds.add(id);
            fillingPacks.add(own);
            fillingBytes += own.length;
            if (fillingBytes >= objectBytes || fillingIds.size() == PackObject.MAX_PACKS) {
                upload();
            }
            return id;
        } finally {
            lock.unlock();
        }
    }

    /** Starts writing an object of what was put; waits while enough are under way. */
    private void upload() {
        List<Digest> ids = fillingIds;
        List<byte[]> packs = fillingPacks;
        fillingIds = new ArrayList<>();
        fillingPacks = new ArrayList<>();
        fillingBytes = 0;
        long number = nextNumber++;
        underWay.add(number);
        awaitUntil(() -> underWay.headSet(number).size() < UPLOADS);
        uploading.execute(() -> {
            RuntimeException thrown = null;
            StoredObject object = null;
            try {
                object = write(number, ids, packs);
            } catch (RuntimeException e) {
                thrown = e;
            }
            lock.lock();
            try {
                if (object != null) {
                    took(object, ids, packs);
                } else if (failure == null) {
                    failure = thrown;
                }
                underWay.remove(number);
                uploaded.signalAll();
            } finally {
                lock.unlock();
            }
        });
    }

    private StoredObject write(long number, List<Digest> ids, List<byte[]> packs) {
        byte[] object = PackObject.encode(ids, packs);
        String key = prefix + Keys.hex(lease.term()) + "-" + Keys.hex(number) + "-" + Keys.hex(ids.size());
        if (!objects.create(key, object)) {
            throw Failures.storage("there is another object at " + key + ". Open the store again", null);
        }
        return new StoredObject(key, object.length);
    }

    private void took(StoredObject object, List<Digest> ids, List<byte[]> packs) {
        long offset = PackObject.headerBytes(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            Digest id = ids.get(i);
            int length = packs.get(i).length;
            Place old = index.put(id, new Place(object, offset, length));
            if (old == null) {
                bytes += length;
            }
            unwritten.remove(id);
            damaged.remove(id);
            offset += length;
        }
        if (object.bytes() < SMALL_BYTES) {
            small.add(object);
        }
    }

    @FunctionalInterface
    private interface Fact {
        boolean holds();
    }

    private void awaitUntil(Fact fact) {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(DEADLINE_MINUTES);
        try {
            while (!fact.holds()) {
                requireRunning();
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new HypermeshException(
                            Code.TIMEOUT,
                            Retry.WHOLE_OPERATION,
                            "nothing was written below " + prefix + " for " + DEADLINE_MINUTES + " minutes");
                }
                uploaded.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            throw Failures.interrupted("uploads below " + prefix, e);
        }
    }

    @Override
    public void sync() {
        long last;
        lock.lock();
        try {
            requireRunning();
            if (!fillingIds.isEmpty()) {
                upload();
            }
            last = nextNumber - 1;
            if (last <= confirmedNumber) {
                return;
            }
            awaitUntil(() -> underWay.isEmpty() || underWay.first() > last);
            requireRunning();
        } finally {
            lock.unlock();
        }
        try {
            lease.confirm();
        } catch (HypermeshException e) {
            stop(e);
            throw e;
        }
        List<StoredObject> together = List.of();
        lock.lock();
        try {
            confirmedNumber = Math.max(confirmedNumber, last);
            if (small.size() >= MANY_SMALL && !merging) {
                merging = true;
                together = smallest();
            }
        } finally {
            lock.unlock();
        }
        if (!together.isEmpty()) {
            try {
                merge(together);
            } finally {
                lock.lock();
                merging = false;
                lock.unlock();
            }
        }
    }

    private void stop(HypermeshException why) {
        lock.lock();
        try {
            failure = failure == null ? why : failure;
            uploaded.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private List<StoredObject> smallest() {
        List<StoredObject> chosen = new ArrayList<>();
        long sum = 0;
        for (StoredObject object : small.stream()
                .sorted(Comparator.comparingLong(StoredObject::bytes))
                .toList()) {
            sum += object.bytes();
            if (sum > 2L * OBJECT_BYTES) {
                break;
            }
            chosen.add(object);
        }
        return chosen;
    }

    /** Writes what small objects hold into one; they are deleted when that is durable and the lease still ours. */
    private void merge(List<StoredObject> together) {
        Set<StoredObject> old = Set.copyOf(together);
        Map<Digest, Place> places = new HashMap<>();
        long number;
        lock.lock();
        try {
            index.forEach((id, place) -> {
                if (old.contains(place.object()) && !damaged.contains(id)) {
                    places.put(id, place);
                }
            });
            number = nextNumber++;
        } finally {
            lock.unlock();
        }
        List<Digest> ids = places.keySet().stream().sorted().toList();
        List<byte[]> packs = new ArrayList<>();
        for (Digest id : ids) {
            Place place = places.get(id);
            Optional<byte[]> pack = place == null
                    ? Optional.empty()
                    : objects.read(place.object().key(), place.offset(), place.length());
            if (pack.isEmpty() || !Digest.sha256(pack.get()).equals(id)) {
                markDamaged(id); // found while merging: the object stays as it is
                lock.lock();
                small.removeAll(old);
                lock.unlock();
                return;
            }
            packs.add(pack.get());
        }
        StoredObject merged = ids.isEmpty() ? null : write(number, ids, packs);
        lease.confirm();
        lock.lock();
        try {
            if (merged != null) {
                long offset = PackObject.headerBytes(ids.size());
                for (int i = 0; i < ids.size(); i++) {
                    int length = packs.get(i).length;
                    index.put(ids.get(i), new Place(merged, offset, length));
                    offset += length;
                }
                if (merged.bytes() < SMALL_BYTES) {
                    small.add(merged);
                }
            }
            small.removeAll(old);
        } finally {
            lock.unlock();
        }
        objects.delete(together.stream().map(StoredObject::key).toList());
    }

    private void markDamaged(Digest id) {
        lock.lock();
        try {
            damaged.add(id);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean contains(Digest id) {
        lock.lock();
        try {
            requireRunning();
            return unwritten.containsKey(id) || index.containsKey(id) && !damaged.contains(id);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public OptionalInt length(Digest id) {
        lock.lock();
        try {
            requireRunning();
            byte[] pack = unwritten.get(id);
            Place place = index.get(id);
            if (pack != null) {
                return OptionalInt.of(pack.length);
            }
            return place == null || damaged.contains(id) ? OptionalInt.empty() : OptionalInt.of(place.length());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<byte[]> get(Digest id) {
        Place tried = null;
        while (true) {
            Place place;
            lock.lock();
            try {
                if (closed) {
                    throw Failures.closed("the store of packs below " + prefix);
                }
                byte[] pack = unwritten.get(id);
                if (pack != null) {
                    return Optional.of(pack.clone());
                }
                place = index.get(id);
            } finally {
                lock.unlock();
            }
            if (place == null) {
                return Optional.empty();
            }
            Optional<byte[]> read = objects.read(place.object().key(), place.offset(), place.length());
            if (read.isEmpty() && !place.equals(tried)) {
                tried = place; // merged into another object meanwhile
                continue;
            }
            if (read.isEmpty() || !Digest.sha256(read.get()).equals(id)) {
                markDamaged(id);
                throw Failures.corrupted("pack " + id + " in " + place.object().key()
                        + (read.isEmpty() ? " is gone with its object" : " does not hash to its id")
                        + ". Fetch it from a peer and put it again");
            }
            return read;
        }
    }

    @Override
    public long count() {
        lock.lock();
        try {
            return index.size()
                    + unwritten.keySet().stream()
                            .filter(id -> !index.containsKey(id))
                            .count();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long bytes() {
        lock.lock();
        try {
            long waiting = 0;
            for (Map.Entry<Digest, byte[]> pack : unwritten.entrySet()) {
                waiting += index.containsKey(pack.getKey()) ? 0 : pack.getValue().length;
            }
            return bytes + waiting;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
        } finally {
            lock.unlock();
        }
        try {
            if (failure() == null) {
                sync();
            }
        } finally {
            lock.lock();
            closed = true;
            lock.unlock();
            uploading.shutdownNow();
            try {
                lease.close();
            } finally {
                objects.close();
            }
        }
    }

    private @Nullable RuntimeException failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }
}
