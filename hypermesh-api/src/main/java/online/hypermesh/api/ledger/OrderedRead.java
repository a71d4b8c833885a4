package online.hypermesh.api.ledger;

import java.util.Optional;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * A read as a transaction: executed where the block stands in the chain, its outcome is the value there. The module changes
 * nothing; the transaction gate is asked as for any other.
 *
 * @param module whose key
 * @param key 1..256 bytes
 */
public record OrderedRead(String module, byte[] key) {
    /** The reserved module that such transactions address. */
    public static final String MODULE = "reads";

    /** Longest value that is told; a longer one is refused with LIMIT_EXCEEDED. */
    public static final int MAX_VALUE_BYTES = 4000;

    private static final int MAX_KEY_BYTES = 256;

    /**
     * Copies the key.
     *
     * @param module whose key
     * @param key 1..256 bytes
     */
    public OrderedRead {
        if (key.length < 1 || key.length > MAX_KEY_BYTES) {
            throw new IllegalArgumentException("key must have 1.." + MAX_KEY_BYTES + " bytes, has " + key.length);
        }
        key = key.clone();
    }

    @Override
    public byte[] key() {
        return key.clone();
    }

    /**
     * The transaction's payload.
     *
     * @return canonical bytes
     */
    public byte[] encode() {
        return new CborWriter(key.length + 48).array(2).text(module).bytes(key).toBytes();
    }

    /**
     * Reads a payload.
     *
     * @param payload what {@link #encode()} wrote
     * @return the read
     * @throws CborException if the bytes are not canonical
     */
    public static OrderedRead decode(byte[] payload) {
        CborReader r = new CborReader(payload).expectArray(2);
        OrderedRead read = new OrderedRead(r.text(32), r.bytes(MAX_KEY_BYTES));
        r.end();
        return read;
    }

    /**
     * What an executed read tells.
     *
     * @param value the value; empty when the key is absent
     * @return the outcome
     */
    public static Outcome outcome(Optional<byte[]> value) {
        if (value.isPresent() && value.get().length > MAX_VALUE_BYTES) {
            return Outcome.refused(
                    "LIMIT_EXCEEDED",
                    "value of " + value.get().length + " bytes, a read through consensus tells at most "
                            + MAX_VALUE_BYTES);
        }
        CborWriter w = new CborWriter(MAX_VALUE_BYTES);
        value.ifPresentOrElse(w::bytes, w::nil);
        return new Outcome.Applied(w.toBytes());
    }

    /**
     * Reads what an executed read told.
     *
     * @param applied its outcome
     * @return the value; empty when the key was absent
     * @throws CborException if the bytes are not canonical
     */
    public static Optional<byte[]> value(Outcome.Applied applied) {
        CborReader r = new CborReader(applied.result());
        Optional<byte[]> value = r.nil() ? Optional.empty() : Optional.of(r.bytes(MAX_VALUE_BYTES));
        r.end();
        return value;
    }
}
