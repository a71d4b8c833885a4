package online.hypermesh.api.ledger;

import java.util.Optional;

/** One module's key space at one moment. */
public interface StateReader {
    /**
     * Looks a key up.
     *
     * @param key 1..256 bytes
     * @return a copy of the value, if present
     */
    Optional<byte[]> get(byte[] key);
}
