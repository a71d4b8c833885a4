package online.hypermesh.trustchain.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.OptionalLong;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.certificates.CertificateInstruction;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import online.hypermesh.trustchain.testing.MapState;
import online.hypermesh.trustchain.testing.TestContext;
import online.hypermesh.trustchain.testing.TestNetwork;
import org.junit.jupiter.api.Test;

class CertificateModuleTests {
    private static final long NOW = TestNetwork.NOW;
    private static final long HOUR = 3_600_000;

    private final TestNetwork network = new TestNetwork();
    private final CertificateModule module = new CertificateModule();
    private final MapState state = new MapState();
    private final SigningKey subject = TestNetwork.key(60);

    private CertificateRecord record(long from, long to) {
        byte[] serial = new byte[16];
        Arrays.fill(serial, (byte) 0x51);
        return new CertificateRecord(
                NodeId.of(subject.verifyKey()), serial, from, to, 3, Digest.ZERO, OptionalLong.empty());
    }

    private static Digest hash(int i) {
        return Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8)});
    }

    private Outcome run(SigningKey sender, long time, CertificateInstruction instruction) {
        return TestContext.run(module, state, network, sender, time, instruction.encode());
    }

    private Outcome record(int issuer, int hash) {
        return run(
                network.nodeKeys.get(issuer),
                NOW,
                new CertificateInstruction.RecordLeaf(hash(hash), record(NOW, NOW + HOUR)));
    }

    private static void assertRefused(Outcome outcome, String code) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo(code));
    }

    @Test
    void aFoundingValidatorRecordsUnderItsOwnKey() {
        assertThat(record(1, 7)).isInstanceOf(Outcome.Applied.class);
        byte[] value =
                state.get(CertificateRecord.key(network.node(1), hash(7))).orElseThrow();
        assertThat(CertificateRecord.decode(value).encode())
                .isEqualTo(record(NOW, NOW + HOUR).encode());
    }

    @Test
    void nobodyElseRecords() {
        for (SigningKey stranger : new SigningKey[] {subject, network.operator, network.issuerKeys.get(0)}) {
            assertRefused(
                    run(stranger, NOW, new CertificateInstruction.RecordLeaf(hash(1), record(NOW, NOW + HOUR))),
                    "NOT_ISSUER");
        }
        assertThat(state.values).isEmpty();
    }

    @Test
    void aLeafIsRecordedOnceAndNobodyOccupiesAnothersKey() {
        record(1, 7);
        assertRefused(record(1, 7), "DUPLICATE");
        assertThat(record(2, 7)).isInstanceOf(Outcome.Applied.class);
    }

    @Test
    void windowsThatAreTooLongOrOverOrFarAwayAreRefused() {
        SigningKey issuer = network.nodeKeys.get(0);
        assertRefused(
                run(issuer, NOW, new CertificateInstruction.RecordLeaf(hash(1), record(NOW, NOW + HOUR + 1000))),
                "WRONG_WINDOW");
        assertRefused(
                run(issuer, NOW, new CertificateInstruction.RecordLeaf(hash(1), record(NOW - HOUR, NOW))),
                "WRONG_WINDOW");
        assertRefused(
                run(
                        issuer,
                        NOW,
                        new CertificateInstruction.RecordLeaf(hash(1), record(Long.MAX_VALUE - HOUR, Long.MAX_VALUE))),
                "WRONG_WINDOW");
    }

    @Test
    void issuerSubjectAndOperatorRevokeAndNobodyElse() {
        SigningKey[] entitled = {network.nodeKeys.get(1), subject, network.operator};
        for (int i = 0; i < entitled.length; i++) {
            record(1, i);
            CertificateInstruction revoke = new CertificateInstruction.RevokeLeaf(network.node(1), hash(i));
            assertRefused(run(network.nodeKeys.get(2), NOW, revoke), "NOT_ENTITLED");
            assertThat(run(entitled[i], NOW + 5, revoke)).isInstanceOf(Outcome.Applied.class);
            byte[] value =
                    state.get(CertificateRecord.key(network.node(1), hash(i))).orElseThrow();
            assertThat(CertificateRecord.decode(value).revokedAtMillis()).hasValue(NOW + 5);
            assertRefused(run(entitled[i], NOW + 6, revoke), "ALREADY_REVOKED");
        }
        assertRefused(
                run(subject, NOW, new CertificateInstruction.RevokeLeaf(network.node(2), hash(0))), "NOT_RECORDED");
    }

    @Test
    void recordsLeaveTheStateSomeTimeAfterExpiry() {
        for (int i = 0; i < 100; i++) {
            record(0, i);
        }
        long later = NOW + HOUR + CertificateModule.RETENTION_MILLIS + 1;
        for (int i = 100; i < 200; i++) {
            run(
                    network.nodeKeys.get(0),
                    later,
                    new CertificateInstruction.RecordLeaf(hash(i), record(later, later + HOUR)));
        }
        // 100 live records, their queue slots, and the ends of the queue
        assertThat(state.values).hasSize(201);
        assertThat(state.get(CertificateRecord.key(network.node(0), hash(99)))).isEmpty();
        assertThat(state.get(CertificateRecord.key(network.node(0), hash(100)))).isPresent();
    }

    @Test
    void recordsStayUntilTheRetentionIsOver() {
        record(0, 1);
        long later = NOW + HOUR + CertificateModule.RETENTION_MILLIS;
        run(
                network.nodeKeys.get(0),
                later,
                new CertificateInstruction.RecordLeaf(hash(2), record(later, later + HOUR)));
        assertThat(state.get(CertificateRecord.key(network.node(0), hash(1)))).isPresent();
    }

    @Test
    void cutAndLengthenedInstructionsAreRefused() {
        byte[] bytes = new CertificateInstruction.RecordLeaf(hash(1), record(NOW, NOW + HOUR)).encode();
        for (int cut = 0; cut < bytes.length; cut++) {
            byte[] part = Arrays.copyOf(bytes, cut);
            assertThatThrownBy(() -> CertificateInstruction.decode(part)).isInstanceOf(CborException.class);
        }
        assertThatThrownBy(() -> CertificateInstruction.decode(Arrays.copyOf(bytes, bytes.length + 1)))
                .isInstanceOf(CborException.class);
    }
}
