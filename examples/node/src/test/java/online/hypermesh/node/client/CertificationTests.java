package online.hypermesh.node.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.impl.ledger.CertificateLightClient;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.TrustPhase;
import online.hypermesh.trustchain.api.certificates.FinalizedState;
import online.hypermesh.trustchain.api.certificates.IssuanceRequest;
import online.hypermesh.trustchain.ca.LeafIssuer;
import online.hypermesh.trustchain.log.FileTransparencyLog;
import online.hypermesh.trustchain.verify.LeafValidator;
import online.hypermesh.trustchain.verify.PhaseVerifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificationTests {
    private static final int LEAF_SECONDS = 5;

    @TempDir
    Path dir;

    private static final class NoState implements FinalizedState {
        @Override
        public long asOfMillis() {
            return 0;
        }

        @Override
        public Optional<byte[]> read(String module, byte[] key) {
            return Optional.empty();
        }
    }

    private static PeerVerifier phase1(Genesis genesis) {
        return new PhaseVerifier(
                LeafValidator.builder(genesis, new CertificateLightClient(genesis), new NoState())
                        .build(),
                () -> TrustPhase.PHASE_1);
    }

    @Test
    void aClientThatRunsLongerThanItsLeafIsNeverRefused() {
        Set<String> serials = ConcurrentHashMap.newKeySet();
        try (OneValidator node = new OneValidator(LEAF_SECONDS, CertificationTests::phase1);
                FileTransparencyLog log = FileTransparencyLog.open(
                        dir.resolve("log"),
                        node.genesis.networkId(),
                        node.id(),
                        node.keys.issuer(),
                        System::currentTimeMillis)) {
            LeafIssuer issuer = new LeafIssuer(
                    node.genesis,
                    node.keys.issuer(),
                    log,
                    subject -> Optional.empty(),
                    new SecureRandom(),
                    System::currentTimeMillis);
            node.messenger.serve(
                    NodeRequest.ISSUE_SERVICE,
                    IssuanceRequest.MAX_BYTES,
                    true,
                    (peer, body) -> issuer.issue(IssuanceRequest.decode(body)).encode());
            node.messenger.serve(NodeRequest.SERVICE, NodeRequest.MAX_BYTES, false, (peer, body) -> {
                if (NodeRequest.decode(body) instanceof NodeRequest.PhaseHistory) {
                    serials.add(peer.leaf().get(0).getSerialNumber().toString(16));
                    return new CborWriter(8)
                            .list(java.util.List.<byte[]>of(), CborWriter::bytes)
                            .toBytes();
                }
                throw new HypermeshException(Code.WRONG_PHASE, Retry.WHOLE_OPERATION, "no ledger here");
            });
            try (NodeClient client = node.client()) {
                client.certify(node.id());
                Instant first = client.certifiedUntil().orElseThrow();
                long end = System.nanoTime() + OneValidator.WAIT.toNanos();
                // every request until well past the end of the first leaf, and none of them fails
                while (Instant.now().isBefore(first.plusMillis(500)) || serials.size() < 2) {
                    client.phases(node.id());
                    assertThat(System.nanoTime())
                            .as("deadline; leaves seen: %s", serials)
                            .isLessThan(end);
                }
                assertThat(client.certifiedUntil().orElseThrow()).isAfter(first);
            }
        }
    }
}
