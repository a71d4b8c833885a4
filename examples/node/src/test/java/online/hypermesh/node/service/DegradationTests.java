package online.hypermesh.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.ConsensusStatus;
import online.hypermesh.api.error.Code;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PeerVerifier.Judgement;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DegradationTests {
    private static Optional<ConsensusStatus> consensus(String signing) {
        return Optional.of(new ConsensusStatus(0, 1, 1, Digest.ZERO, Digest.ZERO, 0, signing, 4));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "stopped: No space left on device; restart the node",
                "stopped: peers hold a NOTARIZE vote of this validator in view 9 that its vote log does not know"
            })
    void aNodeWhoseConsensusStoppedIsDegradedAndSaysWhyAndWhatToDo(String signing) {
        for (Optional<String> quorum : List.of(Optional.<String>empty(), Optional.of("no quorum"))) {
            Degradation degradation = Degradation.of(consensus(signing), quorum).orElseThrow();
            assertThat(degradation.code()).isEqualTo(Code.SIGNING_STOPPED);
            assertThat(degradation.refusal())
                    .hasMessageContaining("DEGRADED")
                    .hasMessageContaining(signing)
                    .hasMessageContaining("another node")
                    .hasMessageContaining("restart");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "signing",
                "observing: this node is not a validator of the epoch",
                "checking: waiting for a quorum",
                "rejoining: signs again above view 7",
                "not started"
            })
    void aNodeThatSignsWaitsOrOnlyObservesIsDegradedOnlyWithoutTheQuorum(String signing) {
        assertThat(Degradation.of(consensus(signing), Optional.empty())).isEmpty();
        Degradation lost = Degradation.of(consensus(signing), Optional.of("2 of 4 connected"))
                .orElseThrow();
        assertThat(lost.code()).isEqualTo(Code.QUORUM_UNREACHABLE);
        assertThat(lost.refusal())
                .hasMessageContaining("2 of 4 connected")
                .hasMessageContaining("Start more validators");
    }

    @Test
    void nobodyIsAdmittedBeforeThePhaseIsKnown() {
        Admission admission = new Admission(evidence -> new Judgement.Accepted(Standing.FULL));
        PeerVerifier.Evidence evidence = new PeerVerifier.Evidence(
                new online.hypermesh.stoq.base.id.NodeId(Digest.ZERO),
                online.hypermesh.node.keys.NodeKeys.generate(new java.security.SecureRandom())
                        .node()
                        .verifyKey(),
                List.of(),
                new byte[0],
                1);
        assertThat(admission.judge(evidence)).isInstanceOfSatisfying(Judgement.Refused.class, r -> {
            assertThat(r.code()).isEqualTo("STARTING");
            assertThat(r.detail()).contains("try again");
        });
        admission.open();
        assertThat(admission.judge(evidence)).isEqualTo(new Judgement.Accepted(Standing.FULL));
    }
}
