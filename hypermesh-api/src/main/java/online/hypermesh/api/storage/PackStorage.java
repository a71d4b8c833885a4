package online.hypermesh.api.storage;

import java.util.Optional;
import java.util.OptionalInt;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Durable storage of sealed packs. A pack's id is the plain SHA-256 of its bytes, so anyone can check it and nobody learns
 * what is inside. Thread-safe.
 */
public interface PackStorage extends AutoCloseable {
    /** Largest pack in bytes. */
    int MAX_PACK_BYTES = 4 * 1024 * 1024;

    /**
     * Stores a pack; a pack that is already there is kept. Durable once {@link #sync()} returned.
     *
     * @param pack 1..{@link #MAX_PACK_BYTES} bytes
     * @return its id
     * @throws online.hypermesh.api.error.HypermeshException with code LIMIT_EXCEEDED or STORAGE_FAILED
     */
    Digest put(byte[] pack);

    /** Makes everything put so far durable. */
    void sync();

    /**
     * Whether a pack is stored.
     *
     * @param id its id
     * @return true if so
     */
    boolean contains(Digest id);

    /**
     * Reads a pack and checks its id.
     *
     * @param id its id
     * @return its bytes, if stored
     * @throws online.hypermesh.api.error.HypermeshException with code CORRUPTED when its record is damaged
     */
    Optional<byte[]> get(Digest id);

    /**
     * Length of a stored pack, without reading all of it where the store can.
     *
     * @param id its id
     * @return its length in bytes, if stored
     * @throws online.hypermesh.api.error.HypermeshException with code CORRUPTED when its record is damaged
     */
    default OptionalInt length(Digest id) {
        return get(id).map(pack -> OptionalInt.of(pack.length)).orElseGet(OptionalInt::empty);
    }

    /**
     * Number of packs.
     *
     * @return at least 0
     */
    long count();

    /**
     * Sum of their lengths.
     *
     * @return bytes
     */
    long bytes();

    /** Syncs and releases the files; idempotent. */
    @Override
    void close();
}
