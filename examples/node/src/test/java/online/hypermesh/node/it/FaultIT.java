package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that are stopped for a while, and one that comes back with an older copy of its data. */
class FaultIT {
    private static final Duration BACK = Duration.ofMinutes(2);
    /** While a node is stopped: each view that it leads is waited for and given up. */
    private static final int WRITES_MEANWHILE = 8;

    @TempDir
    Path dir;

    @Test
    void stoppedLeadersAndRestoredDataHarmNobody() throws Exception {
        try (LiveNetwork live = LiveNetwork.inPhase3(dir, Parameters.DEFAULT);
                OperatorSession operator = live.operator()) {
            NodeClient client = operator.client();
            register(live, client, "first");
            aLeaderThatIsStoppedDelaysAndIsNotLost(live, client);
            anOlderCopyOfTheDataDoesNotSign(live, client);
            theVoteLogDeletedTheNodeRejoins(live, client);
            NodeStatus agreed = live.awaitAgreement(client, LiveNetwork.ALL, BACK);
            assertThat(agreed.contradictions())
                    .as("nobody signed two different things")
                    .isEmpty();
            for (String name : List.of("first", "stopped0", "copied", "rejoined")) {
                StateProof proof = client.prove(live.id("n3"), NameRecord.MODULE, NameRecord.key(full(live, name)));
                assertThat(proof.value()).as(name).isPresent();
            }
        }
    }

    /** Leaders take turns, so within eight blocks n2 would have led twice. */
    private static void aLeaderThatIsStoppedDelaysAndIsNotLost(LiveNetwork live, NodeClient client) throws Exception {
        long before = live.process("n2").pid();
        signal("STOP", before);
        try {
            for (int i = 0; i < WRITES_MEANWHILE; i++) {
                register(live, client, "stopped" + i);
            }
        } finally {
            signal("CONT", before);
        }
        Await.until(
                "n2 goes on where it stood, in the same process",
                BACK,
                () -> isWellAtHeightOf(live, client, "n2", "n1"));
        assertThat(client.status(live.id("n2")).pid()).isEqualTo(before);
    }

    /** The operator put a backup of the data directory in place of the data. The keystore lies elsewhere. */
    private void anOlderCopyOfTheDataDoesNotSign(LiveNetwork live, NodeClient client) throws Exception {
        Path data = live.node("n3").dataDirectory();
        Path backup = dir.resolve("backup");
        live.stop(List.of("n3"));
        copy(data, backup);
        live.start(List.of("n3"));
        live.awaitPhase3(List.of("n3"));
        long height = client.status(live.id("n3")).finalizedHeight();
        live.stop(List.of("n2")); // so that nothing becomes final without a vote of n3
        register(live, client, "copied");
        Await.until(
                "n3 voted for what its backup does not know",
                BACK,
                () -> client.status(live.id("n3")).finalizedHeight() > height);
        live.stop(List.of("n3"));
        delete(data);
        copy(backup, data);
        live.start(List.of("n2", "n3"));
        Await.until(
                "n3 says why it does not sign",
                BACK,
                () -> client.status(live.id("n3")).signing().contains("the log was rolled back"));
        register(live, client, "without");
        assertThat(client.status(live.id("n3")).signing())
                .startsWith("stopped")
                .contains("delete the vote log and start the node again");
    }

    private static void theVoteLogDeletedTheNodeRejoins(LiveNetwork live, NodeClient client) throws Exception {
        live.stop(List.of("n3"));
        delete(live.node("n3").dataDirectory().resolve("votes.log"));
        live.start(List.of("n3"));
        Await.until("n3 signs again", BACK, () -> isWellAtHeightOf(live, client, "n3", "n1"));
        live.stop(List.of("n2"));
        register(live, client, "rejoined");
        live.start(List.of("n2"));
    }

    private static boolean isWellAtHeightOf(LiveNetwork live, NodeClient client, String name, String witness) {
        NodeStatus status = client.status(live.id(name));
        return LiveNetwork.isWell(status)
                && status.finalizedHeight() >= client.status(live.id(witness)).finalizedHeight();
    }

    private static String full(LiveNetwork live, String name) {
        return name + "." + NameRules.suffix(live.network().genesis());
    }

    private static void register(LiveNetwork live, NodeClient client, String name) {
        client.apply(
                live.id("n1"),
                NameRecord.MODULE,
                new NameInstruction.Register(
                                full(live, name), new NameRecord.Content(List.of(), List.of("of FaultIT"), 60))
                        .encode());
    }

    private static void signal(String signal, long pid) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start();
        assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(kill.exitValue()).isZero();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            all.forEach(path -> {
                try {
                    Files.copy(path, to.resolve(from.relativize(path).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
