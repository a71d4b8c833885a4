package online.hypermesh.impl.consensus.driver;

import static online.hypermesh.impl.consensus.driver.TestCluster.await;
import static online.hypermesh.impl.consensus.driver.TestCluster.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Bundle;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.ReadLevel;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LedgerSessionTests {
    @TempDir
    Path directory;

    private TestCluster cluster;
    private final SigningKey key = TestCluster.key(25, 1);
    private Messenger client;

    @BeforeEach
    void start() {
        cluster = new TestCluster(directory, 4);
        cluster.startAll();
        client = cluster.network.join(key.verifyKey());
    }

    @AfterEach
    void stop() {
        client.close();
        cluster.close();
    }

    private LedgerSession session(LedgerSession.Mode mode, int maxUnderWay) {
        return new LedgerSession(cluster.genesis, key, client, cluster.id(1), mode, maxUnderWay, 1);
    }

    private static List<Bundle.Operation> notes(String... texts) {
        List<Bundle.Operation> operations = new ArrayList<>();
        for (String text : texts) {
            operations.add(new Bundle.Operation("notes", bytes(text)));
        }
        return operations;
    }

    private static Outcome outcome(CompletableFuture<Outcome> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private static Optional<String> read(LedgerReader reader, ReadLevel level, String key) {
        return reader.read(level, "notes", bytes(key), Duration.ofSeconds(20))
                .map(v -> new String(v, StandardCharsets.UTF_8));
    }

    @Test
    void everyReadSaysWhatItIsWorth() throws Exception {
        try (LedgerSession session = session(LedgerSession.Mode.BUNDLES, 1)) {
            LedgerReader reader = new LedgerReader(session);
            assertThat(read(reader, ReadLevel.LINEARIZABLE, "a")).isEmpty();
            for (int i = 0; i < 5; i++) {
                String value = "" + i;
                assertThat(outcome(session.executeAll(notes("a=" + value)).get(0)))
                        .isInstanceOf(Outcome.Applied.class);
                // The session was shown that the write is final: no proof older than it is taken.
                assertThat(read(reader, ReadLevel.FINALIZED, "a")).contains(value);
                assertThat(read(reader, ReadLevel.LINEARIZABLE, "a")).contains(value);
                assertThat(read(reader, ReadLevel.STALE, "a")).contains(value);
            }
            assertThat(read(reader, ReadLevel.FINALIZED, "nobody")).isEmpty();
            assertThat(read(reader, ReadLevel.STALE, "nobody")).isEmpty();
        }
        // What somebody else was told is final before the call is seen, whichever node is asked.
        SigningKey other = TestCluster.key(26, 1);
        cluster.nodes
                .get(0)
                .submit(cluster.transaction("a=9"))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        try (Messenger second = cluster.network.join(other.verifyKey());
                LedgerSession session = new LedgerSession(
                        cluster.genesis, other, second, cluster.id(3), LedgerSession.Mode.BUNDLES, 1, 1)) {
            assertThat(read(new LedgerReader(session), ReadLevel.LINEARIZABLE, "a"))
                    .contains("9");
        }
    }

    @Test
    void entriesLeaveInTheOrderOfTheirNonces() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch later = new CountDownLatch(1);
        List<Long> left = Collections.synchronizedList(new ArrayList<>());
        Messenger slow = (Messenger) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Messenger.class}, (proxy, method, args) -> {
                    if (!method.getName().equals("send")) {
                        return method.invoke(client, args);
                    }
                    if (first.getCount() > 0) {
                        first.countDown();
                        later.await(20, TimeUnit.SECONDS);
                    }
                    left.add(((SessionMessage.Submit) SessionMessage.decode((byte[]) args[2])).number());
                    return true;
                });
        try (LedgerSession session =
                new LedgerSession(cluster.genesis, key, slow, cluster.id(1), LedgerSession.Mode.SINGLE, 2, 1)) {
            Thread one = new Thread(() -> session.execute("notes", bytes("a=1")));
            Thread two = new Thread(() -> session.execute("notes", bytes("b=2")));
            one.start();
            first.await(20, TimeUnit.SECONDS);
            two.start();
            while (two.getState() != Thread.State.BLOCKED && two.getState() != Thread.State.TERMINATED) {
                Thread.onSpinWait();
            }
            later.countDown();
            one.join();
            two.join();
            assertThat(left.subList(0, 2)).isSorted();
        }
    }

    @Test
    void operationsOfASessionLeaveInBundlesAndComeBackProven() throws Exception {
        List<String> entries = Collections.synchronizedList(new ArrayList<>());
        try (AutoCloseable subscription = cluster.nodes
                        .get(0)
                        .subscribe(
                                1,
                                (block, outcomes) -> block.block().entries().forEach(e -> entries.add(e.toString())));
                LedgerSession session = session(LedgerSession.Mode.BUNDLES, 1)) {
            List<CompletableFuture<Outcome>> first = session.executeAll(notes("a=1", "nonsense", "a=2"));
            List<CompletableFuture<Outcome>> second = session.executeAll(notes("b=1", "b=2"));
            assertThat(outcome(first.get(0))).isInstanceOf(Outcome.Applied.class);
            assertThat(outcome(first.get(1))).isInstanceOf(Outcome.Refused.class);
            assertThat(outcome(first.get(2))).isInstanceOf(Outcome.Applied.class);
            assertThat(outcome(second.get(1))).isInstanceOf(Outcome.Applied.class);
            await("both bundles at n0", () -> entries.size() >= 2);
            assertThat(entries).hasSize(2).allMatch(e -> e.startsWith("Bundle["));
            await(
                    "the last write wins",
                    () -> cluster.nodes.get(0).read("notes", bytes("b")).isPresent());
            assertThat(cluster.nodes.get(0).read("notes", bytes("a"))).hasValue(bytes("2"));
        }
    }

    @Test
    void inTheOtherModeEveryOperationIsSignedByItself() throws Exception {
        List<String> entries = Collections.synchronizedList(new ArrayList<>());
        try (AutoCloseable subscription = cluster.nodes
                        .get(0)
                        .subscribe(
                                1,
                                (block, outcomes) -> block.block().entries().forEach(e -> entries.add(e.toString())));
                LedgerSession session = session(LedgerSession.Mode.SINGLE, 8)) {
            for (CompletableFuture<Outcome> o : session.executeAll(notes("a=1", "b=1", "c=1"))) {
                assertThat(outcome(o)).isInstanceOf(Outcome.Applied.class);
            }
            await("all three at n0", () -> entries.size() >= 3);
            assertThat(entries).hasSize(3).allMatch(e -> e.startsWith("Transaction["));
        }
    }

    @Test
    void signedOperationsAndTheirReceiptsTravelTogether() throws Exception {
        List<SessionMessage> said = Collections.synchronizedList(new ArrayList<>());
        List<SessionMessage> heard = Collections.synchronizedList(new ArrayList<>());
        Messenger watched = (Messenger) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Messenger.class}, (proxy, method, args) -> {
                    if (method.getName().equals("send")) {
                        said.add(SessionMessage.decode((byte[]) args[2]));
                    }
                    if (method.getName().equals("receive")) {
                        RequestHandler inner = (RequestHandler) args[3];
                        RequestHandler outer = (peer, body) -> {
                            heard.add(SessionMessage.decode(body));
                            return inner.handle(peer, body);
                        };
                        client.receive((int) args[0], (int) args[1], (boolean) args[2], outer);
                        return null;
                    }
                    return method.invoke(client, args);
                });
        String[] texts = new String[300];
        Arrays.setAll(texts, i -> "k" + i + "=" + i);
        try (LedgerSession session =
                new LedgerSession(cluster.genesis, key, watched, cluster.id(1), LedgerSession.Mode.SINGLE, 300, 1)) {
            for (CompletableFuture<Outcome> o : session.executeAll(notes(texts))) {
                assertThat(outcome(o)).isInstanceOf(Outcome.Applied.class);
            }
        }
        assertThat(said.stream().filter(SessionMessage.SubmitAll.class::isInstance))
                .hasSize(2);
        assertThat(heard).anyMatch(SessionMessage.DoneAll.class::isInstance).hasSizeLessThan(100);
        for (SessionMessage m : said) {
            assertThat(SessionMessage.decode(m.encode())).isEqualTo(m);
        }
        for (SessionMessage m : heard) {
            byte[] bytes = m.encode();
            assertThat(SessionMessage.decode(bytes).encode()).isEqualTo(bytes);
            for (int cut = 0; cut < bytes.length; cut += 97) {
                byte[] part = Arrays.copyOf(bytes, cut);
                assertThatThrownBy(() -> SessionMessage.decode(part))
                        .isInstanceOfAny(CborException.class, IllegalArgumentException.class);
            }
        }
    }

    @Test
    void entriesOfOneMessageAreTakenInTheirOrder() {
        cluster.stop(1);
        cluster.limits = new Mempool.Limits(100, 1 << 20, 1);
        cluster.start(1);
        List<SessionMessage> heard = Collections.synchronizedList(new ArrayList<>());
        client.receive(SessionMessage.SERVICE, 1 << 20, true, (peer, body) -> {
            heard.add(SessionMessage.decode(body));
            return new byte[0];
        });
        NetworkId network = cluster.genesis.networkId();
        Transaction first = Transaction.sign(network, key, 1, "notes", bytes("a=1"));
        Bundle second = Bundle.sign(network, key, 2, notes("a=2"));
        client.send(
                cluster.id(1),
                SessionMessage.SERVICE,
                new SessionMessage.SubmitAll(7, List.of(first, second)).encode());
        await("two answers", () -> heard.size() >= 2);
        assertThat(heard.get(0)).isInstanceOfSatisfying(SessionMessage.Refused.class, r -> {
            assertThat(r.number()).isEqualTo(8);
            assertThat(r.code()).isEqualTo(Code.BUSY);
        });
        assertThat(heard.get(1))
                .isInstanceOfSatisfying(
                        SessionMessage.Done.class, d -> assertThat(d.number()).isEqualTo(7));
    }

    @Test
    void messagesOfNothingAndNumbersWithoutRoomAreRefused() {
        byte[] nothing = new CborWriter().array(3).uint(5).uint(1).array(0).toBytes();
        assertThatThrownBy(() -> SessionMessage.decode(nothing)).hasMessageContaining("no entries");
        byte[] last =
                new CborWriter().array(3).uint(5).uint(Long.MAX_VALUE).array(0).toBytes();
        assertThatThrownBy(() -> SessionMessage.decode(last)).hasMessageContaining("no room");
    }

    @Test
    void entriesThatWereRefusedForLackOfRoomStayInOrder() throws Exception {
        cluster.stop(1);
        cluster.limits = new Mempool.Limits(100, 1 << 20, 3);
        cluster.start(1);
        try (LedgerSession session = session(LedgerSession.Mode.SINGLE, 40)) {
            List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                outcomes.addAll(session.executeAll(i % 3 == 0 ? notes("a=" + i) : notes("a=" + i, "b=" + i, "c=" + i)));
            }
            for (CompletableFuture<Outcome> o : outcomes) {
                assertThat(outcome(o)).isInstanceOf(Outcome.Applied.class);
            }
        }
    }

    @Test
    void anAnswerThatWasLostIsGivenAgainWithoutExecutingTwice() throws Exception {
        Bundle bundle = Bundle.sign(cluster.genesis.networkId(), key, 1, notes("a=1"));
        byte[] message = new SessionMessage.Submit(7, bundle).encode();
        List<SessionMessage> heard = Collections.synchronizedList(new ArrayList<>());
        client.receive(SessionMessage.SERVICE, 1 << 20, true, (peer, body) -> {
            heard.add(SessionMessage.decode(body));
            return new byte[0];
        });
        client.send(cluster.id(1), SessionMessage.SERVICE, message);
        await("an answer", () -> heard.size() == 1);
        client.send(cluster.id(1), SessionMessage.SERVICE, message);
        await("the same answer", () -> heard.size() == 2);
        assertThat(heard).allMatch(SessionMessage.BundleDone.class::isInstance);
        assertThat(heard.get(1).encode()).isEqualTo(heard.get(0).encode());
    }

    @Test
    void aBundleOverAnothersChannelIsDeniedAndASpentNonceIsAConflict() throws Exception {
        SigningKey other = TestCluster.key(26, 1);
        Bundle foreign = Bundle.sign(cluster.genesis.networkId(), other, 1, notes("a=1"));
        List<SessionMessage> heard = Collections.synchronizedList(new ArrayList<>());
        client.receive(SessionMessage.SERVICE, 1 << 20, true, (peer, body) -> {
            heard.add(SessionMessage.decode(body));
            return new byte[0];
        });
        client.send(cluster.id(1), SessionMessage.SERVICE, new SessionMessage.Submit(1, foreign).encode());
        await("a refusal", () -> heard.size() == 1);
        assertThat(((SessionMessage.Refused) heard.get(0)).code()).isEqualTo(Code.DENIED);
        assertThat(((SessionMessage.Refused) heard.get(0)).retryMillis()).isZero();
        try (LedgerSession session = session(LedgerSession.Mode.BUNDLES, 1)) {
            outcome(session.executeAll(notes("a=1")).get(0));
        }
        try (LedgerSession again = session(LedgerSession.Mode.BUNDLES, 1)) {
            assertThatThrownBy(() -> outcome(again.executeAll(notes("a=2")).get(0)))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.CONFLICT));
        }
    }

    @Test
    void aClosedSessionFailsWhatWaits() {
        cluster.stop(1);
        LedgerSession session = session(LedgerSession.Mode.BUNDLES, 1);
        List<CompletableFuture<Outcome>> waiting = session.executeAll(notes("a=1", "b=1"));
        session.close();
        assertThat(waiting).allMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(session.executeAll(notes("c=1")).get(0)).isCompletedExceptionally();
    }
}
