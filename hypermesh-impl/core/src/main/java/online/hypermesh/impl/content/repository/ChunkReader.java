package online.hypermesh.impl.content.repository;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Reads chunks: finds them, fetches and opens their packs, and keeps a few packs open. When a pack has gone, because garbage
 * was collected meanwhile, the index is read again once. Confined to one thread.
 */
final class ChunkReader {
    private static final int OPEN_PACKS = 4;

    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final RepositoryIndex index;
    private final Runnable reload;
    private final ChunkNamer namer;
    private final ChunkPlace place = new ChunkPlace();
    private final Map<Digest, byte[]> opened = new LinkedHashMap<>(8, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Digest, byte[]> eldest) {
            return size() > OPEN_PACKS;
        }
    };

    ChunkReader(RepositoryFiles files, RepositoryKeys keys, RepositoryIndex index, Runnable reload) {
        this.files = files;
        this.keys = keys;
        this.index = index;
        this.reload = reload;
        this.namer = new ChunkNamer(keys);
    }

    /** Where a chunk lies; its length is as referred to. */
    ChunkPlace locate(long hi, long lo, int length) {
        if (!index.find(hi, lo, place)) {
            throw Failures.corrupted("chunk " + name(hi, lo) + " is in no pack the index knows");
        }
        if (place.length != length) {
            throw Failures.corrupted(
                    "chunk " + name(hi, lo) + " has " + place.length + " bytes, " + length + " are referred to");
        }
        return place;
    }

    static String name(long hi, long lo) {
        return String.format("%016x%016x", hi, lo);
    }

    /** The bytes of a chunk, with its id checked. */
    byte[] read(long hi, long lo, int length) {
        byte[] plain = openedPack(hi, lo, length);
        byte[] chunk = Arrays.copyOfRange(plain, place.offset, place.offset + length);
        namer.name(chunk, 0, length);
        if (namer.hi() != hi || namer.lo() != lo) {
            throw Failures.corrupted("chunk " + name(hi, lo) + " in pack "
                    + index.pack(place.pack).id() + " does not have the bytes of its id");
        }
        return chunk;
    }

    private byte[] openedPack(long hi, long lo, int length) {
        locate(hi, lo, length);
        Digest id = index.pack(place.pack).id();
        byte[] plain = opened.get(id);
        if (plain == null) {
            byte[] sealed = files.readPack(id).orElse(null);
            if (sealed == null) {
                reload.run();
                locate(hi, lo, length);
                id = index.pack(place.pack).id();
                sealed = files.readPack(id).orElseThrow(gone(id));
            }
            plain = open(id, sealed);
            opened.put(id, plain);
        }
        if (place.offset + length > plain.length) {
            throw Failures.corrupted("chunk " + name(hi, lo) + " lies beyond the end of pack " + id);
        }
        return plain;
    }

    private static Supplier<HypermeshException> gone(Digest id) {
        return () -> Failures.corrupted("pack " + id + " is missing");
    }

    /** Opens a pack, with its id checked. */
    byte[] open(Digest id, byte[] sealed) {
        return open(keys, id, sealed);
    }

    static byte[] open(RepositoryKeys keys, Digest id, byte[] sealed) {
        if (!Digest.sha256(sealed).equals(id)) {
            throw Failures.corrupted("pack " + id + " holds other bytes than its name says");
        }
        try {
            return PackFormat.open(keys, id, sealed);
        } catch (HypermeshException e) {
            throw Failures.corrupted("pack " + id + " does not open", e);
        }
    }
}
