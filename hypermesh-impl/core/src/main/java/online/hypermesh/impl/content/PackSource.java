package online.hypermesh.impl.content;

import java.util.Optional;
import online.hypermesh.stoq.base.crypto.Digest;

/** Gives sealed packs by id; {@code PackStorage::get} is one. What it gives is checked by whoever asked. */
@FunctionalInterface
public interface PackSource {
    /**
     * Looks a pack up.
     *
     * @param id its id
     * @return its bytes, if available
     */
    Optional<byte[]> get(Digest id);
}
