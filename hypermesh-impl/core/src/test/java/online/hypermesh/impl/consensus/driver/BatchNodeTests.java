package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.genesis.ProtocolVersions;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.base.crypto.SigningKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes with more to propose than a proposal carries. */
class BatchNodeTests {
    private static final String LONG = "x".repeat(30_000);

    @TempDir
    Path directory;

    private final AtomicInteger named = new AtomicInteger();
    private @Nullable TestCluster cluster;

    @AfterEach
    void close() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private TestCluster cluster(int epochSeconds, int protocolVersion) {
        TestCluster made = new TestCluster(directory, 4, epochSeconds, protocolVersion);
        made.metrics = new ConsensusMetrics() {
            @Override
            public void proposedBatches(int batches) {
                named.addAndGet(batches);
            }
        };
        cluster = made;
        return made;
    }

    /** A megabyte, at once. */
    private static List<CompletableFuture<Receipt>> submitMuch(TestCluster c, int node, String key) {
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 35; i++) {
            receipts.add(c.nodes
                    .get(node)
                    .submit(c.transaction(key + i + "=" + LONG))
                    .toCompletableFuture());
        }
        return receipts;
    }

    private static void assertApplied(List<CompletableFuture<Receipt>> receipts) throws Exception {
        for (CompletableFuture<Receipt> receipt : receipts) {
            assertThat(receipt.get(30, TimeUnit.SECONDS).outcome()).isInstanceOf(Outcome.Applied.class);
        }
    }

    @Test
    void whatDoesNotFitProposalsTravelsInBatchesAndBecomesFinalEverywhere() throws Exception {
        TestCluster c = cluster(Parameters.DEFAULT_EPOCH_SECONDS, ProtocolVersions.BATCHES);
        c.startAll();
        assertApplied(submitMuch(c, 0, "a"));
        assertApplied(submitMuch(c, 2, "b"));
        assertThat(named).hasPositiveValue();
        long height = c.nodes.get(0).finalizedHeight();
        for (int i = 0; i < 4; i++) {
            int node = i;
            TestCluster.await("node " + i, () -> c.nodes.get(node).finalizedHeight() >= height);
            assertThat(c.nodes.get(i).read("notes", TestCluster.bytes("b34"))).contains(TestCluster.bytes(LONG));
        }
    }

    @Test
    void whatWaitsForABatchIsNotOvertaken() throws Exception {
        TestCluster c = cluster(Parameters.DEFAULT_EPOCH_SECONDS, ProtocolVersions.BATCHES);
        c.startAll();
        SigningKey key = TestCluster.key(25, 1);
        // about as much under way as fits a proposal, so that entries go now this way and now that
        try (Messenger client = c.network.join(key.verifyKey());
                LedgerSession session =
                        new LedgerSession(c.genesis, key, client, c.id(1), LedgerSession.Mode.SINGLE, 34, 1)) {
            List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
            for (int i = 0; i < 1500; i++) {
                outcomes.add(session.execute("notes", TestCluster.bytes("k=" + LONG.substring(0, 4_000)))
                        .toCompletableFuture());
            }
            for (CompletableFuture<Outcome> outcome : outcomes) {
                assertThat(outcome.get(60, TimeUnit.SECONDS)).isInstanceOf(Outcome.Applied.class);
            }
        }
        assertThat(named).hasPositiveValue();
    }

    @Test
    void nodesThatFallAndRiseStillHoldWhatTheyPromised() throws Exception {
        TestCluster c = cluster(Parameters.DEFAULT_EPOCH_SECONDS, ProtocolVersions.BATCHES);
        c.startAll();
        c.nodes.get(1).submit(c.transaction("begin=1")).toCompletableFuture().get(30, TimeUnit.SECONDS);
        c.stop(2);
        c.stop(3);
        submitMuch(c, 0, "a");
        // what came before the first batch, and the last one, may be lost: nobody was told that they are final
        TestCluster.await("batches are in the vote log of the other", () -> length(c.voteLog(1)) > 900_000);
        c.stop(0);
        c.stop(1);
        c.startAll();
        for (int i = 0; i < 4; i++) {
            int node = i;
            TestCluster.await(
                    "node " + i,
                    () -> c.nodes
                            .get(node)
                            .read("notes", TestCluster.bytes("a20"))
                            .isPresent());
        }
    }

    private static long length(Path file) {
        return file.toFile().length();
    }

    @Test
    void anOlderNetworkKnowsNoBatchesUntilItsValidatorsWantThem() throws Exception {
        TestCluster c = cluster(1, ProtocolVersions.FIRST);
        c.startAll();
        assertApplied(submitMuch(c, 0, "a"));
        assertThat(named).hasValue(0);
        ValidatorChange upgrade = new ValidatorChange.Upgrade(ValidatorChange.PROTOCOL, ProtocolVersions.BATCHES);
        boolean decided = false;
        for (int i = 0; i < 60 && !decided; i++) {
            Transaction t = Transaction.sign(
                    c.genesis.networkId(), c.nodeKeys.get(i % 3), i + 1L, ValidatorChange.MODULE, upgrade.encode());
            Outcome outcome = c.nodes
                    .get(i % 3)
                    .submit(t)
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS)
                    .outcome();
            decided = outcome instanceof Outcome.Refused
                    || (outcome instanceof Outcome.Applied a && a.result()[0] == (byte) 0xf5);
        }
        assertThat(decided).isTrue();
        long epoch = c.nodes.get(0).status().epoch() + 2;
        for (int i = 0; c.nodes.get(0).status().epoch() < epoch; i++) {
            c.nodes
                    .get(0)
                    .submit(c.transaction("reach=" + i))
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
        }
        assertApplied(submitMuch(c, 0, "b"));
        assertThat(named).hasPositiveValue();
    }
}
