package online.hypermesh.api.ledger;

import java.util.function.BiConsumer;

/** The state a ledger begins with, for those who keep something of their own beside it. */
@FunctionalInterface
public interface StateEntries {
    /**
     * Shows all entries of one module, in no particular order.
     *
     * @param module the module
     * @param each sees key and value, and does not change them
     */
    void forEach(String module, BiConsumer<byte[], byte[]> each);
}
