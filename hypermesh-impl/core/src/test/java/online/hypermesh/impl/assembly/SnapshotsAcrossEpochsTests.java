package online.hypermesh.impl.assembly;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.impl.ledger.FollowingLightClient;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.messaging.Messengers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Validators of a network with epochs of two seconds that begin with a snapshot, their own or that of others. */
class SnapshotsAcrossEpochsTests {
    private static final Duration DEADLINE = Duration.ofSeconds(240);

    /** The first needs one of the others. */
    private static final long[] STAKES = {4, 1, 1};

    private static final LedgerModule KEYED = LedgerModule.of("keyed", (context, payload, state) -> {
        state.put(new byte[] {payload[0]}, payload);
        return Outcome.applied();
    });

    @TempDir
    Path dir;

    private final List<ValidatorKeys> keys = new ArrayList<>();
    private final List<VoteLogNames> names = new ArrayList<>();
    private final List<Messenger> messengers = new ArrayList<>();
    private final List<LedgerNode> open = new ArrayList<>();
    private Genesis genesis;

    @BeforeEach
    void found() {
        SecureRandom random = new SecureRandom();
        MemoryNetwork network = new MemoryNetwork();
        for (int i = 0; i < STAKES.length; i++) {
            keys.add(ValidatorKeys.generate(random));
            names.add(VoteLogNames.inMemory());
        }
        genesis = new Genesis(
                "epochs-and-snapshots",
                System.currentTimeMillis(),
                IntStream.range(0, STAKES.length)
                        .mapToObj(i -> keys.get(i).toValidator("n" + i, STAKES[i]))
                        .toList(),
                List.of(),
                new Parameters(3600, 1_048_576, 4_194_304, 30_000, 30_000, 100, 3, 2));
        List<Endpoint> addresses = IntStream.range(0, STAKES.length)
                .mapToObj(i -> new Endpoint(
                        new InetSocketAddress("::1", 7200 + i), keys.get(i).id()))
                .toList();
        for (ValidatorKeys k : keys) {
            messengers.add(GenesisPeers.messenger(genesis, k.node(), addresses, c -> Messengers.over(network.open(c))));
        }
    }

    @AfterEach
    void close() {
        open.forEach(LedgerNode::close);
        messengers.forEach(Messenger::close);
        keys.forEach(ValidatorKeys::close);
    }

    private LedgerNode.Builder builder(int i) {
        return LedgerNode.builder(genesis, keys.get(i).node(), messengers.get(i))
                .module(KEYED)
                .voting(keys.get(i).voting(), names.get(i))
                .snapshotEvery(20)
                .retainBlocks(5);
    }

    private LedgerNode open(int i, LedgerNode.Builder builder) {
        LedgerNode node = builder.open(dir.resolve("n" + i));
        open.add(node);
        return node;
    }

    private void close(LedgerNode node) {
        open.remove(node);
        node.close();
    }

    private static Receipt write(LedgerNode node, String value) throws Exception {
        return node.submit("keyed", value.getBytes(UTF_8)).toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static void writeUntil(LedgerNode node, BooleanSupplier enough) throws Exception {
        long end = System.nanoTime() + DEADLINE.toNanos();
        for (int i = 0; !enough.getAsBoolean(); i++) {
            write(node, (char) ('a' + i % 26) + " is " + i);
            assertThat(System.nanoTime()).as("time is up").isLessThan(end);
        }
    }

    private LightClient light(LedgerNode node) {
        return new FollowingLightClient(
                new CertificateLightClient(genesis), epoch -> node.ledger().handOver(epoch));
    }

    @Test
    void aNodeGoesOnFromASnapshotOfALaterEpochAndStillTellsHowTheFirstEnded() throws Exception {
        open(1, builder(1));
        LedgerNode node = open(0, builder(0));
        writeUntil(
                node, () -> node.status().epoch() >= 2 && node.ledger().block(1).isEmpty());
        long epoch = node.status().epoch();
        long height = node.ledger().finalizedHeight();
        close(node);
        LedgerNode again = open(0, builder(0));
        assertThat(again.ledger().finalizedHeight()).isGreaterThanOrEqualTo(height);
        assertThat(again.ledger().block(1)).isEmpty();
        assertThat(light(again).verify(write(again, "x"))).isEqualTo(Verdict.ACCEPTED);
        writeUntil(again, () -> again.status().epoch() > epoch);
        assertThat(again.ledger().handOver(0)).isPresent();
        assertThat(light(again).verify(write(again, "y"))).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void aValidatorThatBeginsWithASnapshotOfTheOthersVotes() throws Exception {
        LedgerNode second = open(1, builder(1));
        LedgerNode first = open(0, builder(0));
        writeUntil(
                first,
                () -> first.status().epoch() >= 1
                        && first.ledger().finalizedHeight() > LedgerNode.Builder.WORTH_BLOCKS + 60);
        byte[] value = first.ledger().read("keyed", new byte[] {'b'}).orElseThrow();
        LedgerNode joiner = open(
                2,
                builder(2)
                        .joinWithSnapshot(
                                List.of(keys.get(0).id(), keys.get(1).id()),
                                new CertificateLightClient(genesis),
                                DEADLINE));
        assertThat(joiner.ledger().block(1)).as("it began with a snapshot").isEmpty();
        assertThat(joiner.ledger().read("keyed", new byte[] {'b'})).hasValue(value);
        writeUntil(first, () -> joiner.status().signing().equals("signing"));
        close(second);
        // Nothing becomes final without the joiner's votes now.
        Receipt receipt = write(first, "z");
        assertThat(light(first).verify(receipt)).isEqualTo(Verdict.ACCEPTED);
        joiner.awaitHeight(receipt.header().height(), DEADLINE);
        assertThat(light(joiner).verify(write(joiner, "y"))).isEqualTo(Verdict.ACCEPTED);
    }
}
