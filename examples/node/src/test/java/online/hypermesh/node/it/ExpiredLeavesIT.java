package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.NodeClient.StoredFile;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything off at once must heal: nobody's certificate holds any more, and nobody is left to issue new ones. */
class ExpiredLeavesIT {
    private static final int LEAF_VALIDITY_SECONDS = 6;

    @TempDir
    Path dir;

    @Test
    void networkStoppedUntilAllLeavesExpiredReturnsToItsPhaseByItself() throws Exception {
        Parameters d = Parameters.DEFAULT;
        Parameters shortLeaves = new Parameters(
                LEAF_VALIDITY_SECONDS,
                d.maxTransactionBytes(),
                d.maxBlockBytes(),
                d.heartbeatMillis(),
                d.maxClockErrorMillis(),
                d.leaderTimeoutMillis(),
                d.replicas());
        Path file = Files.writeString(dir.resolve("content"), "outlives certificates");
        try (LiveNetwork live = LiveNetwork.inPhase3(dir, shortLeaves)) {
            OperatorSession old = live.operator();
            Instant oldEnds = old.client().certifiedUntil().orElseThrow();
            StoredFile before = old.client().put(live.id("n1"), file, "before", read -> {});
            live.stop(LiveNetwork.ALL);
            // every leaf that exists now was issued before this moment
            long allExpiredMillis = System.currentTimeMillis() + LEAF_VALIDITY_SECONDS * 1000L + 1000;
            Await.until(
                    "every leaf has expired",
                    Duration.ofSeconds(LEAF_VALIDITY_SECONDS + 5L),
                    () -> System.currentTimeMillis() > allExpiredMillis);
            live.start(LiveNetwork.ALL);
            live.awaitPhase3(LiveNetwork.ALL);
            try (old) {
                NodeClient client = old.client();
                client.status(live.id("n1"));
                assertThat(client.certifiedUntil().orElseThrow())
                        .as("a client renews a leaf that ended while nobody was there")
                        .isAfter(oldEnds);
                for (String name : LiveNetwork.ALL) {
                    NodeStatus status = client.status(live.id(name));
                    assertThat(status.leafNotAfterMillis()).isGreaterThan(allExpiredMillis);
                    assertThat(status.leafIssuer()).contains("O=" + LiveNetwork.NAME);
                    assertThat(client.phases(live.id(name)))
                            .as("steps of %s: up to Phase 3 once, never back", name)
                            .extracting(s -> s.phase())
                            .containsExactly(1, 2, 3);
                }
            }
            try (OperatorSession operator = live.operator()) {
                NodeClient client = operator.client();
                assertThat(read(client, live, "n3", before))
                        .isEqualTo(before.content().sha256());
                Files.writeString(file, "written afterwards");
                StoredFile after = client.put(live.id("n2"), file, "after", read -> {});
                assertThat(read(client, live, "n4", after))
                        .isEqualTo(after.content().sha256());
                assertThat(List.of(before.height(), after.height())).isSorted();
            }
        }
    }

    private static Digest read(NodeClient client, LiveNetwork live, String via, StoredFile stored) throws Exception {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        client.get(live.id(via), stored.asset(), content);
        return Digest.sha256(content.toByteArray());
    }
}
