package online.hypermesh.trustchain.api.certificates;

import java.util.Optional;

/** This node's own finalized state, and how old it is. Thread-safe; must answer without blocking on the network. */
public interface FinalizedState {
    /**
     * Reads a value from the newest finalized state.
     *
     * @param module the module
     * @param key the key
     * @return the value, if present
     */
    Optional<byte[]> read(String module, byte[] key);

    /**
     * Time of the newest finalized block in that state.
     *
     * @return milliseconds since 1970; 0 when there is none yet
     */
    long asOfMillis();
}
