package online.hypermesh.impl.assembly;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

class LedgerNodeTests {
    private static final LedgerModule LAST = LedgerModule.of("last", (context, payload, state) -> {
        state.put(new byte[] {1}, payload);
        return Outcome.applied();
    });

    @TempDir
    Path dir;

    private final ValidatorKeys keys = ValidatorKeys.generate(new SecureRandom());
    private final Genesis genesis = new Genesis(
            "alone", System.currentTimeMillis(), List.of(keys.toValidator("n0", 1)), List.of(), Parameters.DEFAULT);
    private final List<Endpoint> endpoints = List.of(new Endpoint(new InetSocketAddress("::1", 7000), keys.id()));
    private final MemoryNetwork network = new MemoryNetwork();
    private final Messenger messenger =
            GenesisPeers.messenger(genesis, keys.node(), endpoints, c -> Messengers.over(network.open(c)));

    @AfterEach
    void close() {
        messenger.close();
        keys.close();
    }

    private LedgerNode open(VoteLogNames names) {
        return LedgerNode.builder(genesis, keys.node(), messenger)
                .module(LAST)
                .voting(keys.voting(), names)
                .open(dir.resolve("node"));
    }

    private Receipt write(LedgerNode node, String value) throws Exception {
        return node.submit("last", value.getBytes(UTF_8)).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void aNodeThatWasClosedGoesOnWhereItWas() throws Exception {
        VoteLogNames names = VoteLogNames.in(dir.resolve("vote-log-name"));
        long height;
        try (LedgerNode node = open(names)) {
            write(node, "a");
            Receipt receipt = write(node, "b");
            height = receipt.header().height();
            assertThat(new CertificateLightClient(genesis).verify(receipt).accepted())
                    .isTrue();
        }
        assertThat(dir.resolve("vote-log-name")).isNotEmptyFile();
        try (LedgerNode node = open(names)) {
            node.awaitHeight(height - 1, Duration.ofSeconds(30));
            assertThat(node.ledger().read("last", new byte[] {1})).contains("b".getBytes(UTF_8));
            assertThat(write(node, "c").header().height()).isGreaterThan(height);
        }
    }

    @Test
    void blocksCarryTheTimeOfTheClockThatWasGiven() throws Exception {
        long later = genesis.createdAtMillis() + 86_400_000;
        try (LedgerNode node = LedgerNode.builder(genesis, keys.node(), messenger)
                .module(LAST)
                .voting(keys.voting(), VoteLogNames.inMemory())
                .clock(InstantSource.fixed(Instant.ofEpochMilli(later)))
                .open(dir.resolve("node"))) {
            assertThat(write(node, "a").header().timeMillis()).isGreaterThanOrEqualTo(later);
        }
    }

    @Test
    void aVoteLogThatWasLostIsNoticed() throws Exception {
        VoteLogNames names = VoteLogNames.inMemory();
        try (LedgerNode node = open(names)) {
            write(node, "a");
        }
        Files.delete(dir.resolve("node/votes.log"));
        try (LedgerNode node = open(names)) {
            assertThat(node.status().signing()).isNotEqualTo("signing");
        }
    }

    @Test
    void aDirectoryInUseAndAHeightThatDoesNotComeAreNamed() throws Exception {
        try (LedgerNode node = open(VoteLogNames.inMemory())) {
            assertThatThrownBy(() -> open(VoteLogNames.inMemory()))
                    .isInstanceOfSatisfying(
                            HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.LOCKED));
            assertThatThrownBy(() -> node.awaitHeight(1000, Duration.ofMillis(20)))
                    .isInstanceOfSatisfying(
                            HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.TIMEOUT))
                    .hasMessageContaining("1000");
        }
    }

    @Test
    void aNodeWithoutAPlaceOfItsOwnIsRefused() {
        assertThatThrownBy(() -> GenesisPeers.messenger(
                        genesis, keys.voting(), endpoints, c -> Messengers.over(network.open(c))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none of the 1 endpoints");
    }
}
