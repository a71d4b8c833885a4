package online.hypermesh.impl.content;

import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.stoq.base.crypto.Digest;

/** Takes sealed packs. Used by one writer at a time. */
public interface PackSink {
    /**
     * Takes a pack; may return before it is stored.
     *
     * @param pack its bytes, not changed afterwards
     * @return its id, the SHA-256 of the bytes
     */
    Digest put(byte[] pack);

    /** Returns once everything taken so far is stored; throws when something could not be. */
    void flush();

    /**
     * Packs go to a local store.
     *
     * @param storage the store; {@link #flush()} syncs it
     * @return the sink
     */
    static PackSink into(PackStorage storage) {
        return new PackSink() {
            @Override
            public Digest put(byte[] pack) {
                return storage.put(pack);
            }

            @Override
            public void flush() {
                storage.sync();
            }
        };
    }
}
