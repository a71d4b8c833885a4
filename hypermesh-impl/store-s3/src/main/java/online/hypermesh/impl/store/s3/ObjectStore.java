package online.hypermesh.impl.store.s3;

import java.util.List;
import java.util.Optional;

/**
 * What is asked of a bucket: objects that are created once and never changed, and listings that show what was created
 * before. Failures are STORAGE_FAILED and name the key. Thread-safe.
 */
interface ObjectStore extends AutoCloseable {
    /**
     * Creates an object, durably, unless there is one under its key.
     *
     * @return false if there is another object under the key; true also if an earlier try turns out to have succeeded
     */
    boolean create(String key, byte[] bytes);

    /** Bytes of an object from a place on, fewer where it ends; empty if there is no such object. */
    Optional<byte[]> read(String key, long from, int length);

    /** Objects whose keys begin so, ascending by key. */
    List<Listed> list(String prefix);

    /** Deletes objects; no matter if they are gone already. */
    void delete(List<String> keys);

    @Override
    void close();

    /** An object in a listing. */
    record Listed(String key, long bytes) {}
}
