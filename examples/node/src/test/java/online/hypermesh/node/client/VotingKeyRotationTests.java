package online.hypermesh.node.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.operation.NodeRequest;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A validator's voting key is replaced by the operator, step by step, over sockets. */
class VotingKeyRotationTests {
    @TempDir
    Path dir;

    private static void serve(OneValidator node, ConsensusNode ledger) {
        node.messenger.serve(NodeRequest.SERVICE, NodeRequest.MAX_BYTES, true, (peer, body) -> {
            NodeRequest request = NodeRequest.decode(body);
            if (request instanceof NodeRequest.Prove r) {
                return ledger.prove(r.module(), r.key()).encode();
            }
            if (request instanceof NodeRequest.Submit r) {
                try {
                    return ledger.submit(Transaction.decode(r.transaction()))
                            .toCompletableFuture()
                            .get(30, TimeUnit.SECONDS)
                            .encode();
                } catch (Exception e) {
                    throw new HypermeshException(Code.TIMEOUT, Retry.NEVER, String.valueOf(e), e);
                }
            }
            throw new HypermeshException(Code.DENIED, Retry.NEVER, "not served here");
        });
    }

    @Test
    void aNewKeyIsKeptThenAskedForThenUsedAndTheOldOneGoesLast() throws Exception {
        try (OneValidator node = new OneValidator(
                3600, g -> e -> new PeerVerifier.Judgement.Accepted(Standing.FULL), System.currentTimeMillis(), 1)) {
            AtomicReference<NodeKeys> kept = new AtomicReference<>(node.keys);
            SigningKey next = SigningKey.generate(new Fixed());
            try (ConsensusNode ledger = node.ledger(dir, List.of(node.keys.voting(), next))) {
                serve(node, ledger);
                try (NodeClient client = node.client()) {
                    // Something must be certified before anything can be proven.
                    node.apply(ledger, ValidatorChange.MODULE, new ValidatorChange.Stake(node.id(), 2).encode());
                    HypermeshException stranger = catchThrowableOfType(
                            HypermeshException.class,
                            () -> rotation(client, node).advance(node.operator, kept::set));
                    assertThat(stranger.code()).isEqualTo(Code.NOT_FOUND);

                    VotingKeyRotation.Progress progress = rotation(client, node).advance(kept.get(), kept::set);
                    assertThat(progress.step()).isEqualTo(VotingKeyRotation.Step.ASKED);
                    assertThat(progress.votingKey()).isEqualTo(next.verifyKey());
                    assertThat(kept.get().nextVoting().orElseThrow().verifyKey())
                            .isEqualTo(next.verifyKey());
                    assertThat(kept.get().voting().verifyKey())
                            .as("the old one is still needed")
                            .isEqualTo(node.keys.voting().verifyKey());
                    NodeKeys prepared = kept.get();

                    long deadline = System.nanoTime() + OneValidator.WAIT.toNanos();
                    do {
                        assertThat(System.nanoTime())
                                .as("the next epoch begins")
                                .isLessThan(deadline);
                        node.apply(ledger, ValidatorChange.MODULE, new ValidatorChange.Stake(node.id(), 3).encode());
                        progress = rotation(client, node).advance(kept.get(), kept::set);
                        assertThat(progress.votingKey()).isEqualTo(next.verifyKey());
                        assertThat(progress.step()).isNotEqualTo(VotingKeyRotation.Step.ASKED);
                    } while (progress.step() == VotingKeyRotation.Step.WAITING);
                    assertThat(kept.get().nextVoting()).isEmpty();
                    assertThat(kept.get().voting().verifyKey()).isEqualTo(next.verifyKey());
                    assertThat(rotation(client, node)
                                    .advance(prepared, kept::set)
                                    .step())
                            .as("repeated after a crash")
                            .isEqualTo(VotingKeyRotation.Step.FINISHED);
                    HypermeshException old = catchThrowableOfType(
                            HypermeshException.class,
                            () -> rotation(client, node).advance(node.keys, kept::set));
                    assertThat(old.code()).as("a backup from before").isEqualTo(Code.CONFLICT);
                }
            }
        }
    }

    /** Makes a key that the test knows. */
    private static final class Fixed extends SecureRandom {
        private static final long serialVersionUID = 1L;

        @Override
        public void nextBytes(byte[] bytes) {
            java.util.Arrays.fill(bytes, (byte) 9);
        }
    }

    private static VotingKeyRotation rotation(NodeClient client, OneValidator node) {
        return new VotingKeyRotation(client, node.id(), new Fixed());
    }
}
