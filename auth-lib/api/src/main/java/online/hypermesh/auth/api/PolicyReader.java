package online.hypermesh.auth.api;

import java.util.Optional;

/**
 * Reads the newest finalized state this node knows; {@code Ledger::read} is one. Successive calls may see successive
 * states, never older ones. Thread-safe.
 */
@FunctionalInterface
public interface PolicyReader {
    /**
     * Reads a value.
     *
     * @param module name of the ledger module
     * @param key the key
     * @return the value, if present
     */
    Optional<byte[]> read(String module, byte[] key);
}
