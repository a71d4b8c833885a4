package online.hypermesh.impl.content.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Set;
import online.hypermesh.api.content.CheckDepth;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.impl.chunk.Chunker;
import online.hypermesh.impl.chunk.ChunkerParameters;
import online.hypermesh.impl.chunk.Chunking;
import online.hypermesh.impl.chunk.FastCdcChunker;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Repositories keep the way of naming and cutting that they were created with. */
class GenerationTests {
    private static final byte[] SEED = TestStore.random(11, RepositoryKeys.SEED_BYTES);
    private static final byte[] CONTENT = TestStore.random(12, 300_000);

    /** A repository as a program of that generation creates it. */
    private static RepositoryFiles create(Path directory, Generation generation) throws IOException {
        RepositoryFiles files = new RepositoryFiles(directory);
        files.create();
        try (RepositoryKeys keys = new RepositoryKeys(SEED, DedupDomain.PRIVATE, generation)) {
            var settings = new RepositoryConfig.Settings(generation, Profile.FAST, 0, FastCdcChunker.ID);
            files.writeConfig(RepositoryConfig.create(SEED, keys, TestStore.KEY, settings, new SecureRandom())
                    .encode());
        }
        return files;
    }

    /** What names chunks, made from the specification and not from the keys' class. */
    private static ChunkMac mac(Generation generation) {
        boolean first = generation == Generation.FIRST;
        byte[] key = Hashing.hkdf(
                SEED,
                new byte[0],
                new DomainTag("hypermesh/repository-chunk-" + (first ? "cmac" : "pmac") + "/v1"),
                32);
        return first ? new AesCmac(key) : new AesPmac(key);
    }

    @ParameterizedTest
    @EnumSource(Generation.class)
    void chunksAreCutAndNamedAsWhenTheRepositoryWasCreated(Generation generation, @TempDir Path dir)
            throws IOException {
        RepositoryFiles files = create(dir, generation);
        try (Repository store = TestStore.open(dir)) {
            Snapshot snapshot = store.store("f", new ByteArrayInputStream(CONTENT), "");
            ByteArrayOutputStream read = new ByteArrayOutputStream();
            store.read(snapshot.id(), EntryPath.parse("f"), read);
            assertThat(read.toByteArray()).isEqualTo(CONTENT);
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).problems())
                    .isEmpty();
        }
        ChunkerParameters sizes = new ChunkerParameters(generation == Generation.FIRST ? 1024 : 3072, 4096, 32_768);
        ChunkMac mac = mac(generation);
        byte[] id = new byte[ChunkMac.TAG_BYTES];
        ChunkPlace place = new ChunkPlace();
        try (RepositoryKeys keys = new RepositoryKeys(SEED, DedupDomain.PRIVATE, generation);
                RepositoryIndex index = new RepositoryIndex(files, keys)) {
            index.reload(Set.of());
            Chunker chunker = Chunking.open(sizes).start(new ByteArrayInputStream(CONTENT));
            while (chunker.next()) {
                mac.tag(chunker.buffer(), chunker.offset(), chunker.length(), id);
                assertThat(index.find(Bytes.getLong(id, 0), Bytes.getLong(id, 8), place))
                        .as("the chunk of %s bytes", chunker.length())
                        .isTrue();
                assertThat(place.length).isEqualTo(chunker.length());
            }
        }
    }

    @Test
    void newRepositoriesAreOfTheNewestGenerationAndUnknownOnesAreRefused() {
        byte[] newest = new RepositoryConfig.Settings(Generation.NEWEST, Profile.FAST, 0, FastCdcChunker.ID).encode();
        assertThat(newest).startsWith(new CborWriter().array(4).uint(2).toBytes());
        byte[] later = new CborWriter().array(4).uint(3).uint(0).uint(0).uint(1).toBytes();
        assertThatThrownBy(() -> RepositoryConfig.Settings.decode(later))
                .hasMessageContaining("unknown settings version 3");
    }
}
