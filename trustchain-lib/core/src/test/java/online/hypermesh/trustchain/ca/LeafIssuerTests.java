package online.hypermesh.trustchain.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.TrustchainException.Code;
import online.hypermesh.trustchain.api.certificates.CertificateInstruction;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import online.hypermesh.trustchain.api.certificates.IssuanceRequest;
import online.hypermesh.trustchain.api.certificates.IssuedLeaf;
import online.hypermesh.trustchain.api.certificates.StapleSource;
import online.hypermesh.trustchain.api.log.InclusionProof;
import online.hypermesh.trustchain.api.log.TreeHead;
import online.hypermesh.trustchain.leaf.CertificateBytes;
import online.hypermesh.trustchain.log.FileTransparencyLog;
import online.hypermesh.trustchain.testing.TestNetwork;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeafIssuerTests {
    private static final Duration HOUR = Duration.ofHours(1);

    private final TestNetwork network = new TestNetwork();
    private final SecureRandom random = new SecureRandom();
    private final SigningKey subject = TestNetwork.key(80);
    private final Set<NodeId> denied = new HashSet<>();
    private long now = TestNetwork.NOW;
    private FileTransparencyLog log;
    private LeafIssuer issuer;

    @BeforeEach
    void open(@TempDir Path dir) {
        log = FileTransparencyLog.open(
                dir.resolve("log"), network.id(), network.node(1), network.issuerKeys.get(1), () -> now);
        issuer = new LeafIssuer(
                network.genesis,
                network.issuerKeys.get(1),
                log,
                id -> denied.contains(id) ? Optional.of("not enrolled") : Optional.empty(),
                random,
                () -> now);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private PendingLeaf pending(SigningKey key, long fromMillis, Duration validity) {
        return PendingLeaf.create(network.genesis, key, Instant.ofEpochMilli(fromMillis), validity, random);
    }

    private PendingLeaf pending() {
        return pending(subject, now - 60_000, HOUR);
    }

    private void assertRefused(ThrowingCallable call, Code code) {
        long before = log.size();
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        TrustchainException.class,
                        e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
        assertThat(log.size()).isEqualTo(before);
    }

    @Test
    void anIssuedLeafIsWhatWasAskedForAndProvenToBeLogged() throws Exception {
        PendingLeaf pending = pending();
        IssuedLeaf issued = issuer.issue(pending.request());
        Credentials credentials = pending.accept(issued);
        X509Certificate leaf = credentials.chain().get(0);
        assertThat(leaf.getSubjectX500Principal().getName())
                .isEqualTo("CN=node-" + NodeId.of(subject.verifyKey()).toShortString() + ",O=test");
        assertThat(leaf.getIssuerX500Principal()).isEqualTo(issuer.anchor().getSubjectX500Principal());
        assertThat(LeafBinding.of(leaf).nodeKey()).isEqualTo(subject.verifyKey());
        assertThat(leaf.getNotBefore().getTime()).isEqualTo(now - 60_000);
        assertThat(leaf.getNotAfter().getTime()).isEqualTo(now - 60_000 + HOUR.toMillis());
        assertThat(leaf.getSerialNumber().bitLength()).isEqualTo(127);
        assertThat(leaf.getSubjectAlternativeNames()).hasSize(2);
        assertThat(log.entry(0)).isEqualTo(CertificateRecord.logEntry(leaf.getTBSCertificate()));
        assertThat(issued.encode()).isEqualTo(IssuedLeaf.decode(issued.encode()).encode());
    }

    @Test
    void ordinaryX509SoftwareAcceptsTheLeafUnderTheAnchor() throws Exception {
        PendingLeaf pending = pending();
        X509Certificate leaf =
                pending.accept(issuer.issue(pending.request())).chain().get(0);
        leaf.verify(issuer.anchor().getPublicKey());
        issuer.anchor().verify(issuer.anchor().getPublicKey());
        assertThat(issuer.anchor().getBasicConstraints()).isZero();
        java.security.cert.PKIXParameters parameters = new java.security.cert.PKIXParameters(
                Set.of(new java.security.cert.TrustAnchor(issuer.anchor(), null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(new java.util.Date(now));
        java.security.cert.CertPathValidator.getInstance("PKIX")
                .validate(
                        java.security.cert.CertificateFactory.getInstance("X.509")
                                .generateCertPath(List.of(leaf)),
                        parameters);
    }

    @Test
    void theSameIssuerAlwaysMakesTheSameAnchor() throws Exception {
        X509Certificate again = IssuerCertificate.create(
                network.genesis, network.genesis.validators().get(1), network.issuerKeys.get(1));
        assertThat(again.getEncoded()).isEqualTo(issuer.anchor().getEncoded());
        assertThatThrownBy(() -> IssuerCertificate.create(
                        network.genesis, network.genesis.validators().get(0), network.issuerKeys.get(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void validatorsAreNamedByTheirNameAndSerialsDiffer() {
        Set<java.math.BigInteger> serials = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            PendingLeaf pending = pending(network.nodeKeys.get(2), now - 60_000, HOUR);
            X509Certificate leaf =
                    pending.accept(issuer.issue(pending.request())).chain().get(0);
            assertThat(leaf.getSubjectX500Principal().getName()).isEqualTo("CN=n3,O=test");
            serials.add(leaf.getSerialNumber());
        }
        assertThat(serials).hasSize(20);
        assertThat(log.size()).isEqualTo(20);
    }

    @Test
    void theLeafNeverLeavesTheBindingsWindow() {
        PendingLeaf pending = pending(subject, now - 10_000, Duration.ofMinutes(5));
        X509Certificate leaf =
                pending.accept(issuer.issue(pending.request())).chain().get(0);
        assertThat(leaf.getNotBefore().getTime()).isEqualTo(now - 10_000);
        PendingLeaf older = pending(subject, now - 600_000, HOUR);
        X509Certificate backdated =
                older.accept(issuer.issue(older.request())).chain().get(0);
        assertThat(backdated.getNotBefore().getTime()).isEqualTo(now - 60_000);
        assertThat(backdated.getNotAfter().getTime()).isEqualTo(now - 600_000 + HOUR.toMillis());
    }

    @Test
    void windowsThatAreTooLongOrDoNotCoverThePresentAreRefused() {
        assertRefused(
                () -> issuer.issue(pending(subject, now, HOUR.plusSeconds(1)).request()), Code.WRONG_WINDOW);
        assertRefused(() -> issuer.issue(pending(subject, now + 1000, HOUR).request()), Code.WRONG_WINDOW);
        assertRefused(
                () -> issuer.issue(pending(subject, now - HOUR.toMillis(), HOUR).request()), Code.WRONG_WINDOW);
    }

    @Test
    void identitiesThePolicyDeniesGetNoLeaf() {
        denied.add(NodeId.of(subject.verifyKey()));
        assertRefused(() -> issuer.issue(pending().request()), Code.DENIED);
    }

    @Test
    void requestsWithoutProofOfPossessionAreRefused() {
        IssuanceRequest good = pending().request();
        IssuanceRequest other = pending().request();
        assertRefused(
                () -> issuer.issue(
                        new IssuanceRequest(good.nodeKey(), good.leafSpki(), good.binding(), other.possession())),
                Code.NO_POSSESSION);
        assertRefused(
                () -> issuer.issue(
                        new IssuanceRequest(good.nodeKey(), good.leafSpki(), good.binding(), new byte[] {1, 2})),
                Code.NO_POSSESSION);
    }

    @Test
    void bindingsThatDoNotBindAreRefused() {
        IssuanceRequest good = pending().request();
        IssuanceRequest other = pending().request();
        assertRefused(
                () -> issuer.issue(
                        new IssuanceRequest(good.nodeKey(), good.leafSpki(), other.binding(), good.possession())),
                Code.WRONG_BINDING);
        assertRefused(
                () -> issuer.issue(new IssuanceRequest(
                        TestNetwork.key(81).verifyKey(), good.leafSpki(), good.binding(), good.possession())),
                Code.WRONG_BINDING);
        assertRefused(
                () -> issuer.issue(
                        new IssuanceRequest(good.nodeKey(), good.leafSpki(), new byte[] {1}, good.possession())),
                Code.WRONG_BINDING);
        TestNetwork foreign = new TestNetwork("other", 0);
        IssuanceRequest elsewhere = PendingLeaf.create(
                        foreign.genesis, subject, Instant.ofEpochMilli(now), HOUR, random)
                .request();
        assertRefused(() -> issuer.issue(elsewhere), Code.WRONG_BINDING);
    }

    @Test
    void keysThatAreNotP256AreRefused() {
        IssuanceRequest good = pending().request();
        assertRefused(
                () -> issuer.issue(
                        new IssuanceRequest(good.nodeKey(), new byte[91], good.binding(), good.possession())),
                Code.WRONG_KEY);
        byte[] offCurve = good.leafSpki();
        offCurve[90] ^= 1;
        assertRefused(
                () -> issuer.issue(new IssuanceRequest(good.nodeKey(), offCurve, good.binding(), good.possession())),
                Code.WRONG_KEY);
    }

    @Test
    void nothingIsSignedWhenTheLogCannotTakeTheEntry() {
        IssuanceRequest request = pending().request();
        log.close();
        assertThatThrownBy(() -> issuer.issue(request))
                .isInstanceOfSatisfying(
                        TrustchainException.class, e -> assertThat(e.code()).isEqualTo(Code.CLOSED));
    }

    @Test
    void anIssuerOutsideTheGenesisOrWithAnothersLogIsMisuse() {
        assertThatThrownBy(() -> new LeafIssuer(
                        network.genesis, TestNetwork.key(90), log, id -> Optional.empty(), random, () -> now))
                .hasMessageContaining("not in the genesis");
        assertThatThrownBy(() -> new LeafIssuer(
                        network.genesis, network.issuerKeys.get(0), log, id -> Optional.empty(), random, () -> now))
                .hasMessageContaining("log belongs to");
    }

    @Test
    void whatComesBackIsCheckedBeforeItIsUsed() {
        PendingLeaf pending = pending();
        IssuedLeaf good = issuer.issue(pending.request());
        PendingLeaf other = pending();
        IssuedLeaf others = issuer.issue(other.request());
        byte[] forged = good.leaf();
        forged[forged.length - 1] ^= 1;
        InclusionProof wrongIndex = new InclusionProof(
                1, others.inclusion().size(), others.inclusion().path());
        assertThat(pending.accept(good).chain()).hasSize(1);
        for (IssuedLeaf wrong : List.of(
                others,
                new IssuedLeaf(forged, good.head(), good.inclusion()),
                new IssuedLeaf(good.leaf(), others.head(), others.inclusion()),
                new IssuedLeaf(good.leaf(), others.head(), wrongIndex),
                new IssuedLeaf(good.leaf(), others.head(), good.inclusion()),
                new IssuedLeaf(good.leaf(), resigned(good.head(), network.node(1), 0), good.inclusion()),
                new IssuedLeaf(good.leaf(), resigned(good.head(), network.node(0), 1), good.inclusion()))) {
            assertThatThrownBy(() -> pending.accept(wrong))
                    .isInstanceOfSatisfying(
                            TrustchainException.class, e -> assertThat(e.code()).isEqualTo(Code.WRONG_LEAF));
        }
        TestNetwork foreign = new TestNetwork("other", 0);
        PendingLeaf elsewhere = PendingLeaf.create(foreign.genesis, subject, Instant.ofEpochMilli(now), HOUR, random);
        assertThatThrownBy(() -> elsewhere.accept(good)).hasMessageContaining("not a validator of other");
    }

    /** The same tree, claimed for a log and signed with an issuer's key. */
    private TreeHead resigned(TreeHead head, NodeId claimed, int signer) {
        return TreeHead.sign(
                network.id(), network.issuerKeys.get(signer), claimed, head.size(), head.root(), head.timeMillis());
    }

    @Test
    void theInstructionForTheLedgerDescribesTheLeaf() {
        PendingLeaf pending = pending();
        IssuedLeaf issued = issuer.issue(pending.request());
        CertificateInstruction.RecordLeaf instruction = LeafIssuer.instruction(issued);
        X509Certificate leaf = CertificateBytes.parse(issued.leaf());
        assertThat(instruction.entryHash()).isEqualTo(CertificateBytes.entryHash(leaf));
        assertThat(instruction.record().subject()).isEqualTo(NodeId.of(subject.verifyKey()));
        assertThat(new java.math.BigInteger(1, instruction.record().serial())).isEqualTo(leaf.getSerialNumber());
        assertThat(CertificateInstruction.decode(instruction.encode()).encode()).isEqualTo(instruction.encode());
    }

    @Test
    void requestsSurviveTheirEncodingAndCutOnesAreRefused() {
        byte[] bytes = pending().request().encode();
        assertThat(bytes.length).isLessThan(IssuanceRequest.MAX_BYTES);
        assertThat(IssuanceRequest.decode(bytes).encode()).isEqualTo(bytes);
        for (int cut = 0; cut < bytes.length; cut++) {
            byte[] part = java.util.Arrays.copyOf(bytes, cut);
            assertThatThrownBy(() -> IssuanceRequest.decode(part)).isInstanceOf(CborException.class);
        }
    }

    // ---- holding credentials

    private RenewingCertificateSource source(StapleSource staples) {
        Credentials initial =
                SelfSignedLeaf.create(subject, network.id(), Instant.ofEpochMilli(now), HOUR, List.of(), random);
        return new RenewingCertificateSource(
                network.genesis, subject, initial, (r, t) -> issuer.issue(r), staples, random, () -> now);
    }

    @Test
    void aRenewedLeafBecomesCurrentTogetherWithItsStaple() {
        List<Digest> asked = new ArrayList<>();
        List<Credentials> seenWhileStapling = new ArrayList<>();
        RenewingCertificateSource[] source = new RenewingCertificateSource[1];
        source[0] = source((who, entryHash, timeout) -> {
            assertThat(who).isEqualTo(network.node(1));
            asked.add(entryHash);
            seenWhileStapling.add(source[0].current());
            return new byte[] {7};
        });
        Credentials initial = source[0].current();
        Credentials renewed = source[0].renew(Duration.ofSeconds(5));
        assertThat(source[0].current()).isSameAs(renewed);
        assertThat(seenWhileStapling).containsExactly(initial);
        assertThat(renewed.staple()).containsExactly(7);
        assertThat(asked)
                .containsExactly(CertificateBytes.entryHash(renewed.chain().get(0)));
    }

    @Test
    void aFailedRenewalKeepsTheOldLeaf() {
        RenewingCertificateSource source = source((who, entryHash, timeout) -> {
            throw new TrustchainException(
                    Code.UNREACHABLE, online.hypermesh.stoq.base.error.Retry.SAME_CALL, "planted");
        });
        Credentials initial = source.current();
        assertThatThrownBy(() -> source.renew(Duration.ofSeconds(5))).hasMessage("planted");
        assertThat(source.current()).isSameAs(initial);
        denied.add(NodeId.of(subject.verifyKey()));
        assertThatThrownBy(() -> source.renew(Duration.ofSeconds(5))).hasMessageContaining("not enrolled");
        assertThat(source.current()).isSameAs(initial);
    }

    @Test
    void aNewerStapleReplacesTheOldOneAndNothingElse() {
        int[] count = {0};
        RenewingCertificateSource source = source((who, entryHash, timeout) -> new byte[] {(byte) ++count[0]});
        assertThat(source.refreshStaple(Duration.ofSeconds(5))).isFalse();
        Credentials renewed = source.renew(Duration.ofSeconds(5));
        long due = source.renewAtMillis();
        assertThat(source.refreshStaple(Duration.ofSeconds(5))).isTrue();
        assertThat(source.current().staple()).containsExactly(2);
        assertThat(source.current().chain()).isEqualTo(renewed.chain());
        assertThat(source.current().leafKey()).isSameAs(renewed.leafKey());
        assertThat(source.renewAtMillis()).isEqualTo(due);
    }

    @Test
    void renewalIsDueAfterAboutTwoThirdsOfTheLife() {
        Set<Long> moments = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            RenewingCertificateSource source = source(StapleSource.NONE);
            long into = source.renewAtMillis() - now;
            long life = HOUR.toMillis();
            assertThat(into).isBetween(life * 2 / 3 - life / 20, life * 2 / 3 + life / 20);
            assertThat(source.renewalDue(source.renewAtMillis() - 1)).isFalse();
            assertThat(source.renewalDue(source.renewAtMillis())).isTrue();
            moments.add(into);
        }
        assertThat(moments.size()).isGreaterThan(10);
    }
}
