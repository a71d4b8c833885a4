package online.hypermesh.impl.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileChunkIndexTests {
    private static final Digest DOMAIN = digest(100);

    @TempDir
    Path dir;

    private Path file;

    @BeforeEach
    void place() {
        file = dir.resolve("chunks");
    }

    @Test
    void committedAdditionsSurviveReopening() {
        try (FileChunkIndex index = open()) {
            index.add(
                    pack(1), Map.of(digest(11), new ChunkIndex.Extent(0, 5), digest(12), new ChunkIndex.Extent(5, 7)));
            index.commit();
            index.add(pack(2), Map.of(digest(21), new ChunkIndex.Extent(0, 9)));
            index.rollback();
            assertThat(index.find(digest(21))).isEmpty();
            index.add(pack(3), Map.of(digest(31), new ChunkIndex.Extent(0, 9)));
            assertThat(index.find(digest(31))).isPresent();
        }
        try (FileChunkIndex index = open()) {
            assertThat(index.droppedBytes()).isZero();
            assertThat(index.size()).isEqualTo(2);
            assertThat(index.find(digest(12))).contains(new ChunkLocation(pack(1), 5, 7));
            assertThat(index.find(digest(31))).isEmpty();
        }
    }

    @Test
    void aForgottenPackStaysForgotten() {
        try (FileChunkIndex index = open()) {
            index.add(pack(1), Map.of(digest(11), new ChunkIndex.Extent(0, 5)));
            index.commit();
            index.forget(pack(1).id());
            assertThat(index.find(digest(11))).isEmpty();
        }
        try (FileChunkIndex index = open()) {
            assertThat(index.find(digest(11))).isEmpty();
            index.add(pack(1), Map.of(digest(11), new ChunkIndex.Extent(0, 5)));
            index.commit();
        }
        try (FileChunkIndex index = open()) {
            assertThat(index.find(digest(11))).isPresent();
        }
    }

    @Test
    void aTailTornAnywhereCostsOnlyTheLastRecord() throws IOException {
        try (FileChunkIndex index = open()) {
            index.add(pack(1), Map.of(digest(11), new ChunkIndex.Extent(0, 5)));
            index.commit();
        }
        int first = (int) Files.size(file);
        try (FileChunkIndex index = open()) {
            index.add(pack(2), Map.of(digest(21), new ChunkIndex.Extent(0, 5)));
            index.commit();
        }
        byte[] whole = Files.readAllBytes(file);
        for (int n = first; n < whole.length; n++) {
            Files.write(file, Arrays.copyOf(whole, n));
            try (FileChunkIndex index = open()) {
                assertThat(index.droppedBytes()).isEqualTo(n - first);
                assertThat(index.find(digest(11))).isPresent();
                assertThat(index.find(digest(21))).isEmpty();
                index.add(pack(3), Map.of(digest(31), new ChunkIndex.Extent(0, 5)));
                index.commit();
            }
            try (FileChunkIndex index = open()) {
                assertThat(index.find(digest(31))).isPresent();
            }
        }
    }

    @Test
    void aDamagedRecordEndsTheSoundPart() throws IOException {
        try (FileChunkIndex index = open()) {
            index.add(pack(1), Map.of(digest(11), new ChunkIndex.Extent(0, 5)));
            index.commit();
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        try (FileChunkIndex index = open()) {
            assertThat(index.size()).isZero();
            assertThat(index.droppedBytes()).isPositive();
        }
    }

    @Test
    void anIndexOfAnotherOwnerOrNoIndexIsRefused() throws IOException {
        open().close();
        refused(Code.CONFLICT, () -> FileChunkIndex.open(file, digest(1), 100));
        Files.write(file, new byte[100]);
        refused(Code.MALFORMED, this::open);
        refused(Code.STORAGE_FAILED, () -> FileChunkIndex.open(dir.resolve("no/such"), DOMAIN, 100));
    }

    @Test
    void oneWriterAtATime() {
        FileChunkIndex index = open();
        refused(Code.LOCKED, this::open);
        index.close();
        open().close();
    }

    @Test
    void aFullIndexForgetsRatherThanGrows() {
        try (FileChunkIndex index = FileChunkIndex.open(file, DOMAIN, 1)) {
            index.add(pack(1), Map.of(digest(11), new ChunkIndex.Extent(0, 5)));
            index.add(pack(2), Map.of(digest(21), new ChunkIndex.Extent(0, 5)));
            assertThat(index.size()).isEqualTo(1);
        }
    }

    private FileChunkIndex open() {
        return FileChunkIndex.open(file, DOMAIN, 1000);
    }

    private static void refused(Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static StoredPack pack(int n) {
        return new StoredPack(digest(n), digest(n + 1000).toBytes(), 10 + n);
    }

    private static Digest digest(int n) {
        return Digest.sha256(new byte[] {(byte) (n >> 8), (byte) n});
    }
}
