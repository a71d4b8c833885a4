package online.hypermesh.trustchain.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.TrustPhase;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.TrustchainException.Code;
import online.hypermesh.trustchain.api.names.DivergenceListener.Divergence;
import online.hypermesh.trustchain.api.names.LedgerNames;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.NameSource;
import online.hypermesh.trustchain.api.names.ResolutionResult;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import online.hypermesh.trustchain.api.names.TraditionalResolver;
import online.hypermesh.trustchain.testing.FixedLightClient;
import online.hypermesh.trustchain.testing.TestNetwork;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AdaptiveResolverTests {
    private static final String OWN = "web.test.hypermesh.alt";
    private static final String FOREIGN = "www.example.org";
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final long NOW = TestNetwork.NOW;

    private final TestNetwork network = new TestNetwork();
    private final FixedLightClient lightClient = new FixedLightClient();
    private final Map<String, NameRecord> ledgerRecords = new HashMap<>();
    private final Map<String, TraditionalResolver.Answer> traditionalRecords = new HashMap<>();
    private final List<String> asked = new ArrayList<>();
    private final List<Divergence> divergences = new ArrayList<>();
    private final List<Runnable> shadow = new ArrayList<>();
    private TrustPhase phase = TrustPhase.PHASE_0;
    private boolean ledgerUp = true;
    private boolean traditionalUp = true;
    private boolean ledgerIsOwn;
    private long provenAt = NOW - 100;

    private LedgerNames.Answer askLedger(String name, Duration timeout) {
        asked.add("ledger");
        if (!ledgerUp) {
            throw new TrustchainException(Code.UNREACHABLE, Retry.SAME_CALL, "planted: ledger");
        }
        Optional<byte[]> value = Optional.ofNullable(ledgerRecords.get(name)).map(NameRecord::encode);
        return new LedgerNames.Answer(
                network.proof(NameRecord.MODULE, NameRecord.key(name), value, provenAt), ledgerIsOwn);
    }

    private TraditionalResolver.Answer askTraditional(String name, Duration timeout) {
        asked.add("traditional");
        if (!traditionalUp) {
            throw new TrustchainException(Code.UNREACHABLE, Retry.SAME_CALL, "planted: traditional");
        }
        return traditionalRecords.getOrDefault(name, new TraditionalResolver.Answer(false, List.of(), 0));
    }

    private final AdaptiveResolver resolver = AdaptiveResolver.builder(
                    network.genesis, () -> phase, this::askLedger, lightClient, () -> NOW)
            .traditional(this::askTraditional)
            .shadow(shadow::add, divergences::add)
            .build();

    private static ServiceAddress address(int last, int port) {
        byte[] bytes = new byte[16];
        bytes[0] = (byte) 0xfd;
        bytes[15] = (byte) last;
        return ServiceAddress.of(bytes, port);
    }

    private void inLedger(String name, int last) {
        ledgerRecords.put(
                name,
                new NameRecord(
                        network.node(0), new NameRecord.Content(List.of(address(last, 443)), List.of("t"), 30), 1));
    }

    private void inTradition(String name, int last) {
        traditionalRecords.put(name, new TraditionalResolver.Answer(true, List.of(address(last, 0)), 60));
    }

    private ResolutionResult resolve(String name) {
        ResolutionResult result = resolver.resolve(name, TIMEOUT);
        assertThat(result.name()).isEqualTo(name);
        return result;
    }

    private void assertFails(ThrowingCallable call, Code code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        TrustchainException.class,
                        e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
    }

    private void runShadow() {
        List.copyOf(shadow).forEach(Runnable::run);
        shadow.clear();
    }

    // ---- phase 0

    @Test
    void phase0AsksTraditionOnly() {
        inTradition(FOREIGN, 1);
        inLedger(OWN, 2);
        assertThat(resolve(FOREIGN).addresses()).containsExactly(address(1, 0));
        assertThat(resolve(FOREIGN).source()).isEqualTo(NameSource.TRADITIONAL);
        assertThat(resolve(OWN).found()).isFalse();
        traditionalUp = false;
        assertFails(() -> resolve(FOREIGN), Code.UNREACHABLE);
        assertFails(() -> resolve(OWN), Code.UNREACHABLE);
        assertThat(asked).containsOnly("traditional");
        assertThat(shadow).isEmpty();
    }

    // ---- phase 1

    @Test
    void phase1AnswersFromTraditionAndReportsDivergence() {
        phase = TrustPhase.PHASE_1;
        inTradition(OWN, 1);
        inLedger(OWN, 2);
        assertThat(resolve(OWN).source()).isEqualTo(NameSource.TRADITIONAL);
        assertThat(asked).containsExactly("traditional");
        runShadow();
        assertThat(asked).containsExactly("traditional", "ledger");
        assertThat(divergences)
                .containsExactly(new Divergence(OWN, true, List.of(address(1, 0)), true, List.of(address(2, 443))));
    }

    @Test
    void phase1ReportsNamesThatOnlyOneSideKnows() {
        phase = TrustPhase.PHASE_1;
        inLedger(OWN, 2);
        assertThat(resolve(OWN).found()).isFalse();
        runShadow();
        ledgerRecords.clear();
        inTradition(OWN, 1);
        resolve(OWN);
        runShadow();
        assertThat(divergences).extracting(Divergence::foundInLedger).containsExactly(true, false);
    }

    @Test
    void phase1ReportsNothingWhenBothAgreeOrTheLedgerIsSilentOrLying() {
        phase = TrustPhase.PHASE_1;
        inTradition(OWN, 1);
        inLedger(OWN, 1);
        resolve(OWN);
        runShadow();
        inLedger(OWN, 2);
        ledgerUp = false;
        resolve(OWN);
        runShadow();
        ledgerUp = true;
        lightClient.believes = false;
        resolve(OWN);
        runShadow();
        assertThat(divergences).isEmpty();
    }

    @Test
    void phase1AsksTheLedgerForOwnNamesOnlyWhenNoTraditionalServerIsReached() {
        phase = TrustPhase.PHASE_1;
        traditionalUp = false;
        inLedger(OWN, 2);
        assertThat(resolve(OWN).source()).isEqualTo(NameSource.PROVEN_LEDGER);
        assertFails(() -> resolve(FOREIGN), Code.UNREACHABLE);
        assertThat(asked).containsExactly("traditional", "ledger", "traditional");
    }

    @Test
    void phase1KeepsItsAnswerWhenTheShadowIsFull() {
        phase = TrustPhase.PHASE_1;
        inTradition(OWN, 1);
        AdaptiveResolver full = AdaptiveResolver.builder(
                        network.genesis, () -> phase, this::askLedger, lightClient, () -> NOW)
                .traditional(this::askTraditional)
                .shadow(
                        task -> {
                            throw new RejectedExecutionException("full");
                        },
                        divergences::add)
                .build();
        assertThat(full.resolve(OWN, TIMEOUT).found()).isTrue();
    }

    // ---- phase 2

    @Test
    void phase2AnswersOwnNamesFromTheLedgerAndForeignOnesFromTradition() {
        phase = TrustPhase.PHASE_2;
        inLedger(OWN, 2);
        inTradition(OWN, 1);
        inTradition(FOREIGN, 3);
        ResolutionResult own = resolve(OWN);
        assertThat(own.source()).isEqualTo(NameSource.PROVEN_LEDGER);
        assertThat(own.addresses()).containsExactly(address(2, 443));
        assertThat(own.texts()).containsExactly("t");
        assertThat(own.ttlSeconds()).isEqualTo(30);
        assertThat(own.proof()).isPresent();
        assertThat(resolve(FOREIGN).addresses()).containsExactly(address(3, 0));
        assertThat(asked).containsExactly("ledger", "traditional");
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aProvenAbsenceIsTheAnswerAndNeverFallsBack(TrustPhase later) {
        phase = later;
        inTradition(OWN, 1);
        ResolutionResult result = resolve(OWN);
        assertThat(result.found()).isFalse();
        assertThat(result.addresses()).isEmpty();
        assertThat(result.proof()).isPresent();
        assertThat(asked).containsExactly("ledger");
    }

    @Test
    void phase2FallsBackOnlyWhenTheLedgerIsUnreachableOrTooOld() {
        phase = TrustPhase.PHASE_2;
        inLedger(OWN, 2);
        inTradition(OWN, 1);
        ledgerUp = false;
        assertThat(resolve(OWN).source()).isEqualTo(NameSource.TRADITIONAL);
        ledgerUp = true;
        provenAt = NOW - 300_000;
        assertThat(resolve(OWN).source()).isEqualTo(NameSource.PROVEN_LEDGER);
        provenAt = NOW - 300_001;
        assertThat(resolve(OWN).source()).isEqualTo(NameSource.TRADITIONAL);
        traditionalUp = false;
        assertThatThrownBy(() -> resolve(OWN))
                .hasMessageContaining("planted: traditional")
                .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessageContaining("300001 ms old"));
    }

    @ParameterizedTest
    @EnumSource(names = {"PHASE_2", "PHASE_3"})
    void aProofThatDoesNotHoldIsAnErrorAndNeverFallsBack(TrustPhase later) {
        phase = later;
        inLedger(OWN, 2);
        inTradition(OWN, 1);
        lightClient.believes = false;
        assertFails(() -> resolve(OWN), Code.NOT_PROVEN);
        assertThat(asked).containsExactly("ledger");
    }

    @Test
    void aProofAboutAnotherNameOrModuleIsAnErrorEvenFromTheOwnLedger() {
        phase = TrustPhase.PHASE_3;
        for (String module : List.of(NameRecord.MODULE, "certificates")) {
            String name = module.equals(NameRecord.MODULE) ? "other.test.hypermesh.alt" : OWN;
            LedgerNames lying = (n, t) ->
                    new LedgerNames.Answer(network.proof(module, NameRecord.key(name), Optional.empty(), NOW), true);
            AdaptiveResolver misled = AdaptiveResolver.builder(
                            network.genesis, () -> phase, lying, lightClient, () -> NOW)
                    .build();
            assertFails(() -> misled.resolve(OWN, TIMEOUT), Code.NOT_PROVEN);
        }
    }

    // ---- phase 3

    @Test
    void phase3AsksTheLedgerOnly() {
        phase = TrustPhase.PHASE_3;
        inLedger(OWN, 2);
        inTradition(FOREIGN, 3);
        inTradition(OWN, 1);
        assertThat(resolve(OWN).addresses()).containsExactly(address(2, 443));
        assertFails(() -> resolve(FOREIGN), Code.FOREIGN_NAME);
        ledgerUp = false;
        assertFails(() -> resolve(OWN), Code.UNREACHABLE);
        assertThat(asked).containsOnly("ledger");
    }

    @Test
    void theOwnLedgerIsBelievedWithoutSignaturesAndServesEvenOldStates() {
        phase = TrustPhase.PHASE_3;
        inLedger(OWN, 2);
        ledgerIsOwn = true;
        provenAt = NOW - 10_000_000;
        lightClient.believes = false;
        assertThat(resolve(OWN).source()).isEqualTo(NameSource.OWN_LEDGER);
        assertThat(lightClient.asked).isZero();
    }

    @Test
    void everyAnswerOfAnotherNodeIsCheckedAfresh() {
        phase = TrustPhase.PHASE_3;
        inLedger(OWN, 2);
        resolve(OWN);
        resolve(OWN);
        assertThat(lightClient.asked).isEqualTo(2);
    }

    // ---- names

    @Test
    void whatPeopleTypeIsBroughtIntoCanonicalForm() {
        phase = TrustPhase.PHASE_3;
        inLedger(OWN, 2);
        assertThat(resolver.resolve("Web.Test.HyperMesh.ALT.", TIMEOUT).name()).isEqualTo(OWN);
        for (String bad : List.of("", ".", "a..b", "a b", "a_b", "-a", "a-", "x".repeat(64), "é")) {
            assertFails(() -> resolver.resolve(bad, TIMEOUT), Code.BAD_NAME);
        }
    }

    @Test
    void theProofsAgeLimitMustExceedTheHeartbeat() {
        assertThatThrownBy(() -> AdaptiveResolver.builder(
                                network.genesis, () -> phase, this::askLedger, lightClient, () -> NOW)
                        .maxProofAge(Duration.ofSeconds(30)))
                .hasMessageContaining("30000");
    }
}
