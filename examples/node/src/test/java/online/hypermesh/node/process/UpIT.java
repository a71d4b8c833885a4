package online.hypermesh.node.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class UpIT {
    @TempDir
    Path home;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (Process process : started) {
            process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
        }
    }

    private Process command(String... args) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "online.hypermesh.node.Main"));
        line.addAll(List.of(args));
        line.addAll(List.of("--home", home.toString()));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        started.add(process);
        return process;
    }

    private static String output(Process process) throws Exception {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static List<ProcessHandle> nodesOf(Process up) throws Exception {
        BufferedReader out = new BufferedReader(new InputStreamReader(up.getInputStream(), StandardCharsets.UTF_8));
        JsonNode json = new ObjectMapper().readTree(out.readLine());
        List<ProcessHandle> nodes = new ArrayList<>();
        for (JsonNode node : json.get("nodes")) {
            nodes.add(ProcessHandle.of(node.get("pid").asLong()).orElseThrow());
        }
        return nodes;
    }

    @Test
    void nodesEndWithTheCommandHoweverItEndsAndALockSaysWhoseItIs() throws Exception {
        Process up = command("up", "--json", "--nodes", "2", "--name", "a");
        List<ProcessHandle> nodes = nodesOf(up);
        assertThat(nodes).hasSize(2).allMatch(ProcessHandle::isAlive);

        up.destroyForcibly();
        for (ProcessHandle node : nodes) {
            node.onExit().get(60, TimeUnit.SECONDS);
        }
        Process doctor = command("doctor");
        Process status = command("status", "--name", "a");
        assertThat(output(doctor)).contains("stale lock of process " + up.pid());
        assertThat(output(status)).contains("is not running").contains("process " + up.pid());
        assertThat(status.waitFor()).isEqualTo(71);

        Process again = command("up", "--json", "--name", "a");
        List<ProcessHandle> nodesAgain = nodesOf(again);
        assertThat(nodesAgain).hasSize(2);
        Process second = command("up", "--name", "a");
        assertThat(output(second)).contains("process " + again.pid()).contains("hypermesh down --name a");
        assertThat(second.waitFor()).isEqualTo(68);

        Process down = command("down", "--name", "a");
        assertThat(output(down)).contains("stopped");
        assertThat(down.waitFor()).isZero();
        assertThat(again.waitFor(60, TimeUnit.SECONDS)).isTrue();
        for (ProcessHandle node : nodesAgain) {
            node.onExit().get(60, TimeUnit.SECONDS);
        }
    }
}
