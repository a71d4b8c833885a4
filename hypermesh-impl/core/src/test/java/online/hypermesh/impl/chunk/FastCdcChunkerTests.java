package online.hypermesh.impl.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

class FastCdcChunkerTests {
    @Test
    void gearValuesAreThoseOfThePublishedTable() {
        assertThat(FastCdcChunker.gear(0)).isEqualTo(0x3b5d3c7d207e37dcL);
        assertThat(FastCdcChunker.gear(1)).isEqualTo(0x784d68ba91123086L);
        assertThat(FastCdcChunker.gear(255)).isEqualTo(0xaabd2b2a451504e1L);
    }

    @Test
    void zerosAreCutAtTheLargestSize() throws IOException {
        List<byte[]> chunks = cut(new ByteArrayInputStream(new byte[300_000]), ChunkerParameters.SMALL);
        assertThat(chunks).extracting(c -> c.length).containsExactly(65_536, 65_536, 65_536, 65_536, 37_856);
    }

    @Test
    void chunksJoinToTheContentWithinTheirSizes() throws IOException {
        byte[] content = random(3_000_001);
        for (ChunkerParameters p : List.of(ChunkerParameters.SMALL, ChunkerParameters.LARGE)) {
            List<byte[]> chunks = cut(new ByteArrayInputStream(content), p);
            int at = 0;
            for (byte[] chunk : chunks) {
                assertThat(Arrays.equals(chunk, 0, chunk.length, content, at, at + chunk.length))
                        .isTrue();
                at += chunk.length;
                assertThat(chunk.length).isLessThanOrEqualTo(p.maxBytes());
                assertThat(at == content.length || chunk.length >= p.minBytes()).isTrue();
            }
            assertThat(at).isEqualTo(content.length);
            assertThat(content.length / chunks.size()).isBetween(p.avgBytes() / 2, p.avgBytes() * 2);
        }
    }

    @Test
    void cutsDoNotDependOnHowTheStreamDeliversItsBytes() throws IOException {
        byte[] content = random(1_000_003);
        InputStream slow = new ByteArrayInputStream(content) {
            @Override
            public synchronized int read(byte[] to, int offset, int length) {
                return super.read(to, offset, Math.min(length, 777));
            }

            @Override
            public synchronized int readNBytes(byte[] to, int offset, int length) {
                int n = 0;
                while (n < length) {
                    int got = read(to, offset + n, length - n);
                    if (got < 0) {
                        break;
                    }
                    n += got;
                }
                return n;
            }
        };
        assertThat(ids(cut(slow, ChunkerParameters.SMALL)))
                .isEqualTo(ids(cut(new ByteArrayInputStream(content), ChunkerParameters.SMALL)));
    }

    @Test
    void aByteInsertedInFrontChangesOnlyTheFirstChunks() throws IOException {
        byte[] content = random(2_000_000);
        byte[] shifted = new byte[content.length + 1];
        System.arraycopy(content, 0, shifted, 1, content.length);
        Set<Digest> before = new HashSet<>(ids(cut(new ByteArrayInputStream(content), ChunkerParameters.SMALL)));
        List<Digest> after = ids(cut(new ByteArrayInputStream(shifted), ChunkerParameters.SMALL));
        assertThat(after.stream().filter(d -> !before.contains(d)).count()).isLessThanOrEqualTo(3);
    }

    @Test
    void knownContentIsCutWhereItAlwaysWas() throws IOException {
        assertThat(cut(new ByteArrayInputStream(random(100_000)), ChunkerParameters.SMALL))
                .extracting(c -> c.length)
                .containsExactly(FROZEN);
    }

    private static final Integer[] FROZEN = {9238, 12284, 9183, 9069, 10354, 15353, 10352, 9969, 10025, 4173};

    @Test
    void anEmptyStreamHasNoChunks() throws IOException {
        assertThat(cut(InputStream.nullInputStream(), ChunkerParameters.SMALL)).isEmpty();
    }

    @Test
    void sizesOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> new ChunkerParameters(2048, 8000, 65_536)).hasMessageContaining("avgBytes");
        assertThatThrownBy(() -> new ChunkerParameters(16_384, 8192, 65_536)).hasMessageContaining("minBytes");
        assertThatThrownBy(() -> new ChunkerParameters(2048, 8192, 8 << 20)).hasMessageContaining("maxBytes");
    }

    private static List<byte[]> cut(InputStream in, ChunkerParameters p) throws IOException {
        FastCdcChunker chunker = new FastCdcChunker(in, p);
        List<byte[]> chunks = new ArrayList<>();
        while (chunker.next()) {
            chunks.add(Arrays.copyOfRange(chunker.buffer(), chunker.offset(), chunker.offset() + chunker.length()));
        }
        return chunks;
    }

    private static List<Digest> ids(List<byte[]> chunks) {
        return chunks.stream().map(Digest::sha256).toList();
    }

    private static byte[] random(int length) {
        byte[] b = new byte[length];
        new Random(42).nextBytes(b);
        return b;
    }
}
