package online.hypermesh.stoq.base.cbor;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Writes deterministic CBOR (RFC 8949 §4.2.1): shortest heads, definite lengths, no maps, no floating point.
 * Confined to one thread.
 */
public final class CborWriter {
    private byte[] buffer;
    private int size;

    /** Creates an empty writer. */
    public CborWriter() {
        this(128);
    }

    /**
     * Creates an empty writer.
     *
     * @param expectedBytes initial capacity in bytes
     */
    public CborWriter(int expectedBytes) {
        buffer = new byte[Math.max(16, expectedBytes)];
    }

    /**
     * Starts an array; exactly {@code count} items must follow.
     *
     * @param count number of items
     * @return this
     */
    public CborWriter array(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("count must be >= 0, was " + count);
        }
        return head(4, count);
    }

    /**
     * Writes an array of items.
     *
     * @param items what to write
     * @param each writes one item
     * @param <T> item type
     * @return this
     */
    public <T> CborWriter list(List<T> items, BiConsumer<CborWriter, T> each) {
        array(items.size());
        for (T item : items) {
            each.accept(this, item);
        }
        return this;
    }

    /**
     * Writes an integer in 0..2^63-1.
     *
     * @param value the integer
     * @return this
     */
    public CborWriter uint(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("value must be >= 0, was " + value);
        }
        return head(0, value);
    }

    /**
     * Writes a byte string.
     *
     * @param value the bytes
     * @return this
     */
    public CborWriter bytes(byte[] value) {
        head(2, value.length);
        return raw(value);
    }

    /**
     * Writes a text string in UTF-8.
     *
     * @param value the text
     * @return this
     */
    public CborWriter text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        head(3, utf8.length);
        return raw(utf8);
    }

    /**
     * Writes a truth value.
     *
     * @param value the value
     * @return this
     */
    public CborWriter bool(boolean value) {
        ensure(1);
        buffer[size++] = (byte) (value ? 0xf5 : 0xf4);
        return this;
    }

    /**
     * Writes the null item.
     *
     * @return this
     */
    public CborWriter nil() {
        ensure(1);
        buffer[size++] = (byte) 0xf6;
        return this;
    }

    /**
     * Writes one item that is already canonical CBOR.
     *
     * @param encoded the encoded item
     * @return this
     */
    public CborWriter encoded(byte[] encoded) {
        return raw(encoded);
    }

    /**
     * The bytes written so far.
     *
     * @return a fresh array
     */
    public byte[] toBytes() {
        return Arrays.copyOf(buffer, size);
    }

    private CborWriter raw(byte[] value) {
        ensure(value.length);
        System.arraycopy(value, 0, buffer, size, value.length);
        size += value.length;
        return this;
    }

    private CborWriter head(int major, long value) {
        ensure(9);
        int top = major << 5;
        if (value < 24) {
            buffer[size++] = (byte) (top | (int) value);
        } else if (value <= 0xff) {
            put(top | 24, value, 1);
        } else if (value <= 0xffff) {
            put(top | 25, value, 2);
        } else if (value <= 0xffff_ffffL) {
            put(top | 26, value, 4);
        } else {
            put(top | 27, value, 8);
        }
        return this;
    }

    private void put(int initial, long value, int bytes) {
        buffer[size++] = (byte) initial;
        for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
            buffer[size++] = (byte) (value >>> shift);
        }
    }

    private void ensure(int more) {
        if (size + more > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(size + more, buffer.length * 2));
        }
    }
}
