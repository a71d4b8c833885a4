package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes between which packets are lost: one cut off from three, and two from two. Everything runs in network
 * namespaces, which need no privilege where the kernel allows them to users ({@code unshare -Urn}); elsewhere the test is
 * skipped and says what is missing.
 */
class PartitionIT {
    private static final Duration PATIENCE = Duration.ofMinutes(6);

    @TempDir
    Path dir;

    @Test
    void majoritiesGoOnHalvesWaitAndNothingAcknowledgedIsLost() throws Exception {
        Namespaces.Way way = Namespaces.way();
        assumeTrue(way.command().isPresent(), way.whyNot());
        try (Command scenario = Command.start(
                dir,
                way.command().orElseThrow(),
                List.of("-XX:TieredStopAtLevel=1"),
                PartitionScenario.class.getName(),
                dir.resolve("home").toString())) {
            Command.Result end = scenario.end(PATIENCE);
            System.out.print(end.out());
            assertThat(end.code()).as(end.out() + end.err()).isZero();
        }
    }
}
