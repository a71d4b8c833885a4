package online.hypermesh.bootstrap;

import static online.hypermesh.bootstrap.FourNodes.OPERATOR;
import static online.hypermesh.bootstrap.FourNodes.STRANGER;
import static online.hypermesh.bootstrap.FourNodes.VALIDATORS;
import static online.hypermesh.bootstrap.FourNodes.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PhaseMachineTests {
    private static final long T0 = 1_700_000_000_000L;
    private static final List<Fact> TELLABLE =
            Arrays.stream(Fact.values()).filter(fact -> !fact.proven()).toList();

    private final FourNodes network = new FourNodes();

    @Test
    void aHealthyNodeRisesStepByStepAndSaysWhatOpenedEachGuard() {
        PhaseMachine machine = network.machine();
        assertThat(swaps(machine.start(T0))).containsExactly(0, 0, 0, 0);
        machine.on(T0 + 1, established(Fact.GENESIS_LOADED));
        machine.on(T0 + 2, established(Fact.LISTEN_BOUND));
        assertThat(machine.on(T0 + 3, established(Fact.QUORUM_CONNECTED))).containsExactly(new Command.RequestLeaf());
        List<Command> entered = machine.on(T0 + 700, new Event.Established(Fact.LEAF_ISSUED, "serial 17"));
        assertThat(entered.get(0))
                .isEqualTo(new Command.Persist(
                        new PhaseRecord(network.genesis().networkId(), id(VALIDATORS.get(0)), Phase.TRUST, 0, 0)));
        assertThat(swaps(entered)).containsExactly(1, 1, 1, 1);
        assertThat(entered.get(5))
                .isEqualTo(new Command.ReportPhase(
                        Phase.TRADITIONAL,
                        Phase.TRUST,
                        Command.Cause.ADVANCED,
                        T0 + 700,
                        700,
                        "LEAF_ISSUED: a validator issued this node's leaf, serial 17"));
        for (Fact fact : List.of(Fact.LEAF_FINALIZED, Fact.STAPLE_OBTAINED, Fact.LEDGER_CERTIFIED)) {
            assertThat(machine.on(T0 + 800, established(fact))).isEmpty();
        }
        assertThat(machine.on(T0 + 900, established(Fact.NAMES_AGREE)))
                .containsExactly(new Command.AttestReadiness(Phase.PARTIAL_FEDERATION, Fact.NAMES_AGREE));
        List<Command> partial = machine.on(T0 + 1000, proven(Phase.PARTIAL_FEDERATION, 5));
        assertThat(swaps(partial)).containsExactly(2, 2, 2, 2);
        assertThat(report(partial).reason()).contains("NETWORK_IN_PHASE_2").contains("height 5");
        assertThat(machine.on(T0 + 1100, established(Fact.MEMBER_LEAVES_FINALIZED)))
                .containsExactly(new Command.AttestReadiness(Phase.FULL_FEDERATION, Fact.MEMBER_LEAVES_FINALIZED));
        assertThat(swaps(machine.on(T0 + 1200, proven(Phase.FULL_FEDERATION, 9))))
                .containsExactly(3, 3, 3, 3);
        assertThat(machine.status().missing()).isEmpty();
        assertThat(machine.on(T0 + 10_000_000, new Event.Tick())).isEmpty();
    }

    static Stream<Arguments> guards() {
        return Stream.of(Transition.values())
                .flatMap(step -> step.guard().stream().map(fact -> Arguments.of(step, fact)));
    }

    @ParameterizedTest
    @MethodSource("guards")
    void withoutOneFactOfItsGuardAStepIsNeverTaken(Transition step, Fact withheld) {
        PhaseMachine machine = network.machine();
        List<Command> all = new ArrayList<>(machine.start(T0));
        boolean provenHere = step.to().finalized();
        for (int round = 0; round < 3; round++) {
            for (Fact fact : TELLABLE) {
                if (fact != withheld) {
                    all.addAll(machine.on(T0 + round, established(fact)));
                }
            }
            if (provenHere) {
                Phase told = withheld.proven() ? step.from() : step.to();
                all.addAll(machine.on(T0 + round, proven(told, 4)));
            }
        }
        for (long seconds = 1; seconds < 7200; seconds += 3) {
            all.addAll(machine.on(T0 + seconds * 1000, new Event.Tick()));
        }
        assertThat(machine.status().phase().number())
                .isLessThanOrEqualTo(step.from().number());
        assertThat(reports(all)).allMatch(r -> r.to().number() <= step.from().number());
        Command.RaiseAlarm last = alarms(all).get(alarms(all).size() - 1);
        if (withheld == Fact.GENESIS_LOADED) {
            assertThat(last.missing()).contains(Fact.GENESIS_LOADED);
        } else {
            assertThat(last.transition()).isEqualTo(step);
            assertThat(last.missing()).containsExactly(withheld);
            assertThat(last.text()).contains(withheld.name()).contains(withheld.remedy());
        }
        Event missing = withheld.proven() ? proven(step.to(), 4) : established(withheld);
        all.addAll(machine.on(T0 + 8_000_000, missing));
        assertThat(machine.status().phase().number())
                .isGreaterThanOrEqualTo(step.to().number());
    }

    static Stream<Arguments> readiness() {
        return Stream.of(Transition.values())
                .flatMap(step -> step.readiness().stream().map(fact -> Arguments.of(step, fact)));
    }

    @ParameterizedTest
    @MethodSource("readiness")
    void withoutOneFactOfItsReadinessAValidatorNeverAttests(Transition step, Fact withheld) {
        PhaseMachine machine = network.machine(record(step.from()));
        List<Command> all = new ArrayList<>(machine.start(T0));
        for (Fact fact : TELLABLE) {
            if (fact != withheld) {
                all.addAll(machine.on(T0, established(fact)));
            }
        }
        for (long seconds = 1; seconds < 3600; seconds++) {
            all.addAll(machine.on(T0 + seconds * 1000, new Event.Tick()));
        }
        assertThat(all).noneMatch(c -> c instanceof Command.AttestReadiness a && a.phase() == step.to());
        assertThat(machine.status().phase()).isEqualTo(step.from());
        assertThat(machine.status().missing()).contains(withheld);
        assertThat(machine.on(T0 + 4_000_000, established(withheld)))
                .contains(new Command.AttestReadiness(step.to(), withheld));
    }

    @Test
    void onlyValidatorsAttest() {
        PhaseRecord client = PhaseRecord.initial(network.genesis().networkId(), id(STRANGER));
        PhaseMachine machine = network.machine(client);
        List<Command> all = new ArrayList<>(machine.start(T0));
        TELLABLE.forEach(fact -> all.addAll(machine.on(T0, established(fact))));
        assertThat(machine.status().phase()).isEqualTo(Phase.TRUST);
        assertThat(all).noneMatch(Command.AttestReadiness.class::isInstance);
        assertThat(machine.status().missing()).containsExactly(Fact.NETWORK_IN_PHASE_2);
        machine.on(T0, proven(Phase.PARTIAL_FEDERATION, 3));
        assertThat(machine.status().phase()).isEqualTo(Phase.PARTIAL_FEDERATION);
    }

    @Test
    void ceilingsRaiseAlarmsAtTheirTimesAndMoveNothing() {
        PhaseMachine machine = network.machine();
        machine.start(T0);
        machine.on(T0, established(Fact.GENESIS_LOADED));
        machine.on(T0, established(Fact.LISTEN_BOUND));
        assertThat(alarms(machine.on(T0 + 9_999, new Event.Tick()))).isEmpty();
        Command.RaiseAlarm alarm =
                alarms(machine.on(T0 + 10_000, new Event.Tick())).get(0);
        assertThat(alarm.transition()).isEqualTo(Transition.TO_TRUST);
        assertThat(alarm.missing()).containsExactly(Fact.QUORUM_CONNECTED, Fact.LEAF_ISSUED);
        assertThat(alarm.lateMillis()).isZero();
        assertThat(alarms(machine.on(T0 + 19_999, new Event.Tick()))).isEmpty();
        assertThat(alarms(machine.on(T0 + 20_000, new Event.Tick())).get(0).lateMillis())
                .isEqualTo(10_000);
        assertThat(machine.status().phase()).isEqualTo(Phase.TRADITIONAL);
    }

    @Test
    void eachPhaseHasItsOwnCeilingAndALateOneStillGetsItsWindow() {
        PhaseMachine early = network.machine();
        rise(early, Phase.TRUST, T0);
        assertThat(early.status().deadlineMillis()).contains(T0 + 30_000);
        rise(early, Phase.PARTIAL_FEDERATION, T0 + 100);
        assertThat(early.status().deadlineMillis()).contains(T0 + 300_000);
        PhaseMachine late = network.machine();
        late.start(T0);
        tellAll(late, Transition.TO_TRUST.guard(), T0 + 60_000);
        assertThat(late.status().phase()).isEqualTo(Phase.TRUST);
        assertThat(late.status().deadlineMillis()).contains(T0 + 80_000);
    }

    @Test
    void aLeafIsAskedForAgainWithGrowingPausesUntilItIsThere() {
        PhaseMachine machine = network.machine();
        machine.start(T0);
        machine.on(T0, established(Fact.GENESIS_LOADED));
        machine.on(T0, established(Fact.LISTEN_BOUND));
        List<Long> asked = new ArrayList<>();
        for (long millis = 0; millis <= 60_000; millis += 100) {
            List<Command> out =
                    machine.on(T0 + millis, millis == 0 ? established(Fact.QUORUM_CONNECTED) : new Event.Tick());
            if (out.contains(new Command.RequestLeaf())) {
                asked.add(millis);
            }
        }
        assertThat(asked).startsWith(0L, 500L, 1_500L, 3_500L, 7_500L, 15_500L, 25_500L, 35_500L);
        assertThat(machine.on(T0 + 60_001, established(Fact.LEAF_ISSUED))).doesNotContain(new Command.RequestLeaf());
        assertThat(machine.on(T0 + 90_000, new Event.Tick())).doesNotContain(new Command.RequestLeaf());
        assertThat(machine.on(T0 + 90_001, new Event.Withdrawn(Fact.LEAF_ISSUED, "expired")))
                .contains(new Command.RequestLeaf());
        assertThat(machine.status().phase()).isEqualTo(Phase.TRUST);
    }

    @Test
    void losingTheQuorumDegradesAndNeverLowers() {
        PhaseMachine machine = network.machine();
        rise(machine, Phase.FULL_FEDERATION, T0);
        List<Command> lost = machine.on(T0 + 1000, new Event.Withdrawn(Fact.QUORUM_CONNECTED, "2 of 4"));
        assertThat(lost)
                .singleElement()
                .isInstanceOfSatisfying(
                        Command.EnterDegraded.class, d -> assertThat(d.reason()).contains("2 of 4"));
        for (Fact fact : TELLABLE) {
            machine.on(T0 + 1001, new Event.Withdrawn(fact, ""));
        }
        machine.on(T0 + 1002, proven(Phase.TRUST, 0));
        assertThat(machine.on(T0 + 3_600_000, new Event.Tick())).isEmpty();
        assertThat(machine.status().phase()).isEqualTo(Phase.FULL_FEDERATION);
        assertThat(machine.status().degraded()).isTrue();
        List<Command> regained = machine.on(T0 + 3_600_001, established(Fact.QUORUM_CONNECTED));
        assertThat(regained).hasOnlyElementsOfType(Command.LeaveDegraded.class).hasSize(1);
        assertThat(machine.status().degraded()).isFalse();
    }

    @Test
    void inPhaseOneALostQuorumIsNoDegradation() {
        PhaseMachine machine = network.machine();
        rise(machine, Phase.TRUST, T0);
        assertThat(machine.on(T0 + 1, new Event.Withdrawn(Fact.QUORUM_CONNECTED, "")))
                .isEmpty();
        assertThat(machine.status().degraded()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(Phase.class)
    void aRestartResumesAtTheStoredPhaseWithoutTheQuorumItDoesNotHaveYet(Phase stored) {
        PhaseMachine machine = network.machine(record(stored));
        List<Command> out = machine.start(T0);
        int n = stored.number();
        assertThat(swaps(out)).containsExactly(n, n, n, n);
        assertThat(machine.status().phase()).isEqualTo(stored);
        assertThat(out.stream().anyMatch(Command.EnterDegraded.class::isInstance))
                .isEqualTo(stored.finalized());
        for (Fact fact : TELLABLE) {
            machine.on(T0 + 1, established(fact));
        }
        assertThat(machine.status().phase().number()).isGreaterThanOrEqualTo(n);
        assertThat(machine.status().degraded()).isFalse();
    }

    @Test
    void aJoinerAdoptsThePhaseOfARunningNetworkAtOnce() {
        PhaseMachine machine = network.machine();
        machine.start(T0);
        assertThat(machine.on(T0 + 1, proven(Phase.FULL_FEDERATION, 77))).isEmpty();
        List<Command> out = machine.on(T0 + 2, established(Fact.GENESIS_LOADED));
        assertThat(swaps(out)).containsExactly(3, 3, 3, 3);
        assertThat(report(out).cause()).isEqualTo(Command.Cause.ADOPTED);
        assertThat(report(out).reason()).contains("height 77");
        assertThat(reports(out)).hasSize(1);
        assertThat(out).anyMatch(Command.EnterDegraded.class::isInstance);
        assertThat(out.indexOf(new Command.Persist(record(Phase.FULL_FEDERATION))))
                .isZero();
    }

    @Test
    void anOlderCheckpointThanTheBelievedOneChangesNothing() {
        PhaseMachine machine = network.machine();
        rise(machine, Phase.FULL_FEDERATION, T0);
        assertThat(machine.on(T0 + 1, proven(Phase.PARTIAL_FEDERATION, 5))).isEmpty();
        assertThat(machine.status().networkPhase().orElseThrow().phase()).isEqualTo(Phase.FULL_FEDERATION);
    }

    @Test
    void factsOfTheNetworkCannotBeClaimed() {
        for (Fact fact : List.of(Fact.NETWORK_IN_PHASE_2, Fact.NETWORK_IN_PHASE_3)) {
            assertThatThrownBy(() -> new Event.Established(fact, "")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new Event.Withdrawn(fact, "")).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void anOperatorsCommandLowersUntilItExpiresAndIsObeyedOnce() {
        PhaseMachine machine = network.machine();
        rise(machine, Phase.FULL_FEDERATION, T0);
        SignedPhaseCommand command = lower(OPERATOR, Phase.FULL_FEDERATION, Phase.TRUST, 1, T0 + 60_000);
        List<Command> out = machine.on(T0 + 1000, new Event.CommandReceived(command));
        PhaseRecord lowered =
                new PhaseRecord(network.genesis().networkId(), id(VALIDATORS.get(0)), Phase.TRUST, 1, T0 + 60_000);
        assertThat(out.get(0)).isEqualTo(new Command.Persist(lowered));
        assertThat(swaps(out)).containsExactly(1, 1, 1, 1);
        assertThat(report(out).cause()).isEqualTo(Command.Cause.LOWERED);
        assertThat(machine.on(T0 + 2000, proven(Phase.FULL_FEDERATION, 9))).isEmpty();
        assertThat(machine.on(T0 + 59_999, new Event.Tick())).isEmpty();
        assertThat(machine.status().heldUntilMillis()).contains(T0 + 60_000);
        assertThat(machine.on(T0 + 59_999, new Event.CommandReceived(command)))
                .singleElement()
                .isInstanceOfSatisfying(
                        Command.RefuseCommand.class,
                        r -> assertThat(r.refusal().reason()).isEqualTo(SignedPhaseCommand.Reason.REPLAYED));
        List<Command> back = machine.on(T0 + 60_000, new Event.Tick());
        assertThat(report(back).cause()).isEqualTo(Command.Cause.ADOPTED);
        assertThat(machine.status().phase()).isEqualTo(Phase.FULL_FEDERATION);
        assertThat(((Command.Persist) back.get(0)).record().sequence()).isEqualTo(1);
    }

    @Test
    void aHoldSurvivesARestart() {
        PhaseRecord held =
                new PhaseRecord(network.genesis().networkId(), id(VALIDATORS.get(0)), Phase.TRUST, 7, T0 + 60_000);
        PhaseMachine machine = network.machine(PhaseRecord.decode(held.encode()));
        machine.start(T0);
        TELLABLE.forEach(fact -> machine.on(T0 + 1, established(fact)));
        machine.on(T0 + 2, proven(Phase.FULL_FEDERATION, 9));
        assertThat(machine.status().phase()).isEqualTo(Phase.TRUST);
        machine.on(T0 + 60_000, new Event.Tick());
        assertThat(machine.status().phase()).isEqualTo(Phase.FULL_FEDERATION);
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"TRUST", "PARTIAL_FEDERATION", "FULL_FEDERATION"})
    void aLostOrOlderRecordGivesNoLowerPhaseThanTheOwnLedgerNotEvenAtFirst(Phase ledger) {
        for (Phase stored : Phase.values()) {
            PhaseMachine machine = network.machine(record(stored));
            List<Command> first = machine.start(T0, Optional.of(own(ledger, 9)));
            int expected = Math.max(stored.number(), ledger.number());
            assertThat(swaps(first))
                    .as("from record %s", stored)
                    .containsExactly(expected, expected, expected, expected);
            assertThat(machine.status().phase().number()).isEqualTo(expected);
            boolean raised = ledger.number() > stored.number();
            assertThat(first.get(0) instanceof Command.Persist)
                    .as("stored before any port is set")
                    .isEqualTo(raised);
            if (raised) {
                assertThat(report(first).reason()).contains("own ledger", "height 9");
            }
        }
    }

    @Test
    void theOwnLedgerDoesNotOverruleAnOperatorsHoldAtTheStart() {
        PhaseMachine machine = network.machine(
                new PhaseRecord(network.genesis().networkId(), id(VALIDATORS.get(0)), Phase.TRUST, 7, T0 + 60_000));
        assertThat(swaps(machine.start(T0, Optional.of(own(Phase.FULL_FEDERATION, 9)))))
                .containsExactly(1, 1, 1, 1);
        machine.on(T0 + 1, established(Fact.GENESIS_LOADED));
        machine.on(T0 + 60_000, new Event.Tick());
        assertThat(machine.status().phase()).isEqualTo(Phase.FULL_FEDERATION);
    }

    @Test
    void whatIsNotAValidCommandOfAnOperatorNeverLowers() {
        PhaseMachine machine = network.machine();
        rise(machine, Phase.FULL_FEDERATION, T0);
        Phase three = Phase.FULL_FEDERATION;
        SignedPhaseCommand good = lower(OPERATOR, three, Phase.PARTIAL_FEDERATION, 1, T0 + 60_000);
        List<SignedPhaseCommand> bad = List.of(
                lower(OPERATOR, three, Phase.TRADITIONAL, 1, T0 + 60_000),
                lower(STRANGER, three, Phase.TRUST, 1, T0 + 60_000),
                lower(VALIDATORS.get(1), three, Phase.TRUST, 1, T0 + 60_000),
                lower(OPERATOR, three, Phase.TRUST, 1, T0 + 10),
                lower(OPERATOR, Phase.PARTIAL_FEDERATION, Phase.TRUST, 1, T0 + 60_000),
                lower(OPERATOR, three, Phase.TRUST, 1, T0 + 100_000_000),
                new SignedPhaseCommand(
                        new SignedPhaseCommand.Order(
                                network.genesis().networkId(),
                                id(VALIDATORS.get(0)),
                                three,
                                Phase.TRUST,
                                2,
                                T0 + 60_000),
                        good.operator(),
                        good.signature()),
                SignedPhaseCommand.sign(
                        new SignedPhaseCommand.Order(
                                network.genesis().networkId(),
                                id(VALIDATORS.get(1)),
                                three,
                                Phase.TRUST,
                                1,
                                T0 + 60_000),
                        OPERATOR));
        for (SignedPhaseCommand command : bad) {
            assertThat(machine.on(T0 + 1000, new Event.CommandReceived(command)))
                    .singleElement()
                    .isInstanceOf(Command.RefuseCommand.class);
            assertThat(machine.status().phase()).isEqualTo(three);
        }
    }

    @Test
    void aClockThatGoesBackStandsStill() {
        PhaseMachine machine = network.machine();
        machine.start(T0);
        machine.on(T0 + 9_000, new Event.Tick());
        List<Command> all = new ArrayList<>();
        Transition.TO_TRUST.guard().forEach(fact -> all.addAll(machine.on(T0 - 50_000, established(fact))));
        assertThat(report(all).atMillis()).isEqualTo(T0 + 9_000);
        assertThat(report(all).sinceStartMillis()).isEqualTo(9_000);
    }

    @Test
    void aRecordOfAnotherNetworkOrNodeIsRefused() {
        PhaseRecord foreign = PhaseRecord.initial(
                new NetworkId(online.hypermesh.stoq.base.crypto.Digest.ZERO), id(VALIDATORS.get(0)));
        assertThatThrownBy(() -> network.machine(foreign))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("data directory");
        assertThatThrownBy(() -> new PhaseMachine(
                        network.genesis(), id(VALIDATORS.get(1)), Ceilings.DEFAULT, network.freshRecord()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aMachineIsStartedOnceAndBeforeEverything() {
        PhaseMachine machine = network.machine();
        assertThatThrownBy(() -> machine.on(T0, new Event.Tick())).isInstanceOf(IllegalStateException.class);
        machine.start(T0);
        assertThatThrownBy(() -> machine.start(T0)).isInstanceOf(IllegalStateException.class);
    }

    private PhaseRecord record(Phase phase) {
        return new PhaseRecord(network.genesis().networkId(), id(VALIDATORS.get(0)), phase, 0, 0);
    }

    private SignedPhaseCommand lower(SigningKey signer, Phase from, Phase to, long sequence, long expiresAtMillis) {
        return SignedPhaseCommand.sign(
                new SignedPhaseCommand.Order(
                        network.genesis().networkId(), id(VALIDATORS.get(0)), from, to, sequence, expiresAtMillis),
                signer);
    }

    private static void rise(PhaseMachine machine, Phase to, long now) {
        if (machine.status().phase() == Phase.TRADITIONAL) {
            machine.start(now);
        }
        tellAll(machine, EnumSet.copyOf(TELLABLE), now);
        if (to.finalized()) {
            machine.on(now, proven(to, 3));
        }
        assertThat(machine.status().phase()).isEqualTo(to);
    }

    private static void tellAll(PhaseMachine machine, Set<Fact> facts, long now) {
        facts.forEach(fact -> machine.on(now, established(fact)));
    }

    private static Event established(Fact fact) {
        return new Event.Established(fact, "");
    }

    private static Event proven(Phase phase, long height) {
        return new Event.NetworkPhaseProven(own(phase, height));
    }

    private static Checkpoint own(Phase phase, long height) {
        return Checkpoint.ofOwnState(new NetworkPhase(phase, height, 1));
    }

    private static List<Integer> swaps(List<Command> commands) {
        return commands.stream()
                .filter(Command.Swap.class::isInstance)
                .map(c -> ((Command.Swap) c).phase().number())
                .toList();
    }

    private static Command.ReportPhase report(List<Command> commands) {
        return reports(commands).get(0);
    }

    private static List<Command.ReportPhase> reports(List<Command> commands) {
        return commands.stream()
                .filter(Command.ReportPhase.class::isInstance)
                .map(Command.ReportPhase.class::cast)
                .toList();
    }

    private static List<Command.RaiseAlarm> alarms(List<Command> commands) {
        return commands.stream()
                .filter(Command.RaiseAlarm.class::isInstance)
                .map(Command.RaiseAlarm.class::cast)
                .toList();
    }
}
