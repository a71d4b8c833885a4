package online.hypermesh.impl.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import javax.crypto.Cipher;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

class KeyedChunkerTests {
    private static final ChunkerKey KEY = key(1);
    private static final ChunkerParameters TINY = new ChunkerParameters(256, 1024, 8192);

    @Test
    void cutsAreThoseOfTheSpecificationComputedPlainly() throws Exception {
        byte[] content = random(60_001);
        Arrays.fill(content, 20_000, 32_000, (byte) 0);
        assertThat(lengths(content, TINY, KEY)).isEqualTo(plainCuts(content, TINY, KEY));
        assertThat(lengths(content, ChunkerParameters.SMALL, key(2)))
                .isEqualTo(plainCuts(content, ChunkerParameters.SMALL, key(2)));
    }

    @Test
    void keysAndCutsAreThoseOfTheVectors() throws IOException {
        Map<String, String> vectors = vectors();
        byte[] secret = HexFormat.of().parseHex(vectors.get("secret"));
        try (ChunkerKey key = ChunkerKey.derive(secret)) {
            assertThat(key.id().toHex()).isEqualTo(vectors.get("key_id"));
            assertThat(HexFormat.of().toHexDigits(key.polynomial())).isEqualTo(vectors.get("polynomial"));
            assertThat(HexFormat.of().formatHex(key.cipherKey().getEncoded())).isEqualTo(vectors.get("cipher_key"));
            byte[] content = counterStream(100_000);
            assertThat(joined(lengths(content, ChunkerParameters.SMALL, key))).isEqualTo(vectors.get("keyed_cuts"));
            assertThat(joined(lengths(Chunking.open(ChunkerParameters.SMALL), content)))
                    .isEqualTo(vectors.get("open_cuts"));
        }
    }

    @Test
    void thePolynomialHasNoFactors() {
        for (int seed = 0; seed < 20; seed++) {
            assertThat(BinaryPolynomials.isIrreducible(key(seed).polynomial())).isTrue();
        }
        // x^64 + x^4 + x^3 + x + 1 is the usual field polynomial; + x^2 makes it even in number of terms
        assertThat(BinaryPolynomials.isIrreducible(0x1b)).isTrue();
        assertThat(BinaryPolynomials.isIrreducible(0x1f)).isFalse();
        assertThat(BinaryPolynomials.isIrreducible(0x1a)).isFalse();
        // the square of an irreducible polynomial of degree 32: x^64 + x^14 + x^6 + x^4 + 1
        assertThat(BinaryPolynomials.isIrreducible(1 << 14 | 1 << 6 | 1 << 4 | 1))
                .isFalse();
    }

    @Test
    void thePolynomialsFoundAreAsFrequentAsIrreducibleOnesAre() {
        Random random = new Random(5);
        int found = 0;
        for (int i = 0; i < 3200; i++) {
            found += BinaryPolynomials.isIrreducible(random.nextLong() | 1) ? 1 : 0;
        }
        assertThat(found).isBetween(60, 140);
    }

    @Test
    void keysCutDifferently() throws IOException {
        byte[] content = random(1_000_000);
        Set<Integer> one = ends(lengths(content, ChunkerParameters.SMALL, key(1)));
        Set<Integer> two = ends(lengths(content, ChunkerParameters.SMALL, key(2)));
        two.retainAll(one);
        assertThat(two).hasSizeLessThan(5);
        assertThat(key(1).id()).isNotEqualTo(key(2).id());
    }

    @Test
    void chunksKeepTheirSizesAndTheAverage() throws IOException {
        byte[] content = random(4_000_001);
        for (ChunkerParameters p : List.of(ChunkerParameters.SMALL, ChunkerParameters.LARGE, TINY)) {
            List<Integer> lengths = lengths(content, p, KEY);
            assertThat(lengths.stream().mapToInt(l -> l).sum()).isEqualTo(content.length);
            assertThat(lengths.subList(0, lengths.size() - 1)).allMatch(l -> l >= p.minBytes() && l <= p.maxBytes());
            assertThat(content.length / lengths.size()).isBetween(p.avgBytes() * 9 / 10, p.avgBytes() * 3 / 2);
        }
    }

    @Test
    void aByteInsertedInFrontChangesOnlyTheFirstChunks() throws IOException {
        byte[] content = random(2_000_000);
        byte[] shifted = new byte[content.length + 1];
        System.arraycopy(content, 0, shifted, 1, content.length);
        Set<Digest> before = new HashSet<>(ids(content));
        assertThat(ids(shifted).stream().filter(d -> !before.contains(d)).count())
                .isLessThanOrEqualTo(4);
    }

