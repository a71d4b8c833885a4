package online.hypermesh.impl.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream where its content says so, so that equal stretches of different streams become equal chunks. Made by {@link
 * Chunking#start}. Holds one buffer of four times the largest chunk. Confined to one thread.
 */
public abstract sealed class Chunker permits FastCdcChunker, KeyedChunker {
    private InputStream input;
    private final ChunkerParameters parameters;
    private final byte[] buffer;
    private int offset;
    private int length;
    private int filled;
    private boolean ended;
    private int cutOfZeros;

    Chunker(InputStream input, ChunkerParameters parameters) {
        this.input = input;
        this.parameters = parameters;
        this.buffer = new byte[parameters.maxBytes() * 4];
    }

    /**
     * Starts again with another stream, as if the chunker were new.
     *
     * @param next what to cut; not closed
     */
    public final void restart(InputStream next) {
        input = next;
        offset = 0;
        length = 0;
        filled = 0;
        ended = false;
    }

    /**
     * Moves to the next chunk; {@link #buffer()}, {@link #offset()} and {@link #length()} then describe it until the next
     * call.
     *
     * @return false at the end of the stream
     * @throws IOException when the stream fails
     */
    public final boolean next() throws IOException {
        offset += length;
        length = 0;
        if (!ended && filled - offset < parameters.maxBytes()) {
            fill();
        }
        if (offset == filled) {
            return false;
        }
        int available = Math.min(filled - offset, parameters.maxBytes());
        length = available <= parameters.minBytes() ? available : cut(available);
        return true;
    }

    /** Where a cut lies follows from the chunk's bytes alone, so among nothing but zeros it is looked for once. */
    private int cut(int available) {
        if (available < parameters.maxBytes() || !isZero(available)) {
            return cut(buffer, offset, available);
        }
        if (cutOfZeros == 0) {
            cutOfZeros = cut(buffer, offset, available);
        }
        return cutOfZeros;
    }

    private boolean isZero(int available) {
        int last = offset + available - 1;
        return buffer[offset] == 0
                && buffer[last] == 0
                && buffer[offset + available / 2] == 0
                && Arrays.equals(buffer, offset, last, buffer, offset + 1, last + 1);
    }

    /**
     * The array that holds the current chunk; not to be changed.
     *
     * @return the internal buffer
     */
    public final byte[] buffer() {
        return buffer;
    }

    /**
     * Where the current chunk starts in {@link #buffer()}.
     *
     * @return an index
     */
    public final int offset() {
        return offset;
    }

    /**
     * How long the current chunk is.
     *
     * @return bytes, 1..maxBytes
     */
    public final int length() {
        return length;
    }

    /**
     * Length of the chunk at {@code start}: {@code available}, more than the smallest and at most the largest, or less. It
     * follows from those bytes alone.
     */
    abstract int cut(byte[] data, int start, int available);

    private void fill() throws IOException {
        System.arraycopy(buffer, offset, buffer, 0, filled - offset);
        filled -= offset;
        offset = 0;
        int got = input.readNBytes(buffer, filled, buffer.length - filled);
        filled += got;
        ended = filled < buffer.length;
    }
}
