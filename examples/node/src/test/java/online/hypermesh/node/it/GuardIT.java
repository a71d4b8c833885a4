package online.hypermesh.node.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.Vote;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.keys.KeystoreFile;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.keys.PassphraseSource;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.messaging.Messengers;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guards of phases against real processes: what is not there does not come true. */
class GuardIT {
    /** How long the phase is watched not to move; a healthy network passes it in a fraction of that. */
    private static final Duration WATCHED = Duration.ofSeconds(2);

    @TempDir
    Path dir;

    @Test
    void phaseWaitsForTheQuorumSaysSoAndNeverFallsBack() throws Exception {
        try (LiveNetwork live = LiveNetwork.found(dir, Parameters.DEFAULT)) {
            live.start(List.of("n1", "n2"));
            try (OperatorSession operator = live.operator()) {
                NodeClient client = operator.client();
                twoOfFourStayInPhase0(live, client);
                live.start(List.of("n3"));
                live.awaitPhase3(List.of("n1", "n2", "n3"));
                assertThat(client.status(live.id("n1")).waitsFor()).isEmpty();
            }
            try (OperatorSession operator = live.operator()) {
                register(live, operator.client(), "before");
                aValidatorThatContradictsItselfIsCutOff(live, operator.client());
                onlyAnOrderLowersAPhaseForAWhileAndNeverToPhase0(live, operator.client());
                live.stop(List.of("n2"));
                live.stop(List.of("n1"));
                Files.delete(live.node("n1").dataDirectory().resolve("phase.cbor"));
                live.start(List.of("n1"));
                aLostPhaseFileIsTakenFromTheLedger(live, operator.client());
                withoutQuorumPhase3IsDegraded(live, operator.client());
                live.start(List.of("n2"));
                live.awaitPhase3(List.of("n1", "n2", "n3"));
                register(live, operator.client(), "after");
            }
        }
    }

    private static void twoOfFourStayInPhase0(LiveNetwork live, NodeClient client) {
        long end = System.nanoTime() + WATCHED.toNanos();
        while (System.nanoTime() < end) {
            for (String name : List.of("n1", "n2")) {
                NodeStatus status = client.status(live.id(name));
                assertThat(status.phase())
                        .as("%s with two of four validators", name)
                        .isZero();
                assertThat(status.finalizedHeight()).isZero();
                assertThat(status.waitsFor())
                        .contains("QUORUM_CONNECTED", "start more validators", "LEAF_ISSUED")
                        .doesNotContain("GENESIS_LOADED")
                        .doesNotContain("LISTEN_BOUND");
            }
            Await.pause(200);
        }
    }

    private static void onlyAnOrderLowersAPhaseForAWhileAndNeverToPhase0(LiveNetwork live, NodeClient client) {
        assertThatThrownBy(() -> client.lowerPhase(live.id("n3"), 0, Duration.ofSeconds(60)))
                .isInstanceOfSatisfying(
                        StoqException.class, e -> assertThat(e.remoteCode()).isEqualTo("DENIED"))
                .hasMessageContaining("before the ledger")
                .hasMessageContaining("Lower it to Phase 1, or stop the node");
        assertThat(client.lowerPhase(live.id("n3"), 1, Duration.ofSeconds(2)).phase())
                .isEqualTo(1);
        Await.until(
                "the order expired",
                LiveNetwork.START,
                () -> client.status(live.id("n3")).phase() == 3);
        assertThat(client.phases(live.id("n3")).stream().map(s -> s.phase())).containsExactly(1, 2, 3, 1, 3);
    }

