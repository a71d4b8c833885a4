package online.hypermesh.impl.block;

import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.Brotli;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.Padding;
import online.hypermesh.stoq.base.error.Retry;

/**
 * How plaintext lies inside the encryption: {@code u32 plain length | u32 coded length of every frame | frames | zeros}. A
 * frame is 1 MiB of plaintext, the last one less, compressed by itself, so that any byte is reached by decoding one frame;
 * one as long as its plaintext is kept as it is. Immutable.
 */
final class Frames {
    static final int FRAME_BYTES = 1 << 20;
    static final int LENGTH_BYTES = 4;

    /** This much plaintext is allowed whatever it was compressed to. */
    static final int FREE_BYTES = 4 * 1024 * 1024;

    static final int MAX_RATIO = 1024;

    private final int plainLength;
    private final int[] starts;

    private Frames(int plainLength, int[] starts) {
        this.plainLength = plainLength;
        this.starts = starts;
    }

    static int count(int plainLength) {
        return (plainLength + FRAME_BYTES - 1) / FRAME_BYTES;
    }

    int plainLength() {
        return plainLength;
    }

    int count() {
        return starts.length - 1;
    }

    int plainLength(int frame) {
        return Math.min(FRAME_BYTES, plainLength - frame * FRAME_BYTES);
    }

    /** Where the frame begins inside the encryption. */
    int start(int frame) {
        return starts[frame];
    }

    int codedLength(int frame) {
        return starts[frame + 1] - starts[frame];
    }

    boolean isPlain(int frame) {
        return codedLength(frame) == plainLength(frame);
    }

    /** The first byte of padding. */
    int end() {
        return starts[starts.length - 1];
    }

    /** Whether so much plaintext may come from so many bytes. */
    private static boolean ratioAllowed(long plain, long coded) {
        return plain <= FREE_BYTES + MAX_RATIO * coded;
    }

    /** Compresses and pads; what compression gains nothing at, or too much, stays as it is. */
    static byte[] encode(Codec codec, byte[] plain) {
        int frames = count(plain.length);
        byte[][] coded = new byte[frames][];
        int[] lengths = new int[frames];
        long total = 0;
        for (int i = 0; i < frames; i++) {
            int from = i * FRAME_BYTES;
            int n = Math.min(FRAME_BYTES, plain.length - from);
            lengths[i] = n;
            if (codec != Codec.NONE) {
                byte[] compressed = Brotli.compress(plain, from, n, codec.quality());
                if (compressed.length < n && ratioAllowed((long) from + n, total + compressed.length)) {
                    coded[i] = compressed;
                    lengths[i] = compressed.length;
                }
            }
            total += lengths[i];
        }
        int at = LENGTH_BYTES * (1 + frames);
        byte[] inner = new byte[Padding.padme((int) (at + total))];
        putInt(inner, 0, plain.length);
        for (int i = 0; i < frames; i++) {
            putInt(inner, LENGTH_BYTES * (1 + i), lengths[i]);
            byte[] bytes = coded[i];
            if (bytes != null) {
                System.arraycopy(bytes, 0, inner, at, lengths[i]);
            } else {
                System.arraycopy(plain, i * FRAME_BYTES, inner, at, lengths[i]);
            }
            at += lengths[i];
        }
        return inner;
    }

    /** The announced length of the plaintext, held against the limits before anything depends on it. */
    static int readPlainLength(byte[] head, int paddedLength, int maxPlainBytes) {
        int plainLength = getInt(head, 0);
        if (plainLength < 0 || plainLength > maxPlainBytes || !ratioAllowed(plainLength, paddedLength)) {
            throw tooLong(plainLength, paddedLength, maxPlainBytes);
        }
        if (LENGTH_BYTES * (1 + count(plainLength)) > paddedLength) {
            throw malformed(plainLength + " bytes of plaintext have no room for their table in " + paddedLength);
        }
        return plainLength;
    }

    /** Reads the table, of {@link #count(int)} lengths. */
    static Frames readTable(int plainLength, byte[] table, int paddedLength) {
        int frames = count(plainLength);
        int[] starts = new int[frames + 1];
        starts[0] = LENGTH_BYTES * (1 + frames);
        long plain = 0;
        long coded = 0;
        for (int i = 0; i < frames; i++) {
            int length = getInt(table, LENGTH_BYTES * i);
            int room = Math.min(FRAME_BYTES, plainLength - i * FRAME_BYTES);
            if (length < 1 || length > room || length > paddedLength - starts[i]) {
                throw malformed("frame " + i + " has " + length + " bytes");
            }
            plain += room;
            coded += length;
            if (!ratioAllowed(plain, coded)) {
                throw tooLong((int) plain, (int) coded, plainLength);
            }
            starts[i + 1] = starts[i] + length;
        }
        if (Padding.padme(starts[frames]) != paddedLength) {
            throw malformed(starts[frames] + " bytes are padded to " + paddedLength);
        }
        return new Frames(plainLength, starts);
    }

    static HypermeshException malformed(String what) {
        return new HypermeshException(
                Code.MALFORMED, Retry.NEVER, "The author's block is not laid out as it must be: " + what);
    }

    private static HypermeshException tooLong(int plainLength, int from, int maxPlainBytes) {
        return new HypermeshException(
                Code.LIMIT_EXCEEDED,
                Retry.NEVER,
                "The block announces a plaintext of " + Integer.toUnsignedString(plainLength) + " bytes from " + from
                        + ", limit " + Math.min(maxPlainBytes, FREE_BYTES + (long) MAX_RATIO * from));
    }

    private static void putInt(byte[] to, int at, int value) {
        to[at] = (byte) (value >>> 24);
        to[at + 1] = (byte) (value >>> 16);
        to[at + 2] = (byte) (value >>> 8);
        to[at + 3] = (byte) value;
    }

    private static int getInt(byte[] from, int at) {
        return (from[at] & 0xff) << 24
                | (from[at + 1] & 0xff) << 16
                | (from[at + 2] & 0xff) << 8
                | (from[at + 3] & 0xff);
    }
}
