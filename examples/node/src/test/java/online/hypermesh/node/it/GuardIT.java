package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guards of phases against real processes: what is not there does not come true. */
class GuardIT {
    /** How long the phase is watched not to move; a healthy network passes it in a fraction of that. */
    private static final Duration WATCHED = Duration.ofSeconds(4);

    @TempDir
    Path dir;

    @Test
    void phaseWaitsForTheQuorumSaysSoAndNeverFallsBack() {
        try (LiveNetwork live = LiveNetwork.found(dir, Parameters.DEFAULT)) {
            live.start(List.of("n1", "n2"));
            try (OperatorSession operator = live.operator()) {
                NodeClient client = operator.client();
                twoOfFourStayInPhase0(live, client);
                live.start(List.of("n3"));
                live.awaitPhase3(List.of("n1", "n2", "n3"));
                assertThat(client.status(live.id("n1")).waitsFor()).isEmpty();
            }
            try (OperatorSession operator = live.operator()) {
                register(live, operator.client(), "before");
                live.stop(List.of("n2"));
                live.stop(List.of("n1"));
                live.start(List.of("n1"));
                withoutQuorumPhase3IsDegraded(live, operator.client());
                live.start(List.of("n2"));
                live.awaitPhase3(List.of("n1", "n2", "n3"));
                register(live, operator.client(), "after");
            }
        }
    }

    private static void twoOfFourStayInPhase0(LiveNetwork live, NodeClient client) {
        long end = System.nanoTime() + WATCHED.toNanos();
        while (System.nanoTime() < end) {
            for (String name : List.of("n1", "n2")) {
                NodeStatus status = client.status(live.id(name));
                assertThat(status.phase())
                        .as("%s with two of four validators", name)
                        .isZero();
                assertThat(status.finalizedHeight()).isZero();
                assertThat(status.waitsFor())
                        .contains("QUORUM_CONNECTED", "start more validators", "LEAF_ISSUED")
                        .doesNotContain("GENESIS_LOADED")
                        .doesNotContain("LISTEN_BOUND");
            }
            Await.pause(200);
        }
    }

    private static void withoutQuorumPhase3IsDegraded(LiveNetwork live, NodeClient client) {
        Await.until(
                "n1 is DEGRADED",
                LiveNetwork.START,
                () -> client.status(live.id("n1")).degraded());
        NodeStatus status = client.status(live.id("n1"));
        assertThat(status.phase()).isEqualTo(3);
        assertThat(status.waitsFor()).contains("quorum");
        assertThatThrownBy(() -> register(live, client, "meanwhile"))
                .isInstanceOf(CodedException.class)
                .hasMessageContaining("QUORUM_UNREACHABLE")
                .hasMessageContaining("DEGRADED")
                .hasMessageContaining("Start more validators");
        String before = "before." + NameRules.suffix(live.network().genesis());
        assertThat(client.prove(live.id("n1"), NameRecord.MODULE, NameRecord.key(before))
                        .value())
                .as("reads go on, with proofs")
                .isPresent();
    }

    private static void register(LiveNetwork live, NodeClient client, String name) {
        client.apply(
                live.id("n1"),
                NameRecord.MODULE,
                new NameInstruction.Register(
                                name + "." + NameRules.suffix(live.network().genesis()),
                                new NameRecord.Content(List.of(), List.of("of GuardIT"), 60))
                        .encode());
    }
}
