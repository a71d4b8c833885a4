package online.hypermesh.impl.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamSealTests {
    private static final byte[] KEY = filled(32, 1);
    private static final byte[] SALT = filled(32, 2);
    private static final byte[] CONTEXT = {3, 4};
    private static final int LIMIT = 4 * 1024 * 1024;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 65_526, 65_527, 65_528, 131_072, 1_000_000})
    void sealedBytesOpenAgain(int length) {
        byte[] plain = random(length);
        for (Codec codec : Codec.values()) {
            byte[] sealed = StreamSeal.seal(KEY, SALT, codec, CONTEXT, plain);
            assertThat(StreamSeal.open(KEY, CONTEXT, sealed, LIMIT)).isEqualTo(plain);
            assertThat(StreamSeal.saltOf(sealed)).isEqualTo(SALT);
        }
    }

    @Test
    void compressionShrinksWhatRepeats() {
        byte[] plain = new byte[1 << 20];
        assertThat(StreamSeal.seal(KEY, SALT, Codec.BROTLI, CONTEXT, plain)).hasSizeLessThan(400);
        assertThat(StreamSeal.open(KEY, CONTEXT, StreamSeal.seal(KEY, SALT, Codec.BROTLI, CONTEXT, plain), LIMIT))
                .isEqualTo(plain);
    }

    @Test
    void lengthsAreRoundedSoThatNeighboursLookAlike() {
        int a = StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, new byte[100_000]).length;
        int b = StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, new byte[100_100]).length;
        assertThat(a).isEqualTo(b);
        for (int length = 9; length < 3_000_000; length += 977) {
            assertThat(Padding.padme(length)).isBetween(length, length + length / 8 + 1);
            assertThat(Padding.padme(Padding.padme(length))).isEqualTo(Padding.padme(length));
        }
    }

    @Test
    void anotherKeyIsRefusedBeforeDecrypting() {
        byte[] sealed = StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, random(10));
        refused(Code.DENIED, () -> StreamSeal.open(filled(32, 9), CONTEXT, sealed, LIMIT));
    }

    @Test
    void bytesThatAreSaidToOpenUnderTwoKeysAreRefused() {
        byte[] other = filled(32, 9);
        byte[] mine = StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, random(10));
        byte[] theirs = StreamSeal.seal(other, SALT, Codec.NONE, CONTEXT, random(10));
        byte[] forged = mine.clone();
        int commitmentEnd = 6 + (mine[5] & 0xff);
        System.arraycopy(theirs, commitmentEnd - 32, forged, commitmentEnd - 32, 32);
        refused(Code.DENIED, () -> StreamSeal.open(KEY, CONTEXT, forged, LIMIT));
        refused(Code.CORRUPTED, () -> StreamSeal.open(other, CONTEXT, forged, LIMIT));
    }

    @Test
    void anotherContextIsRefused() {
        byte[] sealed = StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, random(10));
        refused(Code.CORRUPTED, () -> StreamSeal.open(KEY, new byte[] {3, 5}, sealed, LIMIT));
    }

    @Test
    void everyChangedByteIsRefused() {
        byte[] sealed = StreamSeal.seal(KEY, SALT, Codec.BROTLI, CONTEXT, filled(300, 7));
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> StreamSeal.open(KEY, CONTEXT, changed, LIMIT))
                    .as("byte %d", i)
                    .isInstanceOf(HypermeshException.class);
        }
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] sealed = StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, filled(300, 7));
        for (int n = 0; n < sealed.length; n++) {
            byte[] cut = Arrays.copyOf(sealed, n);
            refused(Code.MALFORMED, () -> StreamSeal.open(KEY, CONTEXT, cut, LIMIT));
        }
    }

    @Test
    void segmentsCutOffWithAMatchingLengthAreRefused() {
        byte[] plain = random(65_536 * 2 - 9);
        byte[] sealed = StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, plain);
        int body = 6 + (sealed[5] & 0xff);
        byte[] oneSegment = Arrays.copyOf(sealed, body + 65_536 + 16);
        ByteBuffer.wrap(oneSegment).putInt(body - 38, 65_536);
        assertThatThrownBy(() -> StreamSeal.open(KEY, CONTEXT, oneSegment, LIMIT))
                .isInstanceOf(HypermeshException.class);
    }

    @Test
    void reorderedSegmentsAreRefused() {
        byte[] sealed = StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, random(65_536 * 3 - 9));
        int body = 6 + (sealed[5] & 0xff);
        byte[] swapped = sealed.clone();
        System.arraycopy(sealed, body, swapped, body + 65_552, 65_552);
        System.arraycopy(sealed, body + 65_552, swapped, body, 65_552);
        refused(Code.CORRUPTED, () -> StreamSeal.open(KEY, CONTEXT, swapped, LIMIT));
    }

    @Test
    void aPlaintextOverTheLimitIsRefused() {
        byte[] bomb = StreamSeal.seal(KEY, SALT, Codec.BROTLI, CONTEXT, new byte[3 << 20]);
        assertThat(bomb.length).isLessThan(1000);
        refused(Code.LIMIT_EXCEEDED, () -> StreamSeal.open(KEY, CONTEXT, bomb, 1 << 20));
        byte[] large = StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, random(3 << 20));
        refused(Code.LIMIT_EXCEEDED, () -> StreamSeal.open(KEY, CONTEXT, large, 1 << 20));
    }

    @Test
    void anExtremeRatioIsKeptUncompressedRatherThanUnreadable() {
        byte[] plain = new byte[16 << 20];
        byte[] sealed = StreamSeal.seal(KEY, SALT, Codec.BROTLI, CONTEXT, plain);
        assertThat(sealed.length).isGreaterThan(plain.length);
        assertThat(StreamSeal.open(KEY, CONTEXT, sealed, plain.length)).isEqualTo(plain);
    }

    @Test
    void moreThanTheLargestPlaintextIsRefused() {
        refused(
                Code.LIMIT_EXCEEDED,
                () -> StreamSeal.seal(KEY, SALT, Codec.NONE, CONTEXT, new byte[0], 0, StreamSeal.MAX_PLAIN_BYTES + 1));
    }

    @Test
    void aMissingNativeLibraryIsAClearConfigurationError() {
        assertThatThrownBy(() -> Brotli.requireNative(new UnsatisfiedLinkError("no brotli in java.library.path")))
                .isInstanceOfSatisfying(HypermeshException.class, e -> {
                    assertThat(e.code()).isEqualTo(Code.CONFIGURATION);
                    assertThat(e).hasMessageContaining("com.aayushatharva.brotli4j:native-");
                });
    }

    @Test
    void windowFitsTheLength() {
        assertThat(Brotli.windowBits(0)).isEqualTo(10);
        assertThat(Brotli.windowBits(65_520)).isEqualTo(16);
        assertThat(Brotli.windowBits(65_521)).isEqualTo(17);
        assertThat(Brotli.windowBits(Integer.MAX_VALUE)).isEqualTo(24);
    }

    private static void refused(Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static byte[] filled(int length, int value) {
        byte[] b = new byte[length];
        Arrays.fill(b, (byte) value);
        return b;
    }

    private static byte[] random(int length) {
        byte[] b = new byte[length];
        new Random(length).nextBytes(b);
        return b;
    }
}
