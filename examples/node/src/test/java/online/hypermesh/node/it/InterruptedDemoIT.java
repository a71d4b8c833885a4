package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever ends the demonstration with a signal finds nothing left of it. */
class InterruptedDemoIT {
    private static final Pattern NODE = Pattern.compile("n[1-4]  process ([0-9]+) listens");

    @TempDir
    Path dir;

    @Test
    void sigtermLeavesNoProcessAndNoTemporaryDirectory() throws Exception {
        Path temporary = Files.createDirectory(dir.resolve("tmp"));
        try (Command demo = Command.start(dir, List.of("-Djava.io.tmpdir=" + temporary), "demo")) {
            demo.awaitLine("n4  process", LiveNetwork.START);
            List<ProcessHandle> nodes = nodes(demo);
            assertThat(nodes).hasSize(4).allMatch(ProcessHandle::isAlive);
            assertThat(children(temporary)).hasSize(1);

            demo.process().destroy();

            assertThat(demo.end(Duration.ofSeconds(60)).code())
                    .as("ended by SIGTERM")
                    .isEqualTo(143);
            assertThat(nodes).noneMatch(ProcessHandle::isAlive);
            assertThat(children(temporary)).isEmpty();
            assertThat(demo.out()).contains("nothing is left behind").doesNotContain("FAILED");
        }
    }

    @Test
    void sigkillTakesTheNodesAlong() throws Exception {
        Path temporary = Files.createDirectory(dir.resolve("tmp"));
        try (Command demo = Command.start(dir, List.of("-Djava.io.tmpdir=" + temporary), "demo")) {
            List<ProcessHandle> children = Await.fact("four nodes", LiveNetwork.START, () -> {
                List<ProcessHandle> now = demo.process().children().toList();
                return now.size() == 4 ? Optional.of(now) : Optional.empty();
            });

            demo.process().destroyForcibly();

            for (ProcessHandle child : children) {
                child.onExit().get(60, TimeUnit.SECONDS);
            }
        }
    }

    private static List<ProcessHandle> nodes(Command demo) throws Exception {
        return NODE.matcher(demo.out())
                .results()
                .map(r -> ProcessHandle.of(Long.parseLong(r.group(1))).orElseThrow())
                .toList();
    }

    private static List<Path> children(Path directory) throws Exception {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(p -> String.valueOf(p.getFileName()).startsWith("hypermesh-demo"))
                    .toList();
        }
    }
}
