package online.hypermesh.stoq.base.cbor;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Reads deterministic CBOR (RFC 8949 §4.2.1) and refuses everything else: longer heads than needed, indefinite lengths,
 * tags, maps, floating point, invalid UTF-8, trailing bytes. Every length is checked against a limit and against the
 * bytes that are left before anything is allocated. Confined to one thread.
 */
public final class CborReader {
    private final byte[] input;
    private final int end;
    private int position;

    /**
     * Reads from a whole array, which must not change meanwhile.
     *
     * @param input the encoded bytes
     */
    public CborReader(byte[] input) {
        this(input, 0, input.length);
    }

    /**
     * Reads from a range of an array, which must not change meanwhile.
     *
     * @param input the array
     * @param offset first byte
     * @param length number of bytes
     */
    public CborReader(byte[] input, int offset, int length) {
        this.input = input;
        this.position = offset;
        this.end = offset + length;
    }

    /**
     * Reads the head of an array of any length up to a limit.
     *
     * @param maxCount largest number of items accepted
     * @return the number of items that follow
     */
    public int array(int maxCount) {
        long count = head(4, "array");
        if (count > maxCount) {
            throw fail("array of " + count + " items, limit " + maxCount);
        }
        if (count > end - position) {
            throw fail("array of " + count + " items, but only " + (end - position) + " bytes are left");
        }
        return (int) count;
    }

    /**
     * Reads the head of an array of a fixed length.
     *
     * @param count the number of items
     * @return this
     */
    public CborReader expectArray(int count) {
        long found = head(4, "array");
        if (found != count) {
            throw fail("array of " + found + " items, expected " + count);
        }
        return this;
    }

    /**
     * Reads an array of items.
     *
     * @param maxCount largest number of items accepted
     * @param each reads one item
     * @param <T> item type
     * @return an unmodifiable list
     */
    public <T> List<T> list(int maxCount, Function<CborReader, T> each) {
        int count = array(maxCount);
        List<T> items = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            items.add(each.apply(this));
        }
        return List.copyOf(items);
    }

    /**
     * Reads an integer in 0..2^63-1.
     *
     * @return the integer
     */
    public long uint() {
        return head(0, "unsigned integer");
    }

    /**
     * Reads an integer in 0..max.
     *
     * @param max the largest value accepted
     * @return the integer
     */
    public int uint(int max) {
        long value = uint();
        if (value > max) {
            throw fail("integer " + value + ", limit " + max);
        }
        return (int) value;
    }

    /**
     * Reads a fixed integer, such as a type tag or a version.
     *
     * @param value the only value accepted
     * @param what its name in the error
     * @return this
     */
    public CborReader expect(long value, String what) {
        long found = uint();
        if (found != value) {
            throw fail(what + " is " + found + ", expected " + value);
        }
        return this;
    }

    /**
     * Reads a byte string up to a limit.
     *
     * @param maxLength largest length accepted, in bytes
     * @return a fresh array
     */
    public byte[] bytes(int maxLength) {
        int length = length(2, "byte string", maxLength);
        byte[] value = Arrays.copyOfRange(input, position, position + length);
        position += length;
        return value;
    }

    /**
     * Passes over a byte string up to a limit; its last byte is the one before {@link #position()}.
     *
     * @param maxLength largest length accepted, in bytes
     * @return its length in bytes
     */
    public int skipBytes(int maxLength) {
        int length = length(2, "byte string", maxLength);
        position += length;
        return length;
    }

    /**
     * Reads a byte string of a fixed length.
     *
     * @param length the length in bytes
     * @return a fresh array
     */
    public byte[] fixedBytes(int length) {
        byte[] value = bytes(length);
        if (value.length != length) {
            throw fail("byte string of " + value.length + " bytes, expected " + length);
        }
        return value;
    }

    /**
     * Reads a text string up to a limit.
     *
     * @param maxBytes largest length accepted, in bytes of UTF-8
     * @return the text
     */
    public String text(int maxBytes) {
        int length = length(3, "text string", maxBytes);
        if (isAscii(length)) {
            String value = new String(input, position, length, StandardCharsets.US_ASCII);
            position += length;
            return value;
        }
        try {
            String value = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(input, position, length))
                    .toString();
            position += length;
            return value;
        } catch (CharacterCodingException e) {
            throw fail("text string is not valid UTF-8");
        }
    }

    private boolean isAscii(int length) {
        int bits = 0;
        for (int i = position; i < position + length; i++) {
            bits |= input[i];
        }
        return bits >= 0;
    }

    /**
     * Reads a truth value.
     *
     * @return the value
     */
    public boolean bool() {
        int b = next();
        if (b == 0xf5) {
            return true;
        }
        if (b == 0xf4) {
            return false;
        }
        throw fail("expected a boolean, found initial byte 0x" + Integer.toHexString(b));
    }

    /**
     * Reads the null item if it is next.
     *
     * @return whether it was
     */
    public boolean nil() {
        if (position < end && (input[position] & 0xff) == 0xf6) {
            position++;
            return true;
        }
        return false;
    }

    /** Requires that nothing follows. */
    public void end() {
        if (position != end) {
            throw fail((end - position) + " bytes follow the item");
        }
    }

    /**
     * Whether every byte was read.
     *
     * @return true at the end
     */
    public boolean atEnd() {
        return position == end;
    }

    /**
     * Offset of the next byte in the array given at creation.
     *
     * @return the offset
     */
    public int position() {
        return position;
    }

    private int length(int major, String what, int max) {
        long length = head(major, what);
        if (length > max) {
            throw fail(what + " of " + length + " bytes, limit " + max);
        }
        if (length > end - position) {
            throw fail(what + " of " + length + " bytes, but only " + (end - position) + " are left");
        }
        return (int) length;
    }

    private long head(int major, String what) {
        int initial = next();
        if (initial >>> 5 != major) {
            throw fail("expected " + what + ", found initial byte 0x" + Integer.toHexString(initial));
        }
        int info = initial & 0x1f;
        if (info < 24) {
            return info;
        }
        int width = switch (info) {
            case 24 -> 1;
            case 25 -> 2;
            case 26 -> 4;
            case 27 -> 8;
            default -> throw fail(what + " with indefinite or reserved length");
        };
        if (width > end - position) {
            throw fail(what + " is cut off in its head");
        }
        long value = 0;
        for (int i = 0; i < width; i++) {
            value = value << 8 | (input[position++] & 0xff);
        }
        long smallest = width == 1 ? 24 : 1L << (width * 4);
        if (value < 0) {
            throw fail(what + " exceeds 2^63-1");
        }
        if (value < smallest) {
            throw fail(what + " is not in its shortest form");
        }
        return value;
    }

    private int next() {
        if (position >= end) {
            throw fail("the input ends too early");
        }
        return input[position++] & 0xff;
    }

    private CborException fail(String what) {
        return new CborException("At byte " + position + ": " + what);
    }
}