    @Test
    void aDestroyedKeyCutsNothingMore() {
        ChunkerKey key = key(9);
        Chunking chunking = Chunking.keyed(ChunkerParameters.SMALL, key);
        key.close();
        assertThatThrownBy(() -> chunking.start(InputStream.nullInputStream())).hasMessageContaining("destroyed");
        assertThat(key.toString()).doesNotContain("0000");
    }

    @Test
    void shortSecretsAreRefused() {
        assertThatThrownBy(() -> ChunkerKey.derive(new byte[31])).hasMessageContaining("31");
    }

    @Test
    void aWayToCutSaysWhatItIs() {
        assertThat(Chunking.open(TINY).id()).isEqualTo(1);
        assertThat(Chunking.open(TINY).keyId()).isEmpty();
        assertThat(Chunking.keyed(TINY, KEY).id()).isEqualTo(2);
        assertThat(Chunking.keyed(TINY, KEY).keyId()).contains(KEY.id());
        assertThat(Chunking.keyed(TINY, KEY).parameters()).isEqualTo(TINY);
    }

    /** The cuts as the specification words them, without rolling, batches or chaining. */
    private static List<Integer> plainCuts(byte[] content, ChunkerParameters p, ChunkerKey key) throws Exception {
        Cipher ecb = Cipher.getInstance("AES/ECB/NoPadding");
        ecb.init(Cipher.DECRYPT_MODE, key.cipherKey());
        BigInteger modulus = new BigInteger(
                1,
                ByteBuffer.allocate(9).put((byte) 1).putLong(key.polynomial()).array());
        int bits = Integer.numberOfTrailingZeros(p.avgBytes());
        List<Integer> lengths = new ArrayList<>();
        for (int start = 0; start < content.length; ) {
            int available = Math.min(p.maxBytes(), content.length - start);
            int length = Math.min(p.minBytes(), available);
            while (length < available
                    && !isCut(content, start + length, length < p.avgBytes() ? bits + 2 : bits - 2, ecb, modulus)) {
                length++;
            }
            lengths.add(length);
            start += length;
        }
        return lengths;
    }

    private static boolean isCut(byte[] content, int position, int bits, Cipher ecb, BigInteger modulus)
            throws GeneralSecurityException {
        BigInteger rest = new BigInteger(1, Arrays.copyOfRange(content, position - 64, position));
        while (rest.bitLength() >= modulus.bitLength()) {
            rest = rest.xor(modulus.shiftLeft(rest.bitLength() - modulus.bitLength()));
        }
        byte[] block = ByteBuffer.allocate(16).putLong(rest.longValue()).array();
        return ByteBuffer.wrap(ecb.doFinal(block)).getLong() >>> 64 - bits == 0;
    }

    /** SHA-256 of the big-endian numbers 0, 1, 2, … */
    private static byte[] counterStream(int length) {
        ByteBuffer out = ByteBuffer.allocate(length + 32);
        for (int i = 0; out.position() < length; i++) {
            out.put(Digest.sha256(ByteBuffer.allocate(4).putInt(i).array()).toBytes());
        }
        return Arrays.copyOf(out.array(), length);
    }

    private static Map<String, String> vectors() throws IOException {
        Path file = Path.of("../../docs/spec/vectors/chunking.txt");
        Map<String, String> vectors = new LinkedHashMap<>();
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split(" = ", 2);
                vectors.put(parts[0], parts[1]);
            }
        }
        return vectors;
    }

    private static List<Integer> lengths(byte[] content, ChunkerParameters p, ChunkerKey key) throws IOException {
        return lengths(Chunking.keyed(p, key), content);
    }

    private static List<Integer> lengths(Chunking chunking, byte[] content) throws IOException {
        Chunker chunker = chunking.start(new ByteArrayInputStream(content));
        List<Integer> lengths = new ArrayList<>();
        while (chunker.next()) {
            lengths.add(chunker.length());
        }
        return lengths;
    }

    private static List<Digest> ids(byte[] content) throws IOException {
        List<Digest> ids = new ArrayList<>();
        int at = 0;
        for (int length : lengths(content, ChunkerParameters.SMALL, KEY)) {
            ids.add(Digest.sha256(Arrays.copyOfRange(content, at, at + length)));
            at += length;
        }
        return ids;
    }

    private static Set<Integer> ends(List<Integer> lengths) {
        Set<Integer> ends = new HashSet<>();
        int at = 0;
        for (int length : lengths) {
            at += length;
            ends.add(at);
        }
        return ends;
    }

    private static String joined(List<Integer> lengths) {
        return lengths.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    private static ChunkerKey key(int seed) {
        byte[] secret = new byte[32];
        Arrays.fill(secret, (byte) seed);
        return ChunkerKey.derive(secret);
    }

    private static byte[] random(int length) {
        byte[] b = new byte[length];
        new Random(42).nextBytes(b);
        return b;
    }
}
