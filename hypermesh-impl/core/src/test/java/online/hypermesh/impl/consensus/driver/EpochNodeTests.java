package online.hypermesh.impl.consensus.driver;

import static online.hypermesh.impl.consensus.driver.TestCluster.await;
import static online.hypermesh.impl.consensus.driver.TestCluster.bytes;
import static online.hypermesh.impl.consensus.driver.TestCluster.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.FollowingLightClient;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes with real keys, files and threads, through epochs of one second. */
class EpochNodeTests {
    @TempDir
    Path directory;

    private TestCluster cluster;
    private long nonce;

    @BeforeEach
    void create() {
        cluster = new TestCluster(directory, 4, 1);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private Receipt submit(int node, String text) throws Exception {
        return cluster.nodes
                .get(node)
                .submit(cluster.transaction(text))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    private Outcome change(int via, SigningKey sender, ValidatorChange change) throws Exception {
        Transaction t =
                Transaction.sign(cluster.genesis.networkId(), sender, ++nonce, ValidatorChange.MODULE, change.encode());
        return cluster.nodes
                .get(via)
                .submit(t)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS)
                .outcome();
    }

    /** Writes until an epoch begins. */
    private void reach(int node, long epoch) throws Exception {
        int i = 0;
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (cluster.nodes.get(node).status().epoch() < epoch) {
            assertThat(System.nanoTime()).as("epoch " + epoch).isLessThan(end);
            submit(node, "reach=" + epoch + "." + i++);
        }
    }

    /** As somebody who is no validator. */
    private byte[] ask(int node, byte[] question) {
        try (Messenger stranger = cluster.network.join(key(27, 1).verifyKey())) {
            return stranger.request(cluster.id(node), HistoryService.SERVICE, question, Duration.ofSeconds(20));
        }
    }

    private LightClient light() {
        return new FollowingLightClient(
                new CertificateLightClient(cluster.genesis, Duration.ofHours(1), InstantSource.system()),
                epoch -> cluster.nodes.get(0).handOver(epoch));
    }

    @Test
    void keysAndMembersChangeWhileTheNetworkGoesOnAndALightClientFollows() throws Exception {
        SigningKey fresh = key(30, 5);
        SigningKey candidateNode = key(29, 1);
        SigningKey candidateVoting = key(29, 2);
        NodeId candidate = NodeId.of(candidateNode.verifyKey());
        for (int i = 0; i < 4; i++) {
            cluster.start(i, i == 2 ? List.of(cluster.votingKeys.get(2), fresh) : List.of(cluster.votingKeys.get(i)));
        }
        Receipt first = submit(0, "a=1");
        assertThat(change(
                        0,
                        cluster.nodeKeys.get(2),
                        ValidatorChange.rotate(cluster.genesis.networkId(), cluster.id(2), fresh)))
                .isInstanceOf(Outcome.Applied.class);
        ValidatorChange join = ValidatorChange.join(cluster.genesis.networkId(), candidate, candidateVoting, 1);
        // Approvals count within one epoch, and epochs are short here.
        boolean joined = false;
        for (int i = 0; i < 60 && !joined; i++) {
            Outcome outcome = change(i % 4, cluster.nodeKeys.get(i % 4), join);
            joined = outcome instanceof Outcome.Refused
                    || (outcome instanceof Outcome.Applied a && a.result()[0] == (byte) 0xf5);
        }
        assertThat(joined).isTrue();
        long epoch = cluster.nodes.get(0).status().epoch() + 2;
        cluster.nodeKeys.add(candidateNode);
        cluster.votingKeys.add(candidateVoting);
        cluster.start(4);
        // An idle network ends no epoch before its next heartbeat: it is kept busy until the new set is in charge.
        reach(0, epoch);
        await(
                "the new validator signs",
                () -> cluster.nodes.get(4).status().signing().equals("signing"));
        await(
                "and the one with the new key does",
                () -> cluster.nodes.get(2).status().signing().equals("signing"));

        LightClient light = light();
        assertThat(light.verify(first)).isEqualTo(Verdict.ACCEPTED);
        Receipt later = submit(4, "b=2");
        assertThat(later.header().epoch()).isGreaterThanOrEqualTo(epoch);
        assertThat(light.verify(later)).isEqualTo(Verdict.ACCEPTED);
        StateProof proof = cluster.nodes.get(0).prove("notes", bytes("b"));
        assertThat(light.verify(proof)).isEqualTo(Verdict.ACCEPTED);
        HandOver handOver = cluster.nodes.get(1).handOver(epoch - 1).orElseThrow();
        assertThat(HandOver.decode(handOver.encode()).encode()).isEqualTo(handOver.encode());
        assertThat(handOver.next().indexOf(candidate)).isPresent();
        assertThat(HistoryService.decode(ask(1, HistoryService.request(epoch - 1)))
                        .orElseThrow()
                        .encode())
                .isEqualTo(handOver.encode());

        // Whoever joins later knows nothing of the first epochs, and believes what was final in them all the same.
        long checkpoint = later.header().epoch() - 1;
        HandOver end = cluster.nodes.get(0).handOver(checkpoint).orElseThrow();
        LightClient joiner = new FollowingLightClient(
                CertificateLightClient.fromCheckpoint(
                        cluster.genesis,
                        end.header().id(),
                        end.header(),
                        end.next(),
                        Duration.ofHours(1),
                        InstantSource.system()),
                e -> cluster.nodes.get(0).handOver(e));
        assertThat(joiner.verify(first).accepted()).isFalse();
        AncestorProof history = HistoryService.decodeAncestor(
                        ask(3, HistoryService.requestAncestor(first.header().height())))
                .orElseThrow();
        assertThat(joiner.verify(first, history)).isEqualTo(Verdict.ACCEPTED);
        assertThat(joiner.verify(later, history).accepted()).isFalse();
        assertThat(cluster.nodes.get(3).ancestor(Long.MAX_VALUE)).isEmpty();

        // Five validators now: two of the founders may be away.
        cluster.stop(3);
        submit(0, "c=3");
        long height = cluster.nodes.get(0).finalizedHeight();
        cluster.start(3);
        await("a validator that was away follows", () -> cluster.nodes.get(3).finalizedHeight() >= height);
    }

    @Test
    void aNetworkThatStopsInALaterEpochGoesOnThere() throws Exception {
        cluster.startAll();
        submit(0, "a=1");
        reach(0, 1);
        long height = cluster.nodes.get(0).finalizedHeight();
        for (int i = 0; i < 4; i++) {
            cluster.stop(i);
        }
        cluster.startAll();
        assertThat(cluster.nodes.get(0).finalizedHeight()).isGreaterThanOrEqualTo(height);
        submit(1, "b=2");
        assertThat(cluster.nodes.get(1).status().epoch()).isGreaterThanOrEqualTo(1);
        SigningKey user = key(25, 1);
        try (Messenger client = cluster.network.join(user.verifyKey());
                LedgerSession session = new LedgerSession(
                        cluster.genesis, user, client, cluster.id(1), LedgerSession.Mode.BUNDLES, 1, 1)) {
            assertThat(session.execute("notes", bytes("s=1"))
                            .toCompletableFuture()
                            .get(20, TimeUnit.SECONDS))
                    .isInstanceOf(Outcome.Applied.class);
        }
        cluster.stop(2);
        cluster.storages.remove(2);
        submit(1, "c=3");
        cluster.start(2);
        long now = cluster.nodes.get(1).finalizedHeight();
        await(
                "a validator that lost its blocks fetches them",
                () -> cluster.nodes.get(2).finalizedHeight() >= now);
        await("and signs again", () -> cluster.nodes.get(2).status().signing().equals("signing"));
    }

    /** The notes, which are written in upper case by version 2. */
    private static final LedgerModule LOUD_NOTES = new LedgerModule() {
        @Override
        public String name() {
            return TestCluster.NOTES.name();
        }

        @Override
        public int newestVersion() {
            return 2;
        }

        @Override
        public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
            byte[] text = context.moduleVersion() == 1
                    ? payload
                    : bytes(new String(payload, StandardCharsets.UTF_8).toUpperCase(Locale.ROOT));
            return TestCluster.NOTES.execute(context, text, state);
        }
    };

