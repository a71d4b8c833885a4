package online.hypermesh.impl.content.repository;

import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/** A pack in the index: known by number before it is sealed and named. Thread-safe. */
final class PackSlot {
    private volatile @Nullable Digest id;
    private volatile int storedBytes;

    PackSlot() {}

    PackSlot(Digest id, int storedBytes) {
        this.storedBytes = storedBytes;
        this.id = id;
    }

    void sealed(Digest name, int bytes) {
        storedBytes = bytes;
        id = name;
    }

    boolean isSealed() {
        return id != null;
    }

    Digest id() {
        Digest name = id;
        if (name == null) {
            throw new IllegalStateException("the pack is not sealed yet");
        }
        return name;
    }

    int storedBytes() {
        return storedBytes;
    }
}
