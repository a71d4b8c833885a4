package online.hypermesh.node.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.StoqException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who comes to a running network without the right to, is refused with the reason, and nobody else notices. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class StrangersIT {
    @TempDir
    Path dir;

    private static NodeClient client(RunningNetwork network, Genesis genesis, NodeKeys keys) {
        return NodeClient.open(
                genesis,
                keys,
                network.nodes().stream().map(LocalNode::endpoint).toList(),
                Duration.ofSeconds(5),
                new MemoryChunkIndex(1));
    }

    @Test
    void strangersAreRefusedMembersWithoutACertificateReachNothingAndOthersGoOn() {
        try (RunningNetwork network = new RunningNetwork(dir.resolve("network"), 1, 3600);
                NodeKeys unknown = NodeKeys.generate(new SecureRandom())) {
            network.startAll();
            network.awaitPhase3();

            try (NodeClient stranger = client(network, network.files.genesis(), unknown)) {
                assertThatThrownBy(() -> stranger.status(network.id("n1")))
                        .as("an unknown identity with a valid hello")
                        .isInstanceOf(StoqException.class)
                        .hasMessageContaining("SELF_SIGNED");
                assertThatThrownBy(() -> stranger.certify(network.id("n1")))
                        .as("nobody certifies a stranger")
                        .isInstanceOf(StoqException.class);
            }
            try (NodeClient uncertified = client(network, network.files.genesis(), network.operator)) {
                assertThatThrownBy(() -> uncertified.status(network.id("n1")))
                        .as("a self-signed leaf after Phase 1, even the operator's")
                        .isInstanceOf(StoqException.class)
                        .hasMessageContaining("MEMBER_ONLY");
            }
            Genesis own = network.files.genesis();
            Genesis elsewhere = new Genesis(
                    "elsewhere", own.createdAtMillis(), own.validators(), own.operators(), own.parameters());
            try (NodeClient lost = client(network, elsewhere, network.operator)) {
                assertThatThrownBy(() -> lost.status(network.id("n1")))
                        .as("a peer of another network")
                        .isInstanceOf(StoqException.class)
                        .hasMessageContaining("network");
            }
            NodeStatus status = network.status("n1");
            assertThat(List.of(status.phase(), status.degraded())).containsExactly(3, false);
        }
    }

    @Test
    void onlyAnOperatorsSignedCommandLowersAPhaseAndTheNodeFollowsTheNetworkAfterwards() {
        try (RunningNetwork network = new RunningNetwork(dir.resolve("network"), 1, 3600)) {
            network.startAll();
            network.awaitPhase3();

            NodeStatus lowered = network.client().lowerPhase(network.id("n1"), 1, Duration.ofSeconds(3));
            assertThat(lowered.phase()).isEqualTo(1);
            RunningNetwork.until("the order expired", () -> network.status("n1").phase() == 3);
            assertThat(network.client().phases(network.id("n1")).stream().map(s -> s.phase()))
                    .containsExactly(1, 2, 3, 1, 3);
        }
    }
}
