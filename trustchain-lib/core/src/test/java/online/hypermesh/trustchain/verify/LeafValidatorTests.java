package online.hypermesh.trustchain.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import online.hypermesh.api.ledger.StateProof;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.TrustPhase;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import online.hypermesh.trustchain.api.certificates.FinalizedState;
import online.hypermesh.trustchain.api.certificates.LeafVerdict;
import online.hypermesh.trustchain.api.certificates.LeafVerdict.Basis;
import online.hypermesh.trustchain.api.certificates.LeafVerdict.Reason;
import online.hypermesh.trustchain.leaf.CertificateBytes;
import online.hypermesh.trustchain.leaf.Issuers;
import online.hypermesh.trustchain.testing.FixedLightClient;
import online.hypermesh.trustchain.testing.LeafForge;
import online.hypermesh.trustchain.testing.MapState;
import online.hypermesh.trustchain.testing.TestNetwork;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LeafValidatorTests {
    private static final long NOW = TestNetwork.NOW;
    private static final byte[] NO_STAPLE = {};

    private final TestNetwork network = new TestNetwork();
    private final FixedLightClient lightClient = new FixedLightClient();
    private final MapState records = new MapState();
    private final Set<NodeId> enrolled = new HashSet<>();
    private long ownAsOf = NOW - 1000;
    private OptionalLong firstPhase2 = OptionalLong.empty();
    private final SigningKey stranger = TestNetwork.key(70);

    private final FinalizedState ownState = new FinalizedState() {
        @Override
        public Optional<byte[]> read(String module, byte[] key) {
            return module.equals(CertificateRecord.MODULE) ? records.get(key) : Optional.empty();
        }

        @Override
        public long asOfMillis() {
            return ownAsOf;
        }
    };

    private final LeafValidator validator = LeafValidator.builder(network.genesis, lightClient, ownState)
            .members(new GenesisMembership(network.genesis).or(enrolled::contains))
            .firstPhase2Millis(() -> firstPhase2)
            .build();

    private LeafForge forge() {
        return new LeafForge(network);
    }

    private LeafForge selfSigned(SigningKey nodeKey) {
        LeafForge forge = forge();
        forge.nodeKey = nodeKey;
        forge.selfSigned = true;
        forge.issuerName = new org.bouncycastle.asn1.x500.X500Name("CN=self");
        forge.subjectName = forge.issuerName;
        forge.purposes = new KeyPurposeId[0];
        return forge;
    }

    private LeafForge issuedToStranger() {
        LeafForge forge = forge();
        forge.nodeKey = stranger;
        return forge;
    }

    private LeafVerdict judge(X509Certificate leaf, byte[] staple, TrustPhase phase) {
        return validator.validate(List.of(leaf), staple, NOW, phase);
    }

    private LeafVerdict judge(X509Certificate leaf, TrustPhase phase) {
        return judge(leaf, NO_STAPLE, phase);
    }

    private static void assertFull(LeafVerdict verdict, Basis basis) {
        assertThat(verdict.standing()).as(verdict.toString()).contains(Standing.FULL);
        assertThat(verdict.reason()).isEqualTo(Reason.VALID);
        assertThat(verdict.basis()).contains(basis);
    }

    private static void assertMemberOnly(LeafVerdict verdict, Reason reason) {
        assertThat(verdict.standing()).as(verdict.toString()).contains(Standing.MEMBER_ONLY);
        assertThat(verdict.reason()).isEqualTo(reason);
        assertThat(verdict.basis()).contains(Basis.MEMBERSHIP);
    }

    private static void assertRefused(LeafVerdict verdict, Reason reason) {
        assertThat(verdict.accepted()).as(verdict.toString()).isFalse();
        assertThat(verdict.reason()).as(verdict.toString()).isEqualTo(reason);
        assertThat(verdict.basis()).isEmpty();
        assertThat(verdict.detail()).isNotBlank();
    }

    private byte[] key(X509Certificate leaf) {
        return CertificateRecord.key(network.node(1), CertificateBytes.entryHash(leaf));
    }

    private static CertificateRecord recordOf(X509Certificate leaf) {
        return new CertificateRecord(
                LeafBinding.of(leaf).nodeId(),
                CertificateBytes.serial(leaf),
                leaf.getNotBefore().getTime(),
                leaf.getNotAfter().getTime(),
                0,
                Digest.ZERO,
                OptionalLong.empty());
    }

    private byte[] staple(X509Certificate leaf, Optional<byte[]> value, long timeMillis) {
        StateProof proof = network.proof(CertificateRecord.MODULE, key(leaf), value, timeMillis);
        return proof.encode();
    }

    private byte[] goodStaple(X509Certificate leaf) {
        return staple(leaf, Optional.of(recordOf(leaf).encode()), NOW - 500);
    }

    // ---- phase 0

    @Test
    void phase0PinsFoundingMembersByTheirKey() {
        assertFull(judge(selfSigned(network.nodeKeys.get(0)).make(), TrustPhase.PHASE_0), Basis.PINNED_KEY);
        assertFull(judge(selfSigned(network.operator).make(), TrustPhase.PHASE_0), Basis.PINNED_KEY);
        assertFull(judge(forge().make(), TrustPhase.PHASE_0), Basis.ISSUER_SIGNATURE);
    }

    @Test
    void phase0KnowsNobodyElse() {
        enrolled.add(NodeId.of(stranger.verifyKey()));
        assertRefused(judge(selfSigned(stranger).make(), TrustPhase.PHASE_0), Reason.UNKNOWN_NODE);
        assertRefused(judge(issuedToStranger().make(), TrustPhase.PHASE_0), Reason.UNKNOWN_NODE);
    }

    // ---- phase 1

    @Test
    void phase1AcceptsWhatAFoundingValidatorIssued() {
        LeafVerdict verdict = judge(issuedToStranger().make(), TrustPhase.PHASE_1);
        assertFull(verdict, Basis.ISSUER_SIGNATURE);
        assertThat(verdict.issuer()).contains("n2");
        assertThat(verdict.subject()).contains(NodeId.of(stranger.verifyKey()));
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_1", "PHASE_2", "PHASE_3"})
    void aSelfSignedLeafAfterPhase0LeavesMembersTheirMembershipAndStrangersNothing(TrustPhase phase) {
        assertMemberOnly(judge(selfSigned(network.nodeKeys.get(2)).make(), phase), Reason.SELF_SIGNED);
        assertMemberOnly(judge(selfSigned(network.operator).make(), phase), Reason.SELF_SIGNED);
        assertRefused(judge(selfSigned(stranger).make(), phase), Reason.SELF_SIGNED);
        enrolled.add(NodeId.of(stranger.verifyKey()));
        assertMemberOnly(judge(selfSigned(stranger).make(), phase), Reason.SELF_SIGNED);
    }

    // ---- every phase

    @ParameterizedTest
    @EnumSource
    void anExpiredLeafLeavesMembersTheirMembershipAndStrangersNothing(TrustPhase phase) {
        LeafForge issued = forge();
        issued.notAfter = Instant.ofEpochMilli(NOW - 1000);
        issued.windowTo = issued.notAfter;
        records.put(key(issued.make()), new byte[] {1});
        assertMemberOnly(judge(issued.make(), phase), Reason.EXPIRED);
        issued.nodeKey = stranger;
        assertRefused(judge(issued.make(), phase), Reason.EXPIRED);
        LeafForge own = selfSigned(network.nodeKeys.get(0));
        own.notAfter = Instant.ofEpochMilli(NOW - 1000);
        assertMemberOnly(judge(own.make(), phase), Reason.EXPIRED);
        own.nodeKey = stranger;
        assertRefused(judge(own.make(), phase), Reason.EXPIRED);
    }

    @Test
    void theLastMomentOfALeafIsStillWithinIt() {
        X509Certificate leaf = forge().make();
        long last = leaf.getNotAfter().getTime();
        assertFull(validator.validate(List.of(leaf), NO_STAPLE, last, TrustPhase.PHASE_1), Basis.ISSUER_SIGNATURE);
        assertMemberOnly(validator.validate(List.of(leaf), NO_STAPLE, last + 1, TrustPhase.PHASE_1), Reason.EXPIRED);
        long first = leaf.getNotBefore().getTime();
        assertFull(validator.validate(List.of(leaf), NO_STAPLE, first, TrustPhase.PHASE_1), Basis.ISSUER_SIGNATURE);
        assertRefused(
                validator.validate(List.of(leaf), NO_STAPLE, first - 1, TrustPhase.PHASE_1), Reason.NOT_YET_VALID);
    }

    @ParameterizedTest
    @EnumSource
    void aLeafOfTheFutureIsRefusedEvenFromAMember(TrustPhase phase) {
        LeafForge issued = forge();
        issued.notBefore = Instant.ofEpochMilli(NOW + 1000);
        assertRefused(judge(issued.make(), phase), Reason.NOT_YET_VALID);
        LeafForge own = selfSigned(network.nodeKeys.get(0));
        own.notBefore = Instant.ofEpochMilli(NOW + 1000);
        assertRefused(judge(own.make(), phase), Reason.NOT_YET_VALID);
    }

    @ParameterizedTest
    @EnumSource
    void issuersOutsideTheGenesisAreRefused(TrustPhase phase) {
        LeafForge named = forge();
        named.issuerName = Issuers.name(network.genesis, "n9");
        assertRefused(judge(named.make(), phase), Reason.UNTRUSTED_ISSUER);

        LeafForge foreign = forge();
        TestNetwork other = new TestNetwork("other", 0);
        foreign.issuerName = Issuers.name(other.genesis, "n2");
        assertRefused(judge(foreign.make(), phase), Reason.UNTRUSTED_ISSUER);

        LeafForge seeminglySelfSigned = forge();
        seeminglySelfSigned.issuerName = new org.bouncycastle.asn1.x500.X500Name("CN=self");
        seeminglySelfSigned.subjectName = seeminglySelfSigned.issuerName;
        assertRefused(judge(seeminglySelfSigned.make(), phase), Reason.UNTRUSTED_ISSUER);
    }

    @ParameterizedTest
    @EnumSource
    void anIssuersNameWithoutItsSignatureIsRefused(TrustPhase phase) {
        LeafForge forged = forge();
        forged.issuerKey = network.issuerKeys.get(0);
        assertRefused(judge(forged.make(), phase), Reason.WRONG_SIGNATURE);
        LeafForge own = selfSigned(network.nodeKeys.get(0));
        own.issuerName = Issuers.name(network.genesis, "n2");
        assertRefused(judge(own.make(), phase), Reason.WRONG_SIGNATURE);
    }

    static Stream<Named<Consumer<LeafForge>>> wrongBindings() {
        return Stream.of(
                Named.of("missing", f -> f.withBinding = false),
                Named.of("for another network", f -> f.bindingNetwork = new TestNetwork("other", 0).id()),
                Named.of("for another leaf key", f -> f.bindAnotherKey = true),
                Named.of("begins after the leaf", f -> f.windowFrom = f.notBefore.plusSeconds(1)),
                Named.of("ends before the leaf", f -> f.windowTo = f.notAfter.minusSeconds(1)),
                Named.of("longer than the genesis allows", f -> f.windowTo = f.windowFrom.plusSeconds(3601)));
    }

    @ParameterizedTest
    @MethodSource("wrongBindings")
    void wrongBindingsAreRefusedInEveryPhase(Consumer<LeafForge> wrong) {
        LeafForge forge = forge();
        wrong.accept(forge);
        X509Certificate leaf = forge.make();
        for (TrustPhase phase : TrustPhase.values()) {
            assertRefused(judge(leaf, phase), Reason.WRONG_BINDING);
        }
    }

    static Stream<Named<Consumer<LeafForge>>> wrongProfiles() {
        return Stream.of(
                Named.of("a certificate authority", f -> f.authority = true),
                Named.of("no key usage", f -> f.keyUsage = 0),
                Named.of("signs certificates", f -> f.keyUsage = KeyUsage.digitalSignature | KeyUsage.keyCertSign),
                Named.of("signs revocation lists", f -> f.keyUsage = KeyUsage.digitalSignature | KeyUsage.cRLSign),
                Named.of("encrypts only", f -> f.keyUsage = KeyUsage.keyEncipherment),
                Named.of("server only", f -> f.purposes = new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth}),
                Named.of("mail only", f -> f.purposes = new KeyPurposeId[] {KeyPurposeId.id_kp_emailProtection}),
                Named.of("unknown critical extension", f -> f.unknownCritical = true),
                Named.of("short serial", f -> f.serial = BigInteger.TEN),
                Named.of("negative serial", f -> f.serial = f.serial.negate()),
                Named.of("P-384 key", f -> f.curve = "secp384r1"),
                Named.of("too large", f -> f.paddingBytes = 4096));
    }

    @ParameterizedTest
    @MethodSource("wrongProfiles")
    void leavesOutsideTheProfileAreRefusedInEveryPhase(Consumer<LeafForge> wrong) {
        LeafForge forge = forge();
        wrong.accept(forge);
        X509Certificate leaf = forge.make();
        for (TrustPhase phase : TrustPhase.values()) {
            assertRefused(judge(leaf, goodStaple(leaf0()), phase), Reason.WRONG_PROFILE);
        }
    }

    private X509Certificate leaf0() {
        return forge().make();
    }

    @Test
    void anEmptyChainIsRefused() {
        assertRefused(validator.validate(List.of(), NO_STAPLE, NOW, TrustPhase.PHASE_1), Reason.MALFORMED);
    }

    // ---- phases 2 and 3

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aRecordInTheOwnStateMakesALeafCount(TrustPhase phase) {
        enrolled.add(NodeId.of(stranger.verifyKey()));
        X509Certificate leaf = issuedToStranger().make();
        records.put(key(leaf), recordOf(leaf).encode());
        assertFull(judge(leaf, phase), Basis.OWN_STATE);
        assertThat(lightClient.asked).isZero();
        ownAsOf = 0;
        assertFull(judge(leaf, phase), Basis.OWN_STATE);
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void theLeafOfAnExpelledIdentityCountsNoMore(TrustPhase phase) {
        X509Certificate leaf = issuedToStranger().make();
        records.put(key(leaf), recordOf(leaf).encode());
        assertRefused(judge(leaf, phase), Reason.UNKNOWN_NODE);
        assertRefused(judge(leaf, goodStaple(leaf), phase), Reason.UNKNOWN_NODE);
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aStapledProofMakesALeafCount(TrustPhase phase) {
        X509Certificate leaf = issuedToStranger().make();
        LeafVerdict verdict = judge(leaf, goodStaple(leaf), phase);
        assertFull(verdict, Basis.STAPLED_PROOF);
        assertThat(verdict.provenHeight()).hasValue(6);
        ownAsOf = 0;
        assertFull(judge(leaf, goodStaple(leaf), phase), Basis.STAPLED_PROOF);
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aFreshOwnStateWithoutTheRecordSaysNo(TrustPhase phase) {
        firstPhase2 = OptionalLong.of(NOW);
        assertRefused(judge(issuedToStranger().make(), phase), Reason.NOT_FINALIZED);
        assertMemberOnly(judge(forge().make(), phase), Reason.NOT_FINALIZED);
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aProofOfAbsenceSaysNoEvenWhenTheOwnStateIsStale(TrustPhase phase) {
        firstPhase2 = OptionalLong.of(NOW);
        ownAsOf = 0;
        X509Certificate leaf = issuedToStranger().make();
        assertRefused(judge(leaf, staple(leaf, Optional.empty(), NOW - 500), phase), Reason.NOT_FINALIZED);
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aNewerOwnStateOutweighsTheStaple(TrustPhase phase) {
        X509Certificate leaf = issuedToStranger().make();
        byte[] older = staple(leaf, Optional.of(recordOf(leaf).encode()), NOW - 2000);
        assertRefused(judge(leaf, older, phase), Reason.NOT_FINALIZED);
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aProofThatDoesNotHoldIsNoProof(TrustPhase phase) {
        X509Certificate leaf = issuedToStranger().make();
        lightClient.believes = false;
        assertRefused(judge(leaf, goodStaple(leaf), phase), Reason.NOT_FINALIZED);
        ownAsOf = 0;
        LeafVerdict verdict = judge(leaf, goodStaple(leaf), phase);
        assertRefused(verdict, Reason.QUORUM_UNREACHABLE);
        assertThat(verdict.detail()).contains("planted");
    }

    @Test
    void garbageAndProofsAboutAnotherLeafOrModuleAreNoProof() {
        ownAsOf = 0;
        X509Certificate leaf = issuedToStranger().make();
        X509Certificate another = issuedToStranger().make();
        byte[] good = goodStaple(leaf);
        byte[] otherModule = network.proof(
                        "names", key(leaf), Optional.of(recordOf(leaf).encode()), NOW)
                .encode();
        byte[][] useless = {{1, 2, 3}, goodStaple(another), otherModule, java.util.Arrays.copyOf(good, good.length - 1)
        };
        for (byte[] staple : useless) {
            assertRefused(judge(leaf, staple, TrustPhase.PHASE_3), Reason.QUORUM_UNREACHABLE);
        }
        assertThat(lightClient.asked).isZero();
    }

    @Test
    void aStapleCountsUpToItsAgeLimitAndNoLonger() {
        ownAsOf = 0;
        X509Certificate leaf = issuedToStranger().make();
        byte[] value = recordOf(leaf).encode();
        assertFull(
                judge(leaf, staple(leaf, Optional.of(value), NOW - 300_000), TrustPhase.PHASE_3), Basis.STAPLED_PROOF);
        assertRefused(
                judge(leaf, staple(leaf, Optional.of(value), NOW - 300_001), TrustPhase.PHASE_3),
                Reason.QUORUM_UNREACHABLE);
    }

    @Test
    void bareIssuanceCountsInPhase2OnlyFromBeforeTheCheckpointAndOnlyWithoutQuorum() {
        X509Certificate leaf = issuedToStranger().make();
        long issued = leaf.getNotBefore().getTime();
        ownAsOf = NOW - 90_001;
        assertRefused(judge(leaf, TrustPhase.PHASE_2), Reason.QUORUM_UNREACHABLE);
        firstPhase2 = OptionalLong.of(issued);
        assertRefused(judge(leaf, TrustPhase.PHASE_2), Reason.QUORUM_UNREACHABLE);
        firstPhase2 = OptionalLong.of(issued + 1);
        assertFull(judge(leaf, TrustPhase.PHASE_2), Basis.ISSUER_SIGNATURE_WITHOUT_QUORUM);
        assertRefused(judge(leaf, TrustPhase.PHASE_3), Reason.QUORUM_UNREACHABLE);
        byte[] old = staple(leaf, Optional.of(recordOf(leaf).encode()), NOW - 300_001);
        assertFull(judge(leaf, old, TrustPhase.PHASE_2), Basis.ISSUER_SIGNATURE_WITHOUT_QUORUM);
        ownAsOf = NOW - 90_000;
        assertRefused(judge(leaf, TrustPhase.PHASE_2), Reason.NOT_FINALIZED);
    }

    @Test
    void withoutQuorumMembersKeepTheirMembership() {
        ownAsOf = 0;
        assertMemberOnly(judge(forge().make(), TrustPhase.PHASE_2), Reason.QUORUM_UNREACHABLE);
        assertMemberOnly(judge(forge().make(), TrustPhase.PHASE_3), Reason.QUORUM_UNREACHABLE);
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aRevokedLeafIsRefusedEvenFromAMember(TrustPhase phase) {
        X509Certificate leaf = forge().make();
        byte[] revoked = recordOf(leaf).revoked(NOW - 10).encode();
        assertRefused(judge(leaf, staple(leaf, Optional.of(revoked), NOW - 500), phase), Reason.REVOKED);
        records.put(key(leaf), revoked);
        assertRefused(judge(leaf, goodStaple(leaf), phase), Reason.REVOKED);
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aRecordOfAnotherLeafIsRefused(TrustPhase phase) {
        X509Certificate leaf = forge().make();
        records.put(key(leaf), recordOf(forge().make()).encode());
        assertRefused(judge(leaf, phase), Reason.WRONG_RECORD);
        records.put(key(leaf), new byte[] {0x41});
        assertRefused(judge(leaf, phase), Reason.WRONG_RECORD);
    }

    @Test
    void aLeafRecordedByAnotherIssuerDoesNotCount() {
        X509Certificate leaf = issuedToStranger().make();
        records.put(
                CertificateRecord.key(network.node(0), CertificateBytes.entryHash(leaf)),
                recordOf(leaf).encode());
        assertRefused(judge(leaf, TrustPhase.PHASE_3), Reason.NOT_FINALIZED);
    }

    // ---- the transport's port

    @Test
    void theVerifierFollowsThePhaseAndRefusesAnotherIdentity() {
        TrustPhase[] phase = {TrustPhase.PHASE_0};
        PhaseVerifier verifier = new PhaseVerifier(validator, () -> phase[0]);
        SigningKey n1 = network.nodeKeys.get(0);
        List<X509Certificate> chain = List.of(selfSigned(n1).make());
        PeerVerifier.Evidence evidence =
                new PeerVerifier.Evidence(network.node(0), n1.verifyKey(), chain, NO_STAPLE, NOW);
        assertThat(verifier.judge(evidence)).isEqualTo(new PeerVerifier.Judgement.Accepted(Standing.FULL));
        phase[0] = TrustPhase.PHASE_1;
        assertThat(verifier.judge(evidence)).isEqualTo(new PeerVerifier.Judgement.Accepted(Standing.MEMBER_ONLY));
        PeerVerifier.Evidence mixed = new PeerVerifier.Evidence(
                network.node(1), network.nodeKeys.get(1).verifyKey(), chain, NO_STAPLE, NOW);
        assertThat(verifier.judge(mixed))
                .isInstanceOfSatisfying(
                        PeerVerifier.Judgement.Refused.class,
                        r -> assertThat(r.code()).isEqualTo("WRONG_BINDING"));
        PeerVerifier.Evidence unknown = new PeerVerifier.Evidence(
                NodeId.of(stranger.verifyKey()),
                stranger.verifyKey(),
                List.of(selfSigned(stranger).make()),
                NO_STAPLE,
                NOW);
        assertThat(verifier.judge(unknown))
                .isInstanceOfSatisfying(
                        PeerVerifier.Judgement.Refused.class,
                        r -> assertThat(r.code()).isEqualTo("SELF_SIGNED"));
    }
}
