package online.hypermesh.impl.store.s3;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/** A bucket in memory, with what may go wrong. */
final class MemoryObjects implements ObjectStore {
    private static final Map<Object, MemoryObjects> BUCKETS = new ConcurrentHashMap<>();

    private final ConcurrentSkipListMap<String, byte[]> objects = new ConcurrentSkipListMap<>();
    volatile Consumer<String> beforeCreate = key -> {};
    volatile boolean deletes = true;

    static MemoryObjects of(Object owner) {
        return BUCKETS.computeIfAbsent(owner, o -> new MemoryObjects());
    }

    @Override
    public boolean create(String key, byte[] bytes) {
        beforeCreate.accept(key);
        byte[] there = objects.putIfAbsent(key, bytes.clone());
        return there == null || Arrays.equals(there, bytes);
    }

    @Override
    public Optional<byte[]> read(String key, long from, int length) {
        return Optional.ofNullable(objects.get(key))
                .map(o ->
                        Arrays.copyOfRange(o, (int) Math.min(from, o.length), (int) Math.min(from + length, o.length)));
    }

    @Override
    public List<Listed> list(String prefix) {
        return objects.tailMap(prefix).entrySet().stream()
                .takeWhile(e -> e.getKey().startsWith(prefix))
                .map(e -> new Listed(e.getKey(), e.getValue().length))
                .toList();
    }

    @Override
    public void delete(List<String> keys) {
        if (deletes) {
            keys.forEach(objects::remove);
        }
    }

    List<String> keys(String prefix) {
        return list(prefix).stream().map(Listed::key).toList();
    }

    void flip(String key, int at) {
        objects.computeIfPresent(key, (k, o) -> {
            byte[] other = o.clone();
            other[at < 0 ? other.length + at : at] ^= 4;
            return other;
        });
    }

    void remove(String key) {
        objects.remove(key);
    }

    @Override
    public void close() {
        beforeCreate = key -> {};
    }
}
