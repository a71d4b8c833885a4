package online.hypermesh.impl.consensus.driver;

import static online.hypermesh.impl.consensus.driver.TestCluster.await;
import static online.hypermesh.impl.consensus.driver.TestCluster.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ConsensusNodeTests {
    @TempDir
    Path directory;

    private TestCluster cluster;
    private LightClient light;

    @BeforeEach
    void create() {
        cluster = new TestCluster(directory, 4);
        light = new CertificateLightClient(cluster.genesis);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void whoCannotBeAnsweredDisturbsNobodyElse() throws Exception {
        cluster.startAll();
        cluster.nodes.get(0).whenAnswered(() -> {
            throw new IllegalStateException("nobody is there");
        });
        submit(0, "a=1");
        submit(0, "b=2");
    }

    private Receipt submit(int node, String text) throws Exception {
        return submit(node, cluster.transaction(text));
    }

    private Receipt submit(int node, Transaction t) throws Exception {
        return cluster.nodes.get(node).submit(t).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private void awaitValue(int node, String key, String value) {
        await(
                key + " on n" + node,
                () -> cluster.nodes
                        .get(node)
                        .read("notes", bytes(key))
                        .filter(v -> Arrays.equals(v, bytes(value)))
                        .isPresent());
    }

    @Test
    void aSubmittedTransactionComesBackWithAReceiptThatALightClientBelieves() throws Exception {
        cluster.startAll();
        for (int i = 0; i < 4; i++) {
            Transaction t = cluster.transaction("k" + i + "=v" + i);
            Receipt receipt = submit(i, t);
            assertThat(receipt.transactionId()).isEqualTo(t.id());
            assertThat(receipt.outcome()).isInstanceOf(Outcome.Applied.class);
            assertThat(light.verify(receipt).accepted()).isTrue();
        }
        for (int i = 0; i < 4; i++) {
            awaitValue(i, "k3", "v3");
        }
    }

    @Test
    void aRefusedTransactionIsFinalWithItsReason() throws Exception {
        cluster.startAll();
        assertThat(submit(1, "nonsense").outcome()).isInstanceOf(Outcome.Refused.class);
    }

    @Test
    void aReplayedTransactionIsRefusedAtOnce() throws Exception {
        cluster.startAll();
        Transaction t = cluster.transaction("a=1");
        submit(0, t);
        assertThatThrownBy(() -> submit(0, t))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.CONFLICT));
    }

    @Test
    void aTransactionOvertakenByALaterNonceFailsInsteadOfWaitingForEver() throws Exception {
        for (int i = 0; i < 3; i++) {
            cluster.start(i);
        }
        submit(0, "a=1");
        Transaction early = cluster.transaction("early=1");
        Transaction late = cluster.transaction("late=1");
        cluster.network.unplug(cluster.id(0));
        CompletableFuture<Receipt> overtaken =
                cluster.nodes.get(0).submit(early).toCompletableFuture();
        cluster.start(3);
        submit(1, late);
        cluster.network.plug(cluster.id(0));
        assertThatThrownBy(() -> overtaken.get(60, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.CONFLICT));
    }

    @Test
    void presenceAndAbsenceAreProvenAgainstAFinalizedRoot() throws Exception {
        cluster.startAll();
        submit(2, "here=yes");
        StateProof present = cluster.nodes.get(2).prove("notes", bytes("here"));
        assertThat(present.value()).hasValueSatisfying(v -> assertThat(v).isEqualTo(bytes("yes")));
        assertThat(light.verify(present).accepted()).isTrue();
        StateProof absent = cluster.nodes.get(2).prove("notes", bytes("nowhere"));
        assertThat(absent.value()).isEmpty();
        assertThat(light.verify(absent).accepted()).isTrue();
    }

    @Test
    void manyTransactionsAreAllAppliedExactlyOnceInOneOrder() throws Exception {
        cluster.startAll();
        List<List<String>> heard = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            List<String> list = java.util.Collections.synchronizedList(new ArrayList<>());
            heard.add(list);
            cluster.nodes
                    .get(i)
                    .subscribe(
                            1,
                            (block, outcomes) -> block.block().transactions().forEach(t -> list.add(t.id().toHex())));
        }
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            receipts.add(cluster.nodes
                    .get(0)
                    .submit(cluster.transaction("k" + i + "=" + i))
                    .toCompletableFuture());
        }
        for (CompletableFuture<Receipt> r : receipts) {
            assertThat(light.verify(r.get(60, TimeUnit.SECONDS)).accepted()).isTrue();
        }
        for (List<String> list : heard) {
            await("500 transactions heard", () -> list.size() == 500);
            assertThat(list).isEqualTo(heard.get(0)).doesNotHaveDuplicates();
        }
    }

    @Test
    void anIdleNetworkComesToRest() throws Exception {
        cluster.startAll();
        long certified = submit(0, "a=1").header().height();
        long[] last = {-1, System.nanoTime()};
        await("no new view for a second", () -> {
            long views = cluster.nodes.values().stream()
                    .mapToLong(n -> n.status().view())
                    .sum();
            if (views != last[0]) {
                last[0] = views;
                last[1] = System.nanoTime();
            }
            return System.nanoTime() - last[1] > TimeUnit.SECONDS.toNanos(1);
        });
        assertThat(cluster.nodes.values()).allMatch(n -> n.finalizedHeight() >= certified);
    }

    @Test
    void writesGoOnWithoutOneValidatorWhichCatchesUpAfterwards() throws Exception {
        cluster.startAll();
        submit(0, "a=1");
        cluster.stop(1);
        for (int i = 0; i < 20; i++) {
            submit(2, "b" + i + "=2");
        }
        cluster.start(1);
        awaitValue(1, "b19", "2");
        await("n1 signs", () -> cluster.nodes.get(1).status().signing().equals("signing"));
        assertThat(light.verify(submit(1, "c=3")).accepted()).isTrue();
    }

    @Test
    void aValidatorThatMissedMoreThanTheTreeRemembersCatchesUp() throws Exception {
        cluster.startAll();
        submit(0, "a=1");
        cluster.stop(1);
        int missed = LedgerTree.RETAINED_FINALIZED + 40;
        for (int i = 0; i < missed; i++) {
            submit(2, "b" + i + "=2");
        }
        cluster.start(1);
        awaitValue(1, "b" + (missed - 1), "2");
        await("n1 signs", () -> cluster.nodes.get(1).status().signing().equals("signing"));
        assertThat(light.verify(submit(1, "c=3")).accepted()).isTrue();
    }

    @Test
    void allValidatorsStoppedAndStartedGoOnWhereTheyWere() throws Exception {
        cluster.startAll();
        submit(0, "a=1");
        for (int i = 0; i < 4; i++) {
            cluster.stop(i);
        }
        cluster.startAll();
        submit(3, "b=2");
        awaitValue(0, "a", "1");
        awaitValue(0, "b", "2");
    }

    @Test
    void aValidatorWithoutItsDataRejoinsAndVotesOnlyAboveAFloor() throws Exception {
        cluster.startAll();
        for (int i = 0; i < 5; i++) {
            submit(0, "a" + i + "=1");
        }
        cluster.stop(3);
        Files.delete(cluster.voteLog(3));
        cluster.storages.remove(3);
        byte[] oldLog = cluster.keystore.get(3);
        cluster.start(3);
        awaitValue(3, "a4", "1");
        await("floor", () -> cluster.nodes.get(3).status().votesAboveView() > 0);
        assertThat(cluster.keystore.get(3)).isNotEqualTo(oldLog);
        for (int i = 0; i < 5; i++) {
            submit(3, "b" + i + "=1");
        }
        await("n3 signs", () -> cluster.nodes.get(3).status().signing().equals("signing"));
        cluster.stop(0);
        assertThat(light.verify(submit(3, "c=1")).accepted()).isTrue();
    }

    @Test
    void aRolledBackVoteLogStopsSigning() throws Exception {
        cluster.startAll();
        submit(0, "a=1");
        cluster.stop(2);
        byte[] old = Files.readAllBytes(cluster.voteLog(2));
        cluster.start(2);
        await("n2 signs", () -> cluster.nodes.get(2).status().signing().equals("signing"));
        for (int i = 0; i < 8; i++) {
            submit(2, "b" + i + "=1");
        }
        cluster.stop(3);
        submit(2, "last=1"); // with three of four, nothing is final without a vote of n2
        cluster.stop(2);
        Files.write(cluster.voteLog(2), old);
        cluster.start(2);
        await("n2 stops", () -> cluster.nodes.get(2).status().signing().contains("rolled back"));
        cluster.start(3);
        submit(0, "c=1");
        awaitValue(2, "c", "1");
    }

    @Test
    void aDiskThatSyncsSlowlyDoesNotLetUnsyncedBlocksPileUp() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        AtomicInteger mostUnsynced = new AtomicInteger();
        cluster.storages.put(0, new MemoryBlockStorage() {
            private long synced;

            @Override
            public void append(FinalizedBlock block) {
                super.append(block);
                mostUnsynced.accumulateAndGet((int) (height() - synced), Math::max);
            }

            @Override
            public void sync() {
                long upTo = height();
                if (Thread.currentThread().getName().equals("consensus-sync")) {
                    try {
                        assertThat(slow.await(60, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                } else {
                    synced = upTo;
                }
            }
        });
        cluster.startAll();
        submit(0, "k=v");
        await("a sync under way", () -> mostUnsynced.get() > 0);
        for (int i = 0; i < 45; i++) {
            submit(0, "k" + i + "=v");
        }
        assertThat(cluster.nodes.get(0).finalizedHeight()).isGreaterThan(64);
        assertThat(mostUnsynced).hasValueLessThan(64);
        slow.countDown();
    }

    @Test
    void askingForManyModulesCostsNoMemory() {
        cluster.startAll();
        for (int i = 0; i < 200; i++) {
            assertThat(cluster.nodes.get(0).read("module-" + i, bytes("k"))).isEmpty();
        }
        assertThat(cluster.nodes.get(0).read("notes", bytes("k"))).isEmpty();
    }

    @Test
    void submittingAgainWhatIsFinalDoesNotFailTheFirstSubmission() throws Exception {
        cluster.startAll();
        for (int i = 0; i < 20; i++) {
            Transaction t = cluster.transaction("again" + i + "=1");
            Submission<Receipt> first = cluster.nodes.get(0).submitTracked(t);
            first.ordered().toCompletableFuture().get(30, TimeUnit.SECONDS);
            cluster.nodes.get(0).submitTracked(t);
            assertThat(light.verify(first.receipt().toCompletableFuture().get(30, TimeUnit.SECONDS))
                            .accepted())
                    .isTrue();
        }
    }

    @Test
    void aKeystoreFromBeforeTheFirstStartDoesNotVoteOnceTheDataIsLost() throws Exception {
        cluster.startAll();
        await("n3 signs", () -> cluster.nodes.get(3).status().signing().equals("signing"));
        for (int i = 0; i < 5; i++) {
            submit(3, "a" + i + "=1");
        }
        cluster.stop(3);
        Files.delete(cluster.voteLog(3));
        cluster.storages.remove(3);
        cluster.keystore.remove(3);
        cluster.network.unplug(cluster.id(3));
        cluster.start(3);
        await("n3 asks first", () -> cluster.nodes.get(3).status().signing().startsWith("checking"));
        cluster.network.plug(cluster.id(3));
        await("n3 stops", () -> cluster.nodes.get(3).status().signing().startsWith("stopped: peers hold"));
        submit(0, "b=1");
        awaitValue(3, "b", "1");

        cluster.stop(3);
        Files.delete(cluster.voteLog(3));
        cluster.start(3);
        await("n3 rejoins", () -> cluster.nodes.get(3).status().votesAboveView() > 0);
    }

    private static Optional<Outcome.Refused> founderOrListed(ExecutionContext context) {
        NodeId founder = NodeId.of(TestCluster.key(20, 1).verifyKey());
        boolean listed =
                context.stateOf("notes").get(bytes(context.sender().toString())).isPresent();
        return context.sender().equals(founder) || listed
                ? Optional.empty()
                : Optional.of(new Outcome.Refused("STRANGER", "not listed"));
    }

    @Test
    void whatTheGateRefusesIsNeitherTakenFromAClientNorFromAPeerUntilTheFinalStateLetsItIn() throws Exception {
        cluster.gate = ConsensusNodeTests::founderOrListed;
        cluster.startAll();
        submit(0, "a=1");
        SigningKey stranger = TestCluster.key(21, 1);
        NodeId strangerId = NodeId.of(stranger.verifyKey());
        Transaction early = Transaction.sign(cluster.genesis.networkId(), stranger, 1, "notes", bytes("s=1"));
        assertThatThrownBy(() -> submit(0, early))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(HypermeshException.class, e -> {
                    assertThat(e.code()).isEqualTo(Code.DENIED);
                    assertThat(e).hasMessageContaining("STRANGER").hasMessageContaining("not listed");
                });
        cluster.network
                .join(TestCluster.key(9, 1).verifyKey())
                .send(cluster.id(0), ConsensusNode.MESSAGE_SERVICE, new Message.Gossip(List.of(early)).encode());
        long enrolled = submit(0, strangerId + "=member").header().height();
        assertThat(cluster.nodes.get(0).finalizedHeight()).isGreaterThanOrEqualTo(enrolled);
        assertThat(cluster.nodes.get(0).read("notes", bytes("s"))).isEmpty();
        assertThat(submit(0, early).outcome()).isInstanceOf(Outcome.Applied.class);
        for (int i = 0; i < 4; i++) {
            awaitValue(i, "s", "1");
        }
    }

    @Test
    void aNetworkOfOneSignsAtOnce() throws Exception {
        try (TestCluster one = new TestCluster(directory.resolve("one"), 1)) {
            ConsensusNode node = one.start(0);
            Receipt receipt =
                    node.submit(one.transaction("a=1")).toCompletableFuture().get(30, TimeUnit.SECONDS);
            assertThat(receipt.outcome()).isInstanceOf(Outcome.Applied.class);
        }
    }

    @Test
    void aNodeThatDoesNotVoteFollows() throws Exception {
        cluster.startAll();
        ConsensusNode observer = cluster.make(9, TestCluster.key(9, 1), Optional.empty());
        observer.start();
        submit(0, "a=1");
        awaitValue(9, "a", "1");
        assertThat(light.verify(submit(9, "b=2")).accepted()).isTrue();
        assertThat(observer.status().signing()).startsWith("observing");
    }

    @Test
    void aLateSubscriberHearsWhatIsAlreadyFinalUntilItUnsubscribes() throws Exception {
        cluster.startAll();
        submit(0, "a=1");
        List<Long> heights = Collections.synchronizedList(new ArrayList<>());
        try (AutoCloseable subscription = subscribe(heights)) {
            await("first blocks", () -> heights.size() >= 2);
            assertThat(heights).startsWith(1L, 2L);
        }
        long later = submit(0, "b=2").height();
        List<Long> witness = Collections.synchronizedList(new ArrayList<>());
        try (AutoCloseable subscription = subscribe(witness)) {
            await("the block after it unsubscribed", () -> witness.contains(later));
        }
        assertThat(heights).doesNotContain(later);
    }

    private AutoCloseable subscribe(List<Long> heights) {
        return cluster.nodes
                .get(0)
                .subscribe(
                        1,
                        (block, outcomes) -> heights.add(block.block().header().height()));
    }
}
