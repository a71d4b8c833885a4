package online.hypermesh.trustchain.testing;

import java.util.Arrays;
import java.util.Optional;
import java.util.TreeMap;
import online.hypermesh.api.ledger.StateWriter;

/** A module's key space in memory. */
public final class MapState implements StateWriter {
    public final TreeMap<byte[], byte[]> values = new TreeMap<>(Arrays::compareUnsigned);

    @Override
    public Optional<byte[]> get(byte[] key) {
        return Optional.ofNullable(values.get(key)).map(byte[]::clone);
    }

    @Override
    public void put(byte[] key, byte[] value) {
        if (key.length < 1 || key.length > 256 || value.length > 65_536) {
            throw new IllegalArgumentException("key or value out of range");
        }
        values.put(key.clone(), value.clone());
    }

    @Override
    public void remove(byte[] key) {
        values.remove(key);
    }

    /** Everything in it, as comparable text. */
    public String dump() {
        StringBuilder text = new StringBuilder();
        values.forEach((k, v) -> text.append(Arrays.toString(k)).append(Arrays.toString(v)));
        return text.toString();
    }
}
