package online.hypermesh.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;

final class CheckpointTests {
    private static final NetworkPhase THREE = new NetworkPhase(Phase.FULL_FEDERATION, 9, 9000);

    @Test
    void aProofThatHoldsIsBelieved() {
        Checkpoint.Verification verification = Checkpoint.verify(
                proof(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey(), Optional.of(THREE.encode())),
                lightClient(Verdict.ACCEPTED));
        assertThat(verification)
                .isInstanceOfSatisfying(
                        Checkpoint.Verification.Believed.class,
                        b -> assertThat(b.checkpoint().networkPhase()).isEqualTo(THREE));
    }

    @Test
    void aProofThatDoesNotHoldIsRefusedWithTheFailedCheck() {
        Verdict.Rejected why = new Verdict.Rejected(Code.INVALID_SIGNATURE, "signature of validator 1 does not hold");
        assertThat(Checkpoint.verify(
                        proof(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey(), Optional.of(THREE.encode())),
                        lightClient(why)))
                .isEqualTo(new Checkpoint.Verification.Refused(why));
    }

    @Test
    void aTrueProofOfSomethingElseIsRefused() {
        LightClient believing = lightClient(Verdict.ACCEPTED);
        List<StateProof> proofs = List.of(
                proof("names", NetworkPhaseModule.currentKey(), Optional.of(THREE.encode())),
                proof(
                        NetworkPhaseModule.NAME,
                        NetworkPhaseModule.checkpointKey(Phase.FULL_FEDERATION),
                        Optional.of(THREE.encode())),
                proof(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey(), Optional.empty()),
                proof(NetworkPhaseModule.NAME, NetworkPhaseModule.currentKey(), Optional.of(new byte[] {1, 2})));
        for (StateProof proof : proofs) {
            assertThat(Checkpoint.verify(proof, believing)).isInstanceOf(Checkpoint.Verification.Refused.class);
        }
    }

    private static StateProof proof(String module, byte[] key, Optional<byte[]> value) {
        Certificate certificate = new Certificate(new VoteStatement(VoteKind.FINALIZE, 0, 1, Digest.ZERO), List.of());
        return new StateProof(module, key, value, new byte[0], header(), certificate, List.of());
    }

    private static BlockHeader header() {
        return new BlockHeader(
                BlockHeader.VERSION,
                new NetworkId(Digest.ZERO),
                0,
                12,
                11,
                10,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                Digest.ZERO,
                10_000,
                FourNodes.id(FourNodes.OPERATOR),
                Digest.ZERO,
                0,
                BlockHeader.SUITE_2026);
    }

    private static LightClient lightClient(Verdict verdict) {
        return new LightClient() {
            @Override
            public Verdict verify(Receipt receipt) {
                return verdict;
            }

            @Override
            public Verdict verify(BundleReceipt receipt) {
                return verdict;
            }

            @Override
            public Verdict verify(AncestorProof proof) {
                return verdict;
            }

            @Override
            public Verdict verify(Receipt receipt, AncestorProof history) {
                return verdict;
            }

            @Override
            public Verdict verify(BundleReceipt receipt, AncestorProof history) {
                return verdict;
            }

            @Override
            public Verdict verify(StateProof proof, AncestorProof history) {
                return verdict;
            }

            @Override
            public Verdict learn(HandOver handOver) {
                return Verdict.ACCEPTED;
            }

            @Override
            public long newestEpoch() {
                return 0;
            }

            @Override
            public Verdict verify(StateProof proof) {
                return verdict;
            }
        };
    }
}
