package online.hypermesh.impl.seal;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import com.aayushatharva.brotli4j.encoder.Encoder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** Brotli (RFC 7932) over whole arrays, with the native library checked before first use. Thread-safe. */
public final class Brotli {
    private static final int MIN_WINDOW_BITS = 10;
    private static final int MAX_WINDOW_BITS = 24;
    private static final int MAX_INPUT_BUFFER = 1 << 20;

    private Brotli() {}

    /**
     * Compresses with a window that fits the length.
     *
     * @param input the array
     * @param offset first byte
     * @param length number of bytes
     * @param quality 0..11
     * @return a fresh array, perhaps longer than the input
     * @throws HypermeshException CONFIGURATION when the native library is missing
     */
    public static byte[] compress(byte[] input, int offset, int length, int quality) {
        requireNative(Brotli4jLoader.getUnavailabilityCause());
        Encoder.Parameters parameters = Encoder.Parameters.create(quality, windowBits(length));
        try {
            return Encoder.compress(input, offset, length, parameters);
        } catch (IOException e) {
            throw new IllegalStateException("brotli failed to compress " + length + " bytes in memory", e);
        }
    }

    /**
     * Decompresses to a length known before; produces no byte more than that.
     *
     * @param input the array
     * @param offset first byte
     * @param length number of bytes
     * @param plainLength length of the result, which the caller has held against its limits
     * @return a fresh array of that length
     * @throws HypermeshException CORRUPTED when the input is not valid or yields another length; CONFIGURATION when the
     *     native library is missing
     */
    public static byte[] decompress(byte[] input, int offset, int length, int plainLength) {
        requireNative(Brotli4jLoader.getUnavailabilityCause());
        byte[] plain = new byte[plainLength];
        try (BrotliInputStream in = new BrotliInputStream(
                new ByteArrayInputStream(input, offset, length), Math.max(1, Math.min(length, MAX_INPUT_BUFFER)))) {
            int got = in.readNBytes(plain, 0, plainLength);
            if (got != plainLength || in.read() >= 0) {
                throw new HypermeshException(
                        Code.CORRUPTED,
                        Retry.NEVER,
                        "Compressed data yields " + (got == plainLength ? "more than " : "only ") + got + " bytes; "
                                + plainLength + " were announced. It was sealed by a faulty or hostile writer");
            }
            return plain;
        } catch (IOException e) {
            throw new HypermeshException(
                    Code.CORRUPTED, Retry.NEVER, "Compressed data of " + length + " bytes is not valid brotli", e);
        }
    }

    static int windowBits(int length) {
        int bits = MIN_WINDOW_BITS;
        while (bits < MAX_WINDOW_BITS && (1 << bits) - 16 < length) {
            bits++;
        }
        return bits;
    }

    static void requireNative(@Nullable Throwable unavailable) {
        if (unavailable != null) {
            throw new HypermeshException(
                    Code.CONFIGURATION,
                    Retry.NEVER,
                    "The brotli native library does not load on " + System.getProperty("os.name") + " "
                            + System.getProperty("os.arch")
                            + ". Add com.aayushatharva.brotli4j:native-<os>-<arch> for this platform, and make"
                            + " java.io.tmpdir writable and executable",
                    unavailable);
        }
    }
}
