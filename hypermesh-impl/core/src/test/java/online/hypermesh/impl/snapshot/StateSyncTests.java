package online.hypermesh.impl.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.impl.assembly.GenesisPeers;
import online.hypermesh.impl.assembly.ValidatorKeys;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.impl.ledger.StateTree;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.messaging.Messengers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateSyncTests {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int NODES = 4;

    private static final LedgerModule BLOBS = LedgerModule.of("blobs", (context, payload, state) -> {
        for (int i = 0; i < 12; i++) {
            state.put(
                    ByteBuffer.allocate(12).putLong(context.height()).putInt(i).array(), payload);
        }
        return Outcome.applied();
    });

    private static final List<ValidatorKeys> KEYS = new ArrayList<>();
    private static Genesis genesis;
    private static StateBase base;
    private static Snapshot snapshot;
    private static List<StateTree> parts;

    @TempDir
    Path dir;

    private final MemoryNetwork network = new MemoryNetwork();
    private final List<Messenger> messengers = new ArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);

    @BeforeAll
    static void chain() {
        SecureRandom random = new SecureRandom();
        for (int i = 0; i < NODES; i++) {
            KEYS.add(ValidatorKeys.generate(random));
        }
        genesis = new Genesis(
                "sync",
                System.currentTimeMillis(),
                IntStream.range(0, NODES)
                        .mapToObj(i -> KEYS.get(i).toValidator("n" + i, 1))
                        .toList(),
                List.of(),
                Parameters.DEFAULT);
        LedgerTree tree = new LedgerTree(genesis, List.of(BLOBS), TransactionGate.OPEN, new SignatureCheck());
        Random contents = new Random(1);
        for (int height = 1; height <= 47; height++) {
            byte[] payload = new byte[30_000];
            contents.nextBytes(payload);
            commit(tree, Transaction.sign(genesis.networkId(), KEYS.get(0).node(), height, "blobs", payload));
        }
        base = tree.base(tree.finalizedHead().id()).orElseThrow();
        BlockHeader child = commit(tree).header();
        StateTree.Division division = base.state().divide();
        parts = division.parts();
        snapshot = new Snapshot(
                base.header(), child, certificate(child, 0, 1, 2), List.of(), base.frontier(), division.skeleton());
    }

    private static Block commit(LedgerTree tree, Transaction... transactions) {
        BlockHeader head = tree.finalizedHead();
        Block block = tree.assemble(
                head.id(), 0, head.view() + 1, KEYS.get(0).id(), head.timeMillis() + 1, List.of(transactions));
        assertThat(tree.check(block)).isEqualTo(Verdict.ACCEPTED);
        tree.add(block);
        tree.finalizeUpTo(block.id());
        return block;
    }

    private static Certificate certificate(BlockHeader header, int... voters) {
        VoteStatement statement = new VoteStatement(VoteKind.FINALIZE, 0, header.view(), header.id());
        return new Certificate(
                statement,
                IntStream.of(voters)
                        .mapToObj(i -> new Certificate.IndexedSignature(
                                i,
                                KEYS.get(i).voting().sign(VoteStatement.TAG, genesis.networkId(), statement.encode())))
                        .toList());
    }

    @AfterAll
    static void closeKeys() {
        KEYS.forEach(ValidatorKeys::close);
    }

    @AfterEach
    void close() {
        end.countDown();
        messengers.forEach(Messenger::close);
    }

    private Messenger messenger(int i) {
        List<Endpoint> endpoints = IntStream.range(0, NODES)
                .mapToObj(n -> new Endpoint(
                        new InetSocketAddress("::1", 7100 + n), KEYS.get(n).id()))
                .toList();
        Messenger made =
                GenesisPeers.messenger(genesis, KEYS.get(i).node(), endpoints, c -> Messengers.over(network.open(c)));
        messengers.add(made);
        return made;
    }

    /** A peer that has a snapshot. */
    private SnapshotStore store(String name, Snapshot of) {
        SnapshotStore store = SnapshotStore.open(dir.resolve(name), genesis.networkId());
        store.write(of, parts);
        return store;
    }

    private void serve(int i, RequestHandler handler) {
        messenger(i).serve(SnapshotService.SERVICE, SnapshotService.MAX_REQUEST_BYTES, true, handler);
    }

    private Optional<StateBase> sync(SnapshotStore into, Messenger own, Map<String, Integer> seen) throws Exception {
        return new StateSync(
                        genesis.networkId(),
                        own,
                        KEYS.stream().map(ValidatorKeys::id).toList(),
                        new CertificateLightClient(genesis),
                        (peer, epoch) -> Optional.empty(),
                        h -> {},
                        p -> seen.put("parts", p.parts()))
                .run(into, 0, DEADLINE);
    }

    @Test
    void partsComeFromAllPeersAndALiarIsAskedNoMore() throws Exception {
        AtomicInteger honest = new AtomicInteger();
        AtomicInteger lies = new AtomicInteger();
        try (SnapshotStore a = store("a", snapshot);
                SnapshotStore b = store("b", snapshot);
                SnapshotStore own = SnapshotStore.open(dir.resolve("own"), genesis.networkId())) {
            serve(0, (peer, body) -> {
                honest.incrementAndGet();
                return SnapshotService.answer(body, a);
            });
            serve(1, (peer, body) -> {
                byte[] answer = SnapshotService.answer(body, b);
                if (body.length > 10) {
                    lies.incrementAndGet();
                    answer[answer.length - 1] ^= 1;
                }
                return answer;
            });
            serve(2, (peer, body) -> {
                throw new HypermeshException(Code.BUSY, Retry.SAME_CALL, "busy all the time");
            });
            Map<String, Integer> seen = new HashMap<>();
            Optional<StateBase> synced = sync(own, messenger(3), seen);
            assertThat(synced).hasValueSatisfying(s -> {
                assertThat(s.state().root()).isEqualTo(base.state().root());
                assertThat(s.header()).isEqualTo(base.header());
            });
            assertThat(parts.size()).isGreaterThan(20);
            assertThat(seen).containsEntry("parts", parts.size());
            assertThat(lies.get()).isBetween(1, 4);
            assertThat(honest.get()).isGreaterThan(parts.size());
            assertThat(own.newest())
                    .hasValueSatisfying(s ->
                            assertThat(s.state().root()).isEqualTo(base.state().root()));
            LedgerTree goesOn = new LedgerTree(
                    genesis, List.of(BLOBS), TransactionGate.OPEN, new SignatureCheck(), synced.orElseThrow());
            assertThat(commit(goesOn).header().parentStateRoot())
                    .isEqualTo(base.state().root());
        }
    }

    @Test
    void aSilentPeerHoldsNobodyUp() throws Exception {
        try (SnapshotStore a = store("a", snapshot);
                SnapshotStore own = SnapshotStore.open(dir.resolve("own"), genesis.networkId())) {
            serve(0, (peer, body) -> SnapshotService.answer(body, a));
            serve(1, (peer, body) -> {
                if (body.length > 10) {
                    try {
                        end.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
                return SnapshotService.answer(body, a);
            });
            long began = System.nanoTime();
            assertThat(sync(own, messenger(3), new HashMap<>())).isPresent();
            // less than the time after which the silent one's parts are given up
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(30));
        }
    }

    /** A messenger to very many peers that answer late, and a count of the questions that are open. */
    private static Messenger crowd(AtomicInteger open, AtomicInteger most, AtomicInteger asked, byte[] answer) {
        return (Messenger) Proxy.newProxyInstance(
                StateSyncTests.class.getClassLoader(), new Class<?>[] {Messenger.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("self")) {
                        return KEYS.get(3).id();
                    }
                    asked.incrementAndGet();
                    most.accumulateAndGet(open.incrementAndGet(), Math::max);
                    return CompletableFuture.supplyAsync(
                            () -> {
                                open.decrementAndGet();
                                return answer;
                            },
                            CompletableFuture.delayedExecutor(2, TimeUnit.MILLISECONDS));
                });
    }

    private static List<NodeId> crowd(int size) {
        return IntStream.range(0, size)
                .mapToObj(i -> new NodeId(Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8)})))
                .toList();
    }

    @Test
    void veryManyPeersAreAskedAFewAtATime() throws Exception {
        AtomicInteger most = new AtomicInteger();
        AtomicInteger asked = new AtomicInteger();
        byte[] nothing = new CborWriter(8).array(1).nil().toBytes();
        try (SnapshotStore own = SnapshotStore.open(dir.resolve("own"), genesis.networkId())) {
            StateSync sync = new StateSync(
                    genesis.networkId(),
                    crowd(new AtomicInteger(), most, asked, nothing),
                    crowd(300),
                    new CertificateLightClient(genesis),
                    (peer, epoch) -> Optional.empty(),
                    h -> {},
                    p -> {});
            assertThat(sync.run(own, 0, DEADLINE)).isEmpty();
        }
        assertThat(asked).hasValue(300);
        assertThat(most.get()).isLessThanOrEqualTo(StateSync.OFFERS_AT_ONCE);
    }

    @Test
    void whatWasFetchedIsNotFetchedAgain() throws Exception {
        AtomicInteger given = new AtomicInteger();
        AtomicInteger limit = new AtomicInteger(parts.size() / 2);
        try (SnapshotStore a = store("a", snapshot)) {
            serve(0, (peer, body) -> {
                if (body.length > 10 && given.incrementAndGet() > limit.get()) {
                    throw new HypermeshException(Code.BUSY, Retry.SAME_CALL, "no more");
                }
                return SnapshotService.answer(body, a);
            });
            Messenger own = messenger(3);
            try (SnapshotStore first = SnapshotStore.open(dir.resolve("own"), genesis.networkId())) {
                assertThatThrownBy(() -> sync(first, own, new HashMap<>()))
                        .isInstanceOfSatisfying(HypermeshException.class, e -> {
                            assertThat(e.code()).isEqualTo(Code.TIMEOUT);
                        })
                        .hasMessageContaining("parts of the snapshot of height 47");
                assertThat(first.newest()).isEmpty();
            }
            given.set(0);
            limit.set(Integer.MAX_VALUE);
            try (SnapshotStore second = SnapshotStore.open(dir.resolve("own"), genesis.networkId())) {
                assertThat(sync(second, own, new HashMap<>())).isPresent();
                assertThat(given.get()).isLessThanOrEqualTo(parts.size() - parts.size() / 2);
            }
        }
    }

    @Test
    void onlyWhatTheValidatorsSignedIsBelieved() throws Exception {
        Snapshot unsigned = new Snapshot(
                snapshot.base(),
                snapshot.child(),
                certificate(snapshot.child(), 0, 1),
                List.of(),
                snapshot.frontier(),
                snapshot.skeleton());
        try (SnapshotStore a = store("a", unsigned);
                SnapshotStore own = SnapshotStore.open(dir.resolve("own"), genesis.networkId())) {
            serve(0, (peer, body) -> SnapshotService.answer(body, a));
            assertThat(sync(own, messenger(3), new HashMap<>())).isEmpty();
        }
    }

    @Test
    void aSnapshotSaysWhichOfItsPartsDoesNotBelong() {
        assertThat(snapshot.consistency(genesis.networkId())).isEqualTo(Verdict.ACCEPTED);
        assertThat(Snapshot.decode(snapshot.encode()))
                .usingRecursiveComparison()
                .isEqualTo(snapshot);
        StateTree other = base.state().put("blobs", new byte[] {1}, new byte[] {1});
        assertThat(new Snapshot(
                                snapshot.base(),
                                snapshot.child(),
                                snapshot.certificate(),
                                List.of(),
                                snapshot.frontier(),
                                other.divide().skeleton())
                        .consistency(genesis.networkId()))
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class, r -> assertThat(r.detail()).contains("root"));
        assertThat(new Snapshot(
                                snapshot.base(),
                                snapshot.child(),
                                snapshot.certificate(),
                                List.of(),
                                snapshot.frontier().with(Digest.ZERO),
                                snapshot.skeleton())
                        .consistency(genesis.networkId()))
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class, r -> assertThat(r.detail()).contains("frontier"));
        assertThat(new Snapshot(
                                snapshot.child(),
                                snapshot.child(),
                                snapshot.certificate(),
                                List.of(),
                                snapshot.frontier(),
                                snapshot.skeleton())
                        .consistency(genesis.networkId()))
                .isInstanceOf(Verdict.Rejected.class);
    }

    @Test
    void aBrokenSnapshotOnTheDiskLeavesTheOneBefore() throws Exception {
        try (SnapshotStore a = store("a", snapshot)) {
            assertThat(a.newest()).isPresent();
            assertThat(a.oldestHeight()).hasValue(47L);
        }
        try (SnapshotLog torn = SnapshotLog.create(dir.resolve("a").resolve("63"), snapshot)) {
            torn.add(snapshot.skeleton().parts().get(0), parts.get(0).encode());
        }
        try (SnapshotStore a = SnapshotStore.open(dir.resolve("a"), genesis.networkId())) {
            assertThat(a.newest()).isPresent();
            assertThat(a.begun()).isPresent();
            a.write(snapshot, parts);
        }
    }
}
