package online.hypermesh.impl.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real process writes, says what is durable, and is killed. */
class KilledWriterTests {
    private static final int ROUNDS = 4;

    /** The process: puts packs from a starting number on and prints each number once it is synced. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) {
            SegmentPackStorage storage = SegmentPackStorage.open(SegmentLog.open(Path.of(args[0]), 64 * 1024));
            System.out.println("open");
            for (int i = Integer.parseInt(args[1]); ; i++) {
                storage.put(pack(i));
                storage.sync();
                System.out.println(i);
            }
        }
    }

    private static byte[] pack(int i) {
        byte[] pack = new byte[1 + i * 31 % 5000];
        new Random(i).nextBytes(pack);
        return pack;
    }

    private static Process start(Path directory, int from) throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath,
                        Writer.class.getName(),
                        directory.toString(),
                        Integer.toString(from))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void nothingSyncedIsLostWhenTheProcessIsKilled(@TempDir Path directory) throws Exception {
        List<Integer> synced = new ArrayList<>();
        Random random = new Random(7);
        for (int round = 0; round < ROUNDS; round++) {
            Process process = start(directory, round * 100_000);
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
                assertThat(lines.readLine()).isEqualTo("open");
                assertThatThrownBy(() -> SegmentPackStorage.open(directory))
                        .isInstanceOfSatisfying(HypermeshException.class, e -> {
                            assertThat(e.code()).isEqualTo(Code.LOCKED);
                            assertThat(e.getMessage()).contains("pid " + process.pid());
                        });
                for (int wanted = 20 + random.nextInt(60); wanted > 0; wanted--) {
                    synced.add(Integer.parseInt(lines.readLine()));
                }
                // Through the handle: it leaves the pipe open, so what was said before the end is still heard.
                process.toHandle().destroyForcibly();
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    synced.add(Integer.parseInt(line));
                }
            } finally {
                process.destroyForcibly();
            }
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            try (SegmentPackStorage storage = SegmentPackStorage.open(directory)) {
                for (int i : synced) {
                    byte[] expected = pack(i);
                    assertThat(storage.get(Digest.sha256(expected)))
                            .as("round %d, pack %d", round, i)
                            .hasValueSatisfying(p -> assertThat(p).isEqualTo(expected));
                }
                assertThat(storage.count()).isBetween((long) synced.size(), synced.size() + round + 1L);
            }
        }
    }

    @Test
    void anInterruptedReaderDisturbsNobody(@TempDir Path directory) {
        try (SegmentPackStorage storage = SegmentPackStorage.open(SegmentLog.open(directory, 1024))) {
            Thread.currentThread().interrupt();
            for (int i = 0; i < 10; i++) {
                Digest id = storage.put(pack(i));
                storage.sync();
                assertThat(storage.get(id)).isPresent();
            }
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
