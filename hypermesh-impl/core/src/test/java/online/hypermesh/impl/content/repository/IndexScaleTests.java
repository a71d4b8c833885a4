package online.hypermesh.impl.content.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The index with many chunks. The full size: {@code -Dhypermesh.index.chunks=10000000}. */
class IndexScaleTests {
    private static final int CHUNKS = Integer.getInteger("hypermesh.index.chunks", 100_000);
    private static final int PER_PACK = 500;

    @Test
    void manyChunksAreOpenedAtOnceAndFoundWithoutBeingInMemory(@TempDir Path dir) throws IOException {
        RepositoryFiles files = new RepositoryFiles(dir);
        files.create();
        try (RepositoryKeys keys =
                new RepositoryKeys(new byte[RepositoryKeys.SEED_BYTES], DedupDomain.PRIVATE, Generation.NEWEST)) {
            PackSlot[] packs = new PackSlot[CHUNKS / PER_PACK + 1];
            for (int i = 0; i < packs.length; i++) {
                packs[i] = new PackSlot(Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8), (byte) (i >> 16)}), 1);
            }
            long step = Long.divideUnsigned(-1, CHUNKS);
            String name;
            try (RunWriter writer = new RunWriter(files, keys, new SecureRandom(), CHUNKS)) {
                for (int i = 0; i < CHUNKS; i++) {
                    long lo = new SplittableRandom(i).nextLong();
                    writer.add(i * step, lo, packs[i / PER_PACK], i % PER_PACK, 1 + i % 1000);
                }
                name = writer.finish(List.of());
            }
            assertThat(Files.size(files.run(name)) / (double) CHUNKS)
                    .as("bytes per chunk")
                    .isLessThan(60);
            long start = System.nanoTime();
            try (RepositoryIndex index = new RepositoryIndex(files, keys)) {
                index.reload(Set.of());
                long millis = (System.nanoTime() - start) / 1_000_000;
                System.getLogger("scale").log(System.Logger.Level.DEBUG, "{0} chunks opened in {1} ms", CHUNKS, millis);
                assertThat(millis).isLessThan(2000);
                assertThat(index.chunks()).isEqualTo(CHUNKS);
                SplittableRandom random = new SplittableRandom(5);
                ChunkPlace place = new ChunkPlace();
                int strangers = 0;
                for (int k = 0; k < 2000; k++) {
                    int i = random.nextInt(CHUNKS);
                    assertThat(index.find(i * step, new SplittableRandom(i).nextLong(), place))
                            .isTrue();
                    assertThat(place.offset).isEqualTo(i % PER_PACK);
                    assertThat(place.length).isEqualTo(1 + i % 1000);
                    assertThat(index.find(random.nextLong(), random.nextLong(), place))
                            .isFalse();
                    strangers += index.runs().get(0).mayHold(random.nextLong(), random.nextLong()) ? 1 : 0;
                }
                assertThat(strangers)
                        .as("unknown chunks that pass the filter, of 2000")
                        .isLessThan(60);
            }
        }
    }
}
