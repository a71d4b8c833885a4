package online.hypermesh.impl.content.repository;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.content.CheckDepth;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.content.SnapshotId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real process stores snapshots, collects garbage, says what is durable, and is killed. More often: {@code
 * -Dhypermesh.kill.rounds=50}.
 */
class KilledStoringTests {
    private static final int ROUNDS = Integer.getInteger("hypermesh.kill.rounds", 1);

    /** The process: stores content after content and prints each snapshot once it is acknowledged. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) throws IOException {
            try (Repository store = TestStore.open(Path.of(args[0]))) {
                System.out.println("open");
                for (int i = Integer.parseInt(args[1]); ; i++) {
                    System.out.println(store.store(Integer.toString(i), new ByteArrayInputStream(content(i)), "")
                            .id());
                    if (i % 4 == 3) {
                        store.delete(store.snapshots().get(0).id());
                        store.collectGarbage(Duration.ZERO, Progress.NONE);
                    }
                }
            }
        }
    }

    private static byte[] content(int i) {
        return TestStore.random(i / 2, 1 + i * 7919 % 300_000);
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
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void noAcknowledgedSnapshotIsLostWhenTheProcessIsKilled(@TempDir Path temp) throws Exception {
        Path directory = temp.resolve("repo");
        TestStore.create(directory).close();
        Random random = new Random(7);
        for (int round = 0; round < ROUNDS; round++) {
            List<String> acknowledged = new ArrayList<>();
            Process process = start(directory, round * 1000);
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
                assertThat(lines.readLine()).isEqualTo("open");
                for (int wanted = 6 + random.nextInt(10); wanted > 0; wanted--) {
                    acknowledged.add(lines.readLine());
                }
                // Through the handle: it leaves the pipe open, so what was said before the end is still heard.
                process.toHandle().destroyForcibly();
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    acknowledged.add(line);
                }
            } finally {
                process.destroyForcibly();
            }
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            try (Repository store = TestStore.open(directory)) {
                int last = round * 1000 + acknowledged.size() - 1;
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                store.read(
                        new SnapshotId(acknowledged.get(acknowledged.size() - 1)),
                        EntryPath.parse(Integer.toString(last)),
                        out);
                assertThat(out.toByteArray()).as("round %d", round).isEqualTo(content(last));
                assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE))
                        .as("round %d", round)
                        .satisfies(r -> assertThat(r.lost()).isEmpty())
                        .satisfies(r -> assertThat(r.problems()).isEmpty());
                store.collectGarbage(Duration.ZERO, Progress.NONE);
                assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound())
                        .isTrue();
            }
        }
    }
}
