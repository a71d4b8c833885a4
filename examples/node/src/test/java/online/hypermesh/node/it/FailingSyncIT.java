package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real process whose disk refuses to sync, first the votes and then the blocks. What a failed sync left behind is not known
 * to anybody, also when the next one would succeed: the node votes no more until it is started again.
 */
class FailingSyncIT {
    private static final Duration BACK = Duration.ofMinutes(2);
    private static final int DATA = 65;

    @TempDir
    Path dir;

    private final List<String> acknowledged = new ArrayList<>();

    @Test
    void aNodeThatCannotSyncStopsVotingSaysWhatFailedAndComesBackWithoutContradictingItself() throws Exception {
        FailingSync.Made made = FailingSync.compile(dir);
        assumeTrue(made.value().isPresent(), made.whyNot());
        FailingSync disk = made.value().orElseThrow();
        try (LiveNetwork live = LiveNetwork.found(dir, Parameters.DEFAULT)) {
            // n4 under a path without symbolic links, as the kernel names it
            Path data = live.node("n4").directory().toRealPath().resolve("data");
            live.surround("n4", builder -> disk.surround(builder, data.resolve("votes.log")));
            live.start(LiveNetwork.ALL);
            live.awaitPhase3(LiveNetwork.ALL);
            try (OperatorSession operator = live.operator()) {
                NodeClient client = operator.client();
                write(live, client, "first");
                stopsAndComesBack(live, client, disk, "votes", "votes.log");
                live.surround("n4", builder -> disk.surround(builder, data.resolve("blocks")));
                live.stop(List.of("n4"));
                live.start(List.of("n4"));
                live.awaitPhase3(List.of("n4"));
                stopsAndComesBack(live, client, disk, "blocks", "blocks");
                NodeStatus agreed = live.awaitAgreement(client, LiveNetwork.ALL, BACK);
                assertThat(agreed.contradictions())
                        .as("nobody signed two different things")
                        .isEmpty();
                for (String name : acknowledged) {
                    assertThat(client.prove(live.id("n4"), NameRecord.MODULE, NameRecord.key(full(live, name)))
                                    .value())
                            .as("%s, acknowledged, at n4", name)
                            .isPresent();
                }
            }
        }
    }

    private void stopsAndComesBack(LiveNetwork live, NodeClient client, FailingSync disk, String what, String file)
            throws Exception {
        disk.fail();
        for (int i = 0; i < 4; i++) {
            write(live, client, what + "-meanwhile" + i);
        }
        awaitStopped(live, client);
        NodeStatus stopped = client.status(live.id("n4"));
        assertThat(stopped.signing()).contains(file, "restart");
        assertThat(stopped.degraded()).as("DEGRADED").isTrue();
        disk.stopFailing();
        write(live, client, what + "-without");
        assertThat(client.status(live.id("n4")).signing())
                .as("a disk that works again changes nothing about what was lost")
                .isEqualTo(stopped.signing());

        endsWithTheReason(live, file);
        disk.fail();
        live.start(List.of("n4"));
        write(live, client, what + "-again");
        awaitStopped(live, client);
        endsWithTheReason(live, file);
        disk.stopFailing();
        live.start(List.of("n4"));
        live.awaitPhase3(List.of("n4"));
        live.stop(List.of("n2")); // so that nothing becomes final without a vote of n4
        write(live, client, what + "-rejoined");
        live.start(List.of("n2"));
        live.awaitPhase3(LiveNetwork.ALL);
    }

    private static void awaitStopped(LiveNetwork live, NodeClient client) {
        Await.until(
                "n4 says that its disk refuses",
                BACK,
                () -> client.status(live.id("n4")).signing().startsWith("stopped"));
    }

    private static void endsWithTheReason(LiveNetwork live, String file) throws Exception {
        live.stop(List.of("n4"));
        assertThat(live.process("n4").onExit().get().exitValue()).isEqualTo(DATA);
        assertThat(live.process("n4").lastErrors()).contains(file, "restart", "SIGNING_STOPPED");
    }

    private void write(LiveNetwork live, NodeClient client, String name) {
        client.apply(
                live.id("n1"),
                NameRecord.MODULE,
                new NameInstruction.Register(
                                full(live, name), new NameRecord.Content(List.of(), List.of("of FailingSyncIT"), 60))
                        .encode());
        acknowledged.add(name);
    }

    private static String full(LiveNetwork live, String name) {
        return name + "." + NameRules.suffix(live.network().genesis());
    }
}