    @Test
    void aNodeWithOlderSoftwareStopsWhereANewVersionBeginsAndGoesOnWithNewerSoftware() throws Exception {
        cluster.start(3);
        cluster.module = LOUD_NOTES;
        for (int i = 0; i < 3; i++) {
            cluster.start(i);
        }
        submit(0, "before=old");
        ValidatorChange upgrade = new ValidatorChange.Upgrade("notes", 2);
        boolean decided = false;
        for (int i = 0; i < 60 && !decided; i++) {
            Outcome outcome = change(i % 3, cluster.nodeKeys.get(i % 3), upgrade);
            decided = outcome instanceof Outcome.Refused
                    || (outcome instanceof Outcome.Applied a && a.result()[0] == (byte) 0xf5);
        }
        assertThat(decided).isTrue();
        reach(0, cluster.nodes.get(0).status().epoch() + 2);
        submit(0, "after=new");
        assertThat(cluster.nodes.get(0).read("notes", bytes("before"))).contains(bytes("old"));
        assertThat(cluster.nodes.get(0).read("notes", bytes("AFTER"))).contains(bytes("NEW"));
        await(
                "the older software stops",
                () -> cluster.nodes.get(3).status().signing().startsWith("stopped"));
        assertThat(cluster.nodes.get(3).status().signing()).contains("notes has version 2", "up to 1");

        cluster.stop(3);
        cluster.start(3);
        long now = cluster.nodes.get(0).finalizedHeight();
        await("with newer software it goes on", () -> cluster.nodes.get(3).finalizedHeight() >= now);
        assertThat(cluster.nodes.get(3).read("notes", bytes("AFTER"))).contains(bytes("NEW"));
        await("and signs again", () -> cluster.nodes.get(3).status().signing().equals("signing"));
    }
}
