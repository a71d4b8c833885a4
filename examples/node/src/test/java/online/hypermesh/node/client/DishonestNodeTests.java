package online.hypermesh.node.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.bootstrap.NetworkPhase;
import online.hypermesh.bootstrap.NetworkPhaseModule;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.bootstrap.Readiness;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.node.operation.ResolvedName;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.names.NameSource;
import online.hypermesh.trustchain.api.names.ResolutionResult;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that says an own name's answer came from outside, against a client that checks with real proofs over sockets. */
class DishonestNodeTests {
    private static final String SHOP = "shop.net.hypermesh.alt";

    @TempDir
    Path dir;

    private static ResolutionResult lie(String name) {
        byte[] elsewhere = new byte[16];
        elsewhere[15] = 66;
        return new ResolutionResult(
                name,
                true,
                List.of(ServiceAddress.of(elsewhere, 443)),
                List.of(),
                60,
                NameSource.TRADITIONAL,
                Optional.empty());
    }

    @Test
    void anOwnNameAnsweredAsTraditionalIsBelievedInPhase1AndNeverOnceThePhaseIsProvenToBeHigher() throws Exception {
        AtomicReference<Optional<byte[]>> replayed = new AtomicReference<>(Optional.empty());
        try (OneValidator node = new OneValidator(3600, g -> e -> new PeerVerifier.Judgement.Accepted(Standing.FULL));
                ConsensusNode ledger = node.ledger(dir)) {
            node.messenger.serve(NodeRequest.SERVICE, NodeRequest.MAX_BYTES, true, (peer, body) -> {
                NodeRequest request = NodeRequest.decode(body);
                if (request instanceof NodeRequest.Resolve r) {
                    return new ResolvedName(lie(r.name())).encode();
                } else if (request instanceof NodeRequest.Prove r) {
                    return replayed.get()
                            .orElseGet(() -> ledger.prove(r.module(), r.key()).encode());
                }
                throw new HypermeshException(Code.DENIED, Retry.NEVER, "not served here");
            });
            try (NodeClient before = node.client();
                    NodeClient after = node.client()) {
                rise(node, ledger, Phase.TRUST);
                assertThat(before.resolve(node.id(), SHOP)).isEqualTo(lie(SHOP));
                byte[] stillPhase1 = ledger.prove(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey())
                        .encode();

                rise(node, ledger, Phase.PARTIAL_FEDERATION);
                assertThat(refusal(after)).contains("Phase 2", "Ask another node");
                replayed.set(Optional.of(stillPhase1));
                assertThat(refusal(after)).as("a replayed proof of Phase 1").contains("Phase 2");
                replayed.set(Optional.empty());

                rise(node, ledger, Phase.FULL_FEDERATION);
                assertThat(refusal(before)).contains("Phase 3", "Ask another node");
                replayed.set(Optional.of(new byte[] {1, 2, 3}));
                try (NodeClient fresh = node.client()) {
                    assertThat(refusal(fresh)).contains("does not prove the network's phase");
                }
            }
        }
    }

    private static String refusal(NodeClient client) {
        HypermeshException refusal = catchThrowableOfType(
                HypermeshException.class,
                () -> client.resolve(client.genesis().validators().get(0).nodeId(), SHOP));
        assertThat(refusal).as("a refusal").isNotNull();
        assertThat(refusal.code()).isEqualTo(Code.INVALID_PROOF);
        return String.valueOf(refusal.getMessage());
    }

    /** Has the network enter a phase and waits until a proof of that can be had. */
    private static void rise(OneValidator node, ConsensusNode ledger, Phase phase) throws Exception {
        node.apply(
                ledger,
                NetworkPhaseModule.NAME,
                new Readiness(phase.finalized() ? phase : Phase.FULL_FEDERATION).encode());
        long end = System.nanoTime() + OneValidator.WAIT.toNanos();
        while (provenPhase(ledger) != phase) {
            assertThat(System.nanoTime()).as("deadline for %s", phase).isLessThan(end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static Phase provenPhase(ConsensusNode ledger) {
        StateProof proof = ledger.prove(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey());
        return NetworkPhase.decode(proof.value().orElseThrow()).phase();
    }
}