    /** n4 never runs here: the test votes with its keys, twice in one view. */
    private static void aValidatorThatContradictsItselfIsCutOff(LiveNetwork live, NodeClient client) {
        Genesis genesis = live.network().genesis();
        try (SecretBytes passphrase =
                        new PassphraseSource.InFile(live.network().directory().resolve("passphrase")).read();
                NodeKeys n4 =
                        new KeystoreFile(live.network().directory().resolve("keys/n4.keystore")).open(passphrase);
                Messenger messenger =
                        Messengers.over(Strangers.dial(live, n4, genesis.networkId(), Duration.ofHours(1)))) {
            messenger.route(live.node("n1").endpoint());
            long view = client.status(live.id("n1")).view() + 2;
            assertThat(client.status(live.id("n1")).contradictions()).isEmpty();
            for (int block = 1; block <= 2; block++) {
                VoteStatement statement =
                        new VoteStatement(VoteKind.NOTARIZE, 0, view, Digest.sha256(new byte[] {(byte) block}));
                Signature signature = n4.voting().sign(VoteStatement.TAG, genesis.networkId(), statement.encode());
                messenger.request(
                        live.id("n1"),
                        ConsensusNode.MESSAGE_SERVICE,
                        new Message.Voted(new Vote(3, statement, signature)).encode(),
                        LiveNetwork.ANSWER);
            }
            Await.until(
                    "n1 shows the evidence against n4",
                    LiveNetwork.ANSWER,
                    () -> !client.status(live.id("n1")).contradictions().isEmpty());
            theEvidenceAgainstN4IsThere(live, client);
            for (int service : new int[] {NodeRequest.ISSUE_SERVICE, 31}) {
                assertThatThrownBy(() -> messenger.request(live.id("n1"), service, new byte[0], LiveNetwork.ANSWER))
                        .as("service %d", service)
                        .isInstanceOfSatisfying(
                                StoqException.class,
                                e -> assertThat(e.remoteCode()).isEqualTo("DENIED"))
                        .hasMessageContaining("nothing but consensus")
                        .hasMessageContaining("view " + view)
                        .hasMessageContaining("hypermesh policy enroll");
            }
            messenger.request(
                    live.id("n1"),
                    ConsensusNode.MESSAGE_SERVICE,
                    new Message.VotesWanted(0, 1).encode(),
                    LiveNetwork.ANSWER);
        }
    }

    private static void theEvidenceAgainstN4IsThere(LiveNetwork live, NodeClient client) {
        assertThat(client.status(live.id("n1")).contradictions())
                .singleElement()
                .satisfies(c -> {
                    assertThat(c.validator()).isEqualTo(live.id("n4"));
                    assertThat(c.holds(live.network().genesis())).isTrue();
                });
    }

    private static void aLostPhaseFileIsTakenFromTheLedger(LiveNetwork live, NodeClient client) {
        assertThat(client.phases(live.id("n1"))).singleElement().satisfies(step -> {
            assertThat(step.phase()).isEqualTo(3);
            assertThat(step.reason()).contains("own ledger");
        });
        theEvidenceAgainstN4IsThere(live, client);
    }

    private static void withoutQuorumPhase3IsDegraded(LiveNetwork live, NodeClient client) {
        Await.until(
                "n1 is DEGRADED",
                LiveNetwork.START,
                () -> client.status(live.id("n1")).degraded());
        NodeStatus status = client.status(live.id("n1"));
        assertThat(status.phase()).isEqualTo(3);
        assertThat(status.waitsFor()).contains("quorum");
        assertThatThrownBy(() -> register(live, client, "meanwhile"))
                .isInstanceOf(CodedException.class)
                .hasMessageContaining("QUORUM_UNREACHABLE")
                .hasMessageContaining("DEGRADED")
                .hasMessageContaining("Start more validators");
        String before = "before." + NameRules.suffix(live.network().genesis());
        assertThat(client.prove(live.id("n1"), NameRecord.MODULE, NameRecord.key(before))
                        .value())
                .as("reads go on, with proofs")
                .isPresent();
    }

    private static void register(LiveNetwork live, NodeClient client, String name) {
        client.apply(
                live.id("n1"),
                NameRecord.MODULE,
                new NameInstruction.Register(
                                name + "." + NameRules.suffix(live.network().genesis()),
                                new NameRecord.Content(List.of(), List.of("of GuardIT"), 60))
                        .encode());
    }
}
