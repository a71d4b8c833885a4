package online.hypermesh.impl.assembly;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.messaging.Messengers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerNodeSnapshotTests {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    /** The payload's first byte is the key. */
    private static final LedgerModule KEYED = LedgerModule.of("keyed", (context, payload, state) -> {
        state.put(new byte[] {payload[0]}, payload);
        return Outcome.applied();
    });

    @TempDir
    Path dir;

    private final ValidatorKeys keys = ValidatorKeys.generate(new SecureRandom());
    private final ValidatorKeys joiner = ValidatorKeys.generate(new SecureRandom());
    private final VoteLogNames names = VoteLogNames.inMemory();
    /** Enough stake to go on alone. */
    private final Genesis genesis = new Genesis(
            "one-and-a-joiner",
            System.currentTimeMillis(),
            List.of(keys.toValidator("n0", 100_000), joiner.toValidator("n1", 1)),
            List.of(),
            Parameters.DEFAULT);

    private final MemoryNetwork network = new MemoryNetwork();
    private final Endpoint address = new Endpoint(new InetSocketAddress("::1", 7000), keys.id());
    private final Messenger messenger =
            GenesisPeers.messenger(genesis, keys.node(), List.of(address), c -> Messengers.over(network.open(c)));

    @AfterEach
    void close() {
        messenger.close();
        keys.close();
        joiner.close();
    }

    private LedgerNode.Builder builder() {
        return LedgerNode.builder(genesis, keys.node(), messenger)
                .module(KEYED)
                .voting(keys.voting(), names)
                .snapshotEvery(20);
    }

    private LedgerNode open() {
        return builder().open(dir.resolve("node"));
    }

    private static Receipt write(LedgerNode node, String value) throws Exception {
        return node.submit("keyed", value.getBytes(UTF_8)).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private List<Path> snapshots() throws IOException {
        try (Stream<Path> entries = Files.list(dir.resolve("node/snapshots"))) {
            return entries.sorted().toList();
        }
    }

    private List<String> snapshots(String node) throws IOException {
        try (Stream<Path> entries = Files.list(dir.resolve(node).resolve("snapshots"))) {
            return entries.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    /** Writes until the node has taken so many snapshots; returns the height it has reached. */
    private long writeUntil(LedgerNode node, int taken) throws Exception {
        long end = System.nanoTime() + DEADLINE.toNanos();
        Path newest = null;
        int seen = 0;
        for (int i = 0; seen < taken || node.ledger().finalizedHeight() < 40; i++) {
            write(node, (char) ('a' + i % 26) + " is " + i);
            List<Path> now = snapshots();
            if (!now.isEmpty() && !now.get(now.size() - 1).equals(newest)) {
                newest = now.get(now.size() - 1);
                seen++;
            }
            assertThat(System.nanoTime()).as("time is up").isLessThan(end);
        }
        return node.ledger().finalizedHeight();
    }

    @Test
    void aNodeThatForgotItsFirstBlocksGoesOnFromASnapshot() throws Exception {
        long height;
        byte[] value;
        try (LedgerNode node = builder().retainBlocks(5).open(dir.resolve("node"))) {
            height = writeUntil(node, 3);
            value = node.ledger().read("keyed", new byte[] {'b'}).orElseThrow();
            assertThat(node.ledger().ancestor(1)).isPresent();
        }
        for (int start = 0; start < 2; start++) {
            try (LedgerNode node = builder().retainBlocks(5).open(dir.resolve("node"))) {
                assertThat(node.ledger().finalizedHeight()).isGreaterThanOrEqualTo(height);
                assertThat(node.ledger().block(1)).isEmpty();
                assertThat(node.ledger().ancestor(1)).isEmpty();
                assertThat(node.ledger().read("keyed", new byte[] {'b'})).hasValue(value);
                Receipt receipt = write(node, "z again");
                CertificateLightClient client = new CertificateLightClient(genesis);
                assertThat(client.verify(receipt).accepted()).isTrue();
                assertThat(client.verify(node.ledger().prove("keyed", new byte[] {'b'}))
                                .accepted())
                        .isTrue();
                write(node, "y again");
                assertThat(node.ledger().ancestor(receipt.header().height()))
                        .hasValueSatisfying(p ->
                                assertThat(client.verify(receipt, p).accepted()).isTrue());
            }
        }
        assertThatThrownBy(() -> builder().replayAll().open(dir.resolve("node")))
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.CORRUPTED))
                .hasMessageContaining("oldest block");
    }

    @Test
    void aSnapshotThatTheDiskDamagedIsNotUsed() throws Exception {
        long height;
        try (LedgerNode node = open()) {
            height = writeUntil(node, 1);
        }
        for (Path snapshot : snapshots()) {
            try (Stream<Path> files = Files.list(snapshot)) {
                for (Path file : files.filter(f -> Files.exists(f) && f.toFile().length() > 1000)
                        .toList()) {
                    byte[] bytes = Files.readAllBytes(file);
                    bytes[bytes.length - 200] ^= 1;
                    Files.write(file, bytes);
                }
            }
        }
        try (LedgerNode node = open()) {
            assertThat(node.ledger().finalizedHeight()).isGreaterThanOrEqualTo(height);
            assertThat(node.ledger().ancestor(1)).isPresent();
            write(node, "c");
        }
    }

    @Test
    void replayingAllBlocksAndJoiningWithASnapshotExcludeEachOther() {
        LedgerNode.Builder both = builder()
                .replayAll()
                .joinWithSnapshot(List.of(joiner.id()), new CertificateLightClient(genesis), DEADLINE);
        assertThatThrownBy(() -> both.open(dir.resolve("node")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("replayAll")
                .hasMessageContaining("joinWithSnapshot");
        assertThat(dir.resolve("node")).doesNotExist();
    }

    private LedgerNode join(Path directory, Messenger own) {
        return LedgerNode.builder(genesis, joiner.node(), own)
                .module(KEYED)
                .snapshotEvery(20)
                .joinWithSnapshot(List.of(keys.id()), new CertificateLightClient(genesis), DEADLINE)
                .open(directory);
    }

    private Messenger joinersMessenger() {
        Endpoint own = new Endpoint(new InetSocketAddress("::1", 7001), joiner.id());
        return GenesisPeers.messenger(
                genesis, joiner.node(), List.of(address, own), c -> Messengers.over(network.open(c)));
    }

    @Test
    void aNodeFarBehindJoinsWithASnapshotAndOneNearbyWithBlocks() throws Exception {
        try (LedgerNode node = open();
                Messenger own = joinersMessenger()) {
            writeUntil(node, 1);
            while (node.ledger().finalizedHeight() < 300) {
                write(node, "n"); // more than a tree remembers, caught up with at once
            }
            try (LedgerNode near = join(dir.resolve("near"), own)) {
                near.awaitHeight(node.ledger().finalizedHeight(), DEADLINE);
                assertThat(near.ledger().block(1)).isPresent();
                long end = System.nanoTime() + DEADLINE.toNanos();
                while (!snapshots("near").equals(snapshots("node"))) {
                    assertThat(System.nanoTime())
                            .as("it takes the snapshots of its peer: %s, %s", snapshots("near"), snapshots("node"))
                            .isLessThan(end);
                    Thread.onSpinWait();
                }
            }
            while (node.ledger().finalizedHeight() < LedgerNode.Builder.WORTH_BLOCKS + 60) {
                write(node, "d");
            }
            byte[] value = node.ledger().read("keyed", new byte[] {'b'}).orElseThrow();
            try (LedgerNode far = join(dir.resolve("far"), own)) {
                assertThat(far.ledger().finalizedHeight()).isGreaterThan(LedgerNode.Builder.WORTH_BLOCKS);
                assertThat(far.ledger().block(1)).isEmpty();
                assertThat(far.ledger().read("keyed", new byte[] {'b'})).hasValue(value);
                Receipt later = write(node, "e");
                far.awaitHeight(later.header().height(), DEADLINE);
                assertThat(far.ledger().read("keyed", new byte[] {'e'})).hasValue("e".getBytes(UTF_8));
            }
            try (LedgerNode again = join(dir.resolve("far"), own)) {
                again.awaitHeight(node.ledger().finalizedHeight(), DEADLINE);
                assertThat(again.ledger().read("keyed", new byte[] {'b'})).hasValue(value);
            }
        }
    }
}
