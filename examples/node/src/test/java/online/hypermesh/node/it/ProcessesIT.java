package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Node processes end with the command that started them, and a stale lock says whose it was. */
class ProcessesIT {
    private static final Duration UP = Duration.ofMinutes(3);
    private static final Duration GONE = Duration.ofSeconds(30);

    @TempDir
    Path dir;

    private final List<ProcessHandle> children = new ArrayList<>();

    @AfterEach
    void endWhatIsLeft() {
        children.forEach(ProcessHandle::destroyForcibly);
    }

    private Command up() throws Exception {
        return Command.start(dir, "up", "--json", "--nodes", "2", "--name", "alpha", "--home", dir.toString());
    }

    private JsonNode nodesOf(Command up) throws Exception {
        up.awaitLine("networkId", UP);
        JsonNode started = new ObjectMapper().readTree(up.out());
        for (JsonNode node : started.get("nodes")) {
            children.add(ProcessHandle.of(node.get("pid").asLong()).orElseThrow());
        }
        return started;
    }

    private void awaitChildrenGone() {
        Await.until(
                "the node processes have ended", GONE, () -> children.stream().noneMatch(ProcessHandle::isAlive));
        children.clear();
    }

    @Test
    void nodesEndWithTheirCommandHoweverItEnds() throws Exception {
        String home = dir.toString();
        String networkId;
        long killed;
        try (Command up = up()) {
            JsonNode started = nodesOf(up);
            networkId = started.get("networkId").asText();
            killed = up.process().pid();
            assertThat(children).hasSize(2).allMatch(ProcessHandle::isAlive);
            up.process().destroyForcibly();
            awaitChildrenGone();
        }
        Command.Result status = Command.run(dir, "status", "--name", "alpha", "--home", home);
        assertThat(status.code()).isEqualTo(71);
        assertThat(status.err())
                .contains("not running", "stale, left by process " + killed, "hypermesh up --name alpha", "[CLOSED]");
        try (Command again = up()) {
            JsonNode started = nodesOf(again);
            assertThat(started.get("networkId").asText())
                    .as("the same network goes on")
                    .isEqualTo(networkId);
            Command.Result second = Command.run(dir, "up", "--name", "alpha", "--home", home);
            assertThat(second.code()).isEqualTo(68);
            assertThat(second.err())
                    .contains(
                            "run by process " + again.process().pid(),
                            "hypermesh down --name alpha",
                            "--name",
                            "[LOCKED]");
            Command.Result down = Command.run(dir, "down", "--name", "alpha", "--home", home);
            assertThat(down.code()).as(down.err()).isZero();
            awaitChildrenGone();
            assertThat(again.process().isAlive()).isFalse();
        }
        Command.Result stopped = Command.run(dir, "status", "--name", "alpha", "--home", home);
        assertThat(stopped.code()).isEqualTo(71);
        assertThat(stopped.err()).contains("not running").doesNotContain("stale");
    }
}
