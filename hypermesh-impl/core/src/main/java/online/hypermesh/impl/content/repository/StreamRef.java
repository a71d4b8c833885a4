package online.hypermesh.impl.content.repository;

import java.util.Arrays;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * How a sequence of chunks is referred to: directly while there are few, otherwise by lists of chunks that are chunks
 * themselves, as many levels of them as it takes. A reference is 20 bytes: id (16), length (4). Immutable.
 *
 * @param depth levels of lists above the chunks, 0 when they are referred to directly
 * @param length length of the whole in bytes
 * @param references at most {@link #MAX_DIRECT} references, one after the other
 */
record StreamRef(int depth, long length, byte[] references) {
    static final int REFERENCE_BYTES = 20;
    static final int MAX_DIRECT = 8;
    static final int MAX_DEPTH = 6;
    static final StreamRef EMPTY = new StreamRef(0, 0, new byte[0]);

    StreamRef {
        if (depth < 0
                || depth > MAX_DEPTH
                || length < 0
                || references.length % REFERENCE_BYTES != 0
                || references.length > MAX_DIRECT * REFERENCE_BYTES
                || (references.length == 0) != (length == 0)) {
            throw new IllegalArgumentException("not a reference: depth " + depth + ", " + length + " bytes, "
                    + references.length + " bytes of ids");
        }
    }

    int count() {
        return references.length / REFERENCE_BYTES;
    }

    void writeTo(CborWriter w) {
        w.array(3).uint(depth).uint(length).bytes(references);
    }

    static StreamRef readFrom(CborReader r) {
        r.expectArray(3);
        return new StreamRef(r.uint(MAX_DEPTH), r.uint(), r.bytes(MAX_DIRECT * REFERENCE_BYTES));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StreamRef s
                && depth == s.depth
                && length == s.length
                && Arrays.equals(references, s.references);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(references);
    }

    @Override
    public String toString() {
        return "StreamRef[" + length + " bytes, depth " + depth + "]";
    }
}
