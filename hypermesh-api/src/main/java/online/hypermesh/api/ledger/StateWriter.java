package online.hypermesh.api.ledger;

/** One module's key space while a transaction executes. Confined to that execution. */
public interface StateWriter extends StateReader {
    /**
     * Sets a key.
     *
     * @param key 1..256 bytes
     * @param value 0..65536 bytes
     */
    void put(byte[] key, byte[] value);

    /**
     * Removes a key, if present.
     *
     * @param key 1..256 bytes
     */
    void remove(byte[] key);
}
