package online.hypermesh.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Behaviour every {@link PackStorage} owes its callers; extend and supply a fresh one. */
public abstract class PackStorageContract {
    /** For subclasses. */
    protected PackStorageContract() {}

    /**
     * Opens the storage in a directory, creating it when it is new.
     *
     * @param directory where it lives
     * @return the storage
     */
    protected abstract PackStorage open(Path directory);

    /**
     * A pack of pseudo-random bytes.
     *
     * @param seed which one
     * @param length its length in bytes
     * @return the same bytes for the same arguments
     */
    protected static byte[] pack(long seed, int length) {
        byte[] pack = new byte[length];
        new Random(seed).nextBytes(pack);
        return pack;
    }

    private static void assertCode(Runnable call, Code code) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void aPackIsFoundUnderTheHashOfItsBytes(@TempDir Path directory) {
        try (PackStorage storage = open(directory)) {
            byte[] pack = pack(1, 1000);
            Digest id = storage.put(pack);
            assertThat(id).isEqualTo(Digest.sha256(pack));
            assertThat(storage.contains(id)).isTrue();
            assertThat(storage.get(id)).hasValueSatisfying(p -> assertThat(p).isEqualTo(pack));
            assertThat(storage.length(id)).hasValue(1000);
            assertThat(storage.length(Digest.ZERO)).isEmpty();
            assertThat(storage.get(Digest.ZERO)).isEmpty();
            assertThat(storage.contains(Digest.ZERO)).isFalse();
        }
    }

    @Test
    void puttingAPackAgainChangesNothing(@TempDir Path directory) {
        try (PackStorage storage = open(directory)) {
            Digest id = storage.put(pack(1, 1000));
            assertThat(storage.put(pack(1, 1000))).isEqualTo(id);
            assertThat(storage.count()).isEqualTo(1);
            assertThat(storage.bytes()).isEqualTo(1000);
        }
    }

    @Test
    void packsSurviveReopening(@TempDir Path directory) {
        List<Digest> ids = new ArrayList<>();
        try (PackStorage storage = open(directory)) {
            for (int i = 0; i < 200; i++) {
                ids.add(storage.put(pack(i, 1 + i * 7)));
            }
            storage.sync();
        }
        try (PackStorage storage = open(directory)) {
            assertThat(storage.count()).isEqualTo(200);
            for (int i = 0; i < 200; i++) {
                byte[] expected = pack(i, 1 + i * 7);
                assertThat(storage.get(ids.get(i)))
                        .hasValueSatisfying(p -> assertThat(p).isEqualTo(expected));
            }
            assertThat(storage.put(pack(5, 36))).isEqualTo(ids.get(5));
            assertThat(storage.count()).isEqualTo(200);
        }
    }

    @Test
    void sizesAreLimited(@TempDir Path directory) {
        try (PackStorage storage = open(directory)) {
            assertCode(() -> storage.put(new byte[0]), Code.LIMIT_EXCEEDED);
            assertCode(() -> storage.put(new byte[PackStorage.MAX_PACK_BYTES + 1]), Code.LIMIT_EXCEEDED);
            byte[] largest = pack(1, PackStorage.MAX_PACK_BYTES);
            assertThat(storage.get(storage.put(largest)))
                    .hasValueSatisfying(p -> assertThat(p).isEqualTo(largest));
        }
    }

    @Test
    void manyThreadsPutAndReadAtOnce(@TempDir Path directory)
            throws InterruptedException, ExecutionException, TimeoutException {
        try (PackStorage storage = open(directory)) {
            ExecutorService threads = Executors.newFixedThreadPool(4);
            try {
                List<Future<Set<Digest>>> results = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    int offset = t * 25;
                    results.add(threads.submit(() -> {
                        Set<Digest> ids = new HashSet<>();
                        for (int i = 0; i < 50; i++) {
                            byte[] pack = pack(offset + i, 500);
                            Digest id = storage.put(pack);
                            storage.sync();
                            assertThat(storage.get(id))
                                    .hasValueSatisfying(p -> assertThat(p).isEqualTo(pack));
                            ids.add(id);
                        }
                        return ids;
                    }));
                }
                Set<Digest> all = new HashSet<>();
                for (Future<Set<Digest>> result : results) {
                    all.addAll(result.get(60, TimeUnit.SECONDS));
                }
                assertThat(all).hasSize(125);
                assertThat(storage.count()).isEqualTo(125);
            } finally {
                threads.shutdownNow();
            }
        }
    }

    @Test
    void closingTwiceIsHarmlessAndEndsUse(@TempDir Path directory) {
        PackStorage storage = open(directory);
        Digest id = storage.put(pack(1, 10));
        storage.close();
        storage.close();
        assertCode(() -> storage.put(pack(2, 10)), Code.CLOSED);
        assertCode(() -> storage.get(id), Code.CLOSED);
    }

    @Test
    void oneWriterAtATime(@TempDir Path directory) {
        try (PackStorage storage = open(directory)) {
            assertCode(() -> open(directory).close(), Code.LOCKED);
            storage.put(pack(1, 10));
        }
        open(directory).close();
    }
}
