package online.hypermesh.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.certificates.CertificateInstruction;
import online.hypermesh.trustchain.api.certificates.CertificateRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeafRecorderTests {
    private final NodeKeys keys = NodeKeys.generate(new SecureRandom());
    private final Genesis genesis =
            new Genesis("net", 1, List.of(keys.toValidator("n1", 1)), List.of(), Parameters.DEFAULT);
    private final AtomicReference<CompletionStage<Receipt>> answer = new AtomicReference<>();
    private final DeferredLedger ledger = new DeferredLedger(genesis, (module, key) -> java.util.Optional.empty());
    private final LeafRecorder recorder = new LeafRecorder(ledger, (module, payload) -> answer.get());
    private final List<String> warnings = new ArrayList<>();
    private final Logger log = Logger.getLogger(LeafRecorder.class.getName());
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
                warnings.add(record.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        log.addHandler(handler);
        ledger.attach(ledger, () -> {});
    }

    @AfterEach
    void forget() {
        log.removeHandler(handler);
    }

    private static CompletionStage<Receipt> failure(Code code, Retry retry, String why) {
        return CompletableFuture.failedStage(new HypermeshException(code, retry, why));
    }

    private CertificateInstruction.RecordLeaf instruction() {
        byte[] serial = new byte[16];
        serial[0] = 1;
        return new CertificateInstruction.RecordLeaf(
                Digest.sha256(serial),
                new CertificateRecord(keys.id(), serial, 1, 2, 0, Digest.ZERO, java.util.OptionalLong.empty()));
    }

    @Test
    void aRecordThatTheGateRefusesIsAWarningOnceWithItsReasonAndStaysInTheStatusUntilItSucceeds() {
        answer.set(failure(Code.DENIED, Retry.NEVER, "no rule allows certificates.record"));
        recorder.record(instruction()).exceptionally(e -> null);
        for (int i = 0; i < 3; i++) {
            recorder.retry();
        }
        assertThat(warnings)
                .singleElement()
                .asString()
                .contains(keys.id().toShortString(), "DENIED", "no rule allows certificates.record");
        assertThat(recorder.warnings()).singleElement().asString().contains("no rule allows certificates.record");

        answer.set(failure(Code.DENIED, Retry.NEVER, "another reason"));
        recorder.retry();
        assertThat(warnings).hasSize(2);
        assertThat(recorder.warnings()).singleElement().asString().contains("another reason");
    }

    @Test
    void whatOnlyTakesTimeIsTriedAgainInSilence() {
        answer.set(failure(Code.BUSY, Retry.SAME_CALL, "full"));
        recorder.record(instruction()).exceptionally(e -> null);
        recorder.retry();
        assertThat(warnings).isEmpty();
        assertThat(recorder.warnings()).isEmpty();
    }
}
