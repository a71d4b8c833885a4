package online.hypermesh.node.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.BundleReceipt;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.LightClient;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.bootstrap.NetworkPhase;
import online.hypermesh.bootstrap.NetworkPhaseModule;
import online.hypermesh.bootstrap.Phase;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameSource;
import online.hypermesh.trustchain.api.names.ResolutionResult;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import org.junit.jupiter.api.Test;

class NameCheckTests {
    private static final long NOW = 1_800_000_000_000L;
    private static final String SHOP = "shop.net.hypermesh.alt";
    private static final String EVIL = "evil.net.hypermesh.alt";
    private static final String FOREIGN = "www.example.org";
    private static final NameRecord.Content CONTENT = content(443, "v=1");

    private final NodeKeys keys = NodeKeys.generate(new SecureRandom());
    private final Genesis genesis = new Genesis(
            "net",
            NOW - 1000,
            List.of(keys.toValidator("n1", 1)),
            List.of(keys.node().verifyKey()),
            Parameters.DEFAULT);
    private Verdict verdict = Verdict.ACCEPTED;
    private Supplier<StateProof> phaseProof = () -> {
        throw new AssertionError("nobody asks for the network's phase here");
    };
    private final LightClient verifier = new LightClient() {
        @Override
        public Verdict verify(Receipt receipt) {
            return verdict;
        }

        @Override
        public Verdict verify(BundleReceipt receipt) {
            throw new AssertionError("names come with state proofs");
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
    private final NameCheck check = new NameCheck(genesis, verifier);

    private static NameRecord.Content content(int port, String text) {
        byte[] address = new byte[16];
        address[15] = 1;
        return new NameRecord.Content(List.of(ServiceAddress.of(address, port)), List.of(text), 60);
    }

    private StateProof proof(String name, Optional<NameRecord.Content> content, long timeMillis) {
        return proof(
                NameRecord.MODULE,
                NameRecord.key(name),
                content.map(c -> new NameRecord(keys.id(), c, 5).encode()),
                timeMillis);
    }

    private StateProof phase(int number, long timeMillis) {
        return proof(
                NetworkPhaseModule.NAME,
                NetworkPhaseModule.currentKey(),
                Optional.of(new NetworkPhase(Phase.of(number), 3, NOW - 500).encode()),
                timeMillis);
    }

    private StateProof proof(String module, byte[] key, Optional<byte[]> value, long timeMillis) {
        NodeId owner = keys.id();
        Digest none = Digest.ZERO;
        BlockHeader header = new BlockHeader(
                BlockHeader.VERSION,
                genesis.networkId(),
                0,
                7,
                6,
                7,
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                Digest.ZERO,
                timeMillis,
                owner,
                none,
                0,
                2026);
        Certificate certificate = new Certificate(new VoteStatement(VoteKind.FINALIZE, 0, 7, header.id()), List.of());
        return new StateProof(module, key, value, new byte[0], header, certificate, List.of());
    }

    private static ResolutionResult answer(
            String name, Optional<NameRecord.Content> content, NameSource source, Optional<StateProof> proof) {
        return new ResolutionResult(
                name,
                content.isPresent(),
                content.map(NameRecord.Content::addresses).orElse(List.of()),
                content.map(NameRecord.Content::texts).orElse(List.of()),
                content.map(NameRecord.Content::ttlSeconds).orElse(0),
                source,
                proof);
    }

    private ResolutionResult own(String name, NameRecord.Content said, StateProof proof) {
        return answer(name, Optional.of(said), NameSource.OWN_LEDGER, Optional.of(proof));
    }

    private Code refusal(String asked, ResolutionResult answer) {
        HypermeshException refusal = catchThrowableOfType(
                HypermeshException.class, () -> check.believed(asked, answer, verifier, phaseProof, NOW));
        assertThat(refusal).as("a refusal").isNotNull();
        return refusal.code();
    }

    @Test
    void aProvenAnswerAndAProvenAbsenceAreBelieved() {
        ResolutionResult found = own(SHOP, CONTENT, proof(SHOP, Optional.of(CONTENT), NOW - 1000));
        assertThat(check.believed("Shop.NET.hypermesh.alt.", found, verifier, phaseProof, NOW))
                .isEqualTo(found);
        ResolutionResult absent = answer(
                SHOP, Optional.empty(), NameSource.OWN_LEDGER, Optional.of(proof(SHOP, Optional.empty(), NOW - 1000)));
        assertThat(check.believed(SHOP, absent, verifier, phaseProof, NOW)).isEqualTo(absent);
    }

    private static ResolutionResult outside(String name) {
        return answer(name, Optional.of(CONTENT), NameSource.TRADITIONAL, Optional.empty());
    }

    private boolean believedInProvenPhase(String name, int phase) {
        NameCheck fresh = new NameCheck(genesis, verifier);
        try {
            return fresh.believed(name, outside(name), verifier, () -> phase(phase, NOW - 1000), NOW)
                    .equals(outside(name));
        } catch (HypermeshException e) {
            assertThat(e.code()).isEqualTo(Code.INVALID_PROOF);
            assertThat(e).hasMessageContaining("Phase " + phase).hasMessageContaining("Ask another node");
            return false;
        }
    }

    @Test
    void anAnswerFromOutsideIsBelievedOnlyInTheProvenPhasesThatLeaveTheNameToTheOutside() {
        assertThat(List.of(
                        believedInProvenPhase(SHOP, 1), believedInProvenPhase(SHOP, 2), believedInProvenPhase(SHOP, 3)))
                .as("the network's own name")
                .containsExactly(true, false, false);
        assertThat(List.of(
                        believedInProvenPhase(FOREIGN, 1),
                        believedInProvenPhase(FOREIGN, 2),
                        believedInProvenPhase(FOREIGN, 3)))
                .as("a foreign name")
                .containsExactly(true, true, false);
    }

    @Test
    void anAnswerFromOutsideIsRefusedWhenThePhaseIsNotProven() {
        phaseProof = () -> {
            throw new HypermeshException(Code.WRONG_PHASE, Retry.WHOLE_OPERATION, "no ledger here");
        };
        assertThat(refusal(SHOP, outside(SHOP))).as("no proof").isEqualTo(Code.INVALID_PROOF);
        phaseProof = () -> phase(1, NOW - 300_001);
        assertThat(refusal(SHOP, outside(SHOP))).as("an old proof").isEqualTo(Code.INVALID_PROOF);
        phaseProof = () -> proof(
                NetworkPhaseModule.NAME, NetworkPhaseModule.readyKey(Phase.PARTIAL_FEDERATION), Optional.empty(), NOW);
        assertThat(refusal(SHOP, outside(SHOP))).as("a proof of something else").isEqualTo(Code.INVALID_PROOF);
        phaseProof = () -> phase(1, NOW);
        verdict = Verdict.rejected(Code.INVALID_PROOF, "no quorum");
        assertThat(refusal(SHOP, outside(SHOP))).as("a forged proof").isEqualTo(Code.INVALID_PROOF);
    }

    @Test
    void aPhaseOnceProvenIsNotUndoneByAnOlderProof() {
        phaseProof = () -> phase(3, NOW);
        assertThat(refusal(SHOP, outside(SHOP))).isEqualTo(Code.INVALID_PROOF);
        phaseProof = () -> phase(1, NOW - 1000);
        assertThat(refusal(SHOP, outside(SHOP))).isEqualTo(Code.INVALID_PROOF);
        assertThat(refusal(FOREIGN, outside(FOREIGN))).isEqualTo(Code.INVALID_PROOF);
    }

    @Test
    void aLedgerKnowsNoForeignNamesNotEvenThatOneDoesNotExist() {
        ResolutionResult absent = answer(
                FOREIGN,
                Optional.empty(),
                NameSource.OWN_LEDGER,
                Optional.of(proof(FOREIGN, Optional.empty(), NOW - 1000)));
        assertThat(refusal(FOREIGN, absent)).isEqualTo(Code.INVALID_PROOF);
    }

    @Test
    void aProofOfAnotherNameIsRefusedWhateverNameTheAnswerSays() {
        StateProof evil = proof(EVIL, Optional.of(CONTENT), NOW - 1000);
        assertThat(refusal(SHOP, own(EVIL, CONTENT, evil))).isEqualTo(Code.INVALID_PROOF);
        assertThat(refusal(SHOP, own(SHOP, CONTENT, evil))).isEqualTo(Code.INVALID_PROOF);
    }

    @Test
    void anAnswerFromTheLedgerWithoutProofIsRefused() {
        for (NameSource source : List.of(NameSource.OWN_LEDGER, NameSource.PROVEN_LEDGER)) {
            assertThat(refusal(SHOP, answer(SHOP, Optional.of(CONTENT), source, Optional.empty())))
                    .isEqualTo(Code.INVALID_PROOF);
            assertThat(refusal(SHOP, answer(SHOP, Optional.empty(), source, Optional.empty())))
                    .isEqualTo(Code.INVALID_PROOF);
        }
    }

    @Test
    void anAnswerThatSaysMoreOrLessThanItsProofIsRefused() {
        StateProof proof = proof(SHOP, Optional.of(CONTENT), NOW - 1000);
        assertThat(refusal(SHOP, own(SHOP, content(444, "v=1"), proof))).isEqualTo(Code.INVALID_PROOF);
        assertThat(refusal(SHOP, own(SHOP, content(443, "v=2"), proof))).isEqualTo(Code.INVALID_PROOF);
        assertThat(refusal(SHOP, answer(SHOP, Optional.empty(), NameSource.OWN_LEDGER, Optional.of(proof))))
                .isEqualTo(Code.INVALID_PROOF);
        StateProof absent = proof(SHOP, Optional.empty(), NOW - 1000);
        assertThat(refusal(SHOP, own(SHOP, CONTENT, absent))).isEqualTo(Code.INVALID_PROOF);
    }

    @Test
    void aProofThatDoesNotHoldOrIsOldIsRefused() {
        ResolutionResult old = own(SHOP, CONTENT, proof(SHOP, Optional.of(CONTENT), NOW - 300_001));
        assertThat(refusal(SHOP, old)).isEqualTo(Code.QUORUM_UNREACHABLE);
        verdict = Verdict.rejected(Code.INVALID_PROOF, "no quorum");
        assertThat(refusal(SHOP, own(SHOP, CONTENT, proof(SHOP, Optional.of(CONTENT), NOW))))
                .isEqualTo(Code.INVALID_PROOF);
    }
}
