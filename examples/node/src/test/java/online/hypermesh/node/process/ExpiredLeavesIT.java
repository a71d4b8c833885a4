package online.hypermesh.node.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import online.hypermesh.node.client.NodeClient.StoredFile;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.operation.NodeStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ExpiredLeavesIT {
    private static final int VALIDITY_SECONDS = 20;

    @TempDir
    Path dir;

    @Test
    @Timeout(value = 8, unit = TimeUnit.MINUTES)
    void networkStoppedUntilEveryLeafHasExpiredStartsAgainByItself() throws Exception {
        try (RunningNetwork network = new RunningNetwork(dir.resolve("network"), 4, VALIDITY_SECONDS)) {
            network.startAll();
            network.awaitPhase3();
            long lastExpiry = 0;
            long height = 0;
            for (LocalNode node : network.nodes()) {
                NodeStatus status = network.status(node.name());
                lastExpiry = Math.max(lastExpiry, status.leafNotAfterMillis());
                height = Math.max(height, status.finalizedHeight());
            }
            network.stopAll();
            // renewed in the last moment, a leaf may end later than any seen above
            long allExpired = Math.max(lastExpiry, System.currentTimeMillis() + VALIDITY_SECONDS * 1000L);
            RunningNetwork.until(
                    "every leaf expired",
                    Duration.ofSeconds(3L * VALIDITY_SECONDS),
                    () -> System.currentTimeMillis() > allExpired);

            network.startAll();
            network.awaitPhase3();
            long before = height;
            RunningNetwork.until(
                    "certificates renewed and blocks finalized",
                    () -> network.nodes().stream()
                            .map(n -> network.status(n.name()))
                            .allMatch(s -> s.finalizedHeight() > before
                                    && !s.degraded()
                                    && s.leafIssuer().contains("CN=n")
                                    && s.leafNotAfterMillis() > System.currentTimeMillis()));
            Path file = Files.writeString(dir.resolve("file"), "after the long stop");
            network.client().certify(network.id("n1"));
            StoredFile stored = network.client().put(network.id("n1"), file, "after", done -> {});
            assertThat(network.client()
                            .get(network.id("n3"), stored.asset(), OutputStream.nullOutputStream())
                            .bytes())
                    .isEqualTo(Files.size(file));
        }
    }
}
