package online.hypermesh.impl.content;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.stoq.base.crypto.Digest;

/** A pack store on the heap that tests can damage. */
public final class HeapPackStorage implements PackStorage {
    public final Map<Digest, byte[]> packs = new ConcurrentHashMap<>();
    public int syncs;

    @Override
    public Digest put(byte[] pack) {
        Digest id = Digest.sha256(pack);
        packs.putIfAbsent(id, pack.clone());
        return id;
    }

    @Override
    public synchronized void sync() {
        syncs++;
    }

    @Override
    public boolean contains(Digest id) {
        return packs.containsKey(id);
    }

    @Override
    public Optional<byte[]> get(Digest id) {
        return Optional.ofNullable(packs.get(id)).map(byte[]::clone);
    }

    @Override
    public long count() {
        return packs.size();
    }

    @Override
    public long bytes() {
        return packs.values().stream().mapToLong(p -> p.length).sum();
    }

    @Override
    public void close() {}
}
