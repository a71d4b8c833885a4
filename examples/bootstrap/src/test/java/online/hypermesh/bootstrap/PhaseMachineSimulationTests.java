package online.hypermesh.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class PhaseMachineSimulationTests {
    private static final Set<Fact> NOTHING = EnumSet.noneOf(Fact.class);

    @Test
    void anUndisturbedNetworkReachesPhaseThreeInSecondsWithoutAlarms() {
        for (long seed = 1; seed <= 50; seed++) {
            PhaseMachineSimulation run = new PhaseMachineSimulation(seed, NOTHING, -1);
            run.run(0, 20_000);
            for (int node = 0; node < 4; node++) {
                assertThat(run.status(node).phase())
                        .as("seed %d node %d", seed, node)
                        .isEqualTo(Phase.FULL_FEDERATION);
                assertThat(run.alarms(node)).as("seed %d node %d", seed, node).isEmpty();
            }
        }
    }

    @Test
    void underDisturbanceNoPhaseFallsOrIsSkippedAndAfterItAllArrive() {
        for (long seed = 1; seed <= 300; seed++) {
            PhaseMachineSimulation run = new PhaseMachineSimulation(seed, NOTHING, -1);
            run.run(120_000, 60_000);
            for (int node = 0; node < 4; node++) {
                assertThat(run.status(node).phase())
                        .as("seed %d node %d", seed, node)
                        .isEqualTo(Phase.FULL_FEDERATION);
                assertThat(run.status(node).degraded())
                        .as("seed %d node %d", seed, node)
                        .isFalse();
            }
        }
    }

    @Test
    void theSameSeedGivesTheSameTrace() {
        for (long seed = 1; seed <= 20; seed++) {
            PhaseMachineSimulation one = new PhaseMachineSimulation(seed, NOTHING, -1);
            PhaseMachineSimulation two = new PhaseMachineSimulation(seed, NOTHING, -1);
            one.run(60_000, 10_000);
            two.run(60_000, 10_000);
            assertThat(two.traceHash()).as("seed %d", seed).isEqualTo(one.traceHash());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fact.class,
            names = {"NETWORK_IN_PHASE_2", "NETWORK_IN_PHASE_3"},
            mode = EnumSource.Mode.EXCLUDE)
    void aFactWithheldFromAllKeepsTheNetworkBeforeTheEdgeThatNeedsIt(Fact withheld) {
        Phase stays = stays(withheld);
        for (long seed = 1; seed <= 10; seed++) {
            PhaseMachineSimulation run = new PhaseMachineSimulation(seed, EnumSet.of(withheld), -1);
            run.run(30_000, 900_000);
            for (int node = 0; node < 4; node++) {
                assertThat(run.status(node).phase())
                        .as("seed %d node %d", seed, node)
                        .isEqualTo(stays);
                assertThat(run.alarms(node)).as("seed %d node %d", seed, node).isNotEmpty();
                assertThat(run.alarms(node).get(run.alarms(node).size() - 1).missing())
                        .as("seed %d node %d", seed, node)
                        .contains(withheld);
            }
            assertThat(run.networkPhase().phase().number()).isEqualTo(Math.max(1, stays.number()));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fact.class,
            names = {"LEAF_FINALIZED", "STAPLE_OBTAINED", "LEDGER_CERTIFIED", "NAMES_AGREE", "MEMBER_LEAVES_FINALIZED"})
    void oneUnreadyValidatorNeitherHoldsTheNetworkBackNorStaysBehind(Fact withheld) {
        for (long seed = 1; seed <= 10; seed++) {
            PhaseMachineSimulation run = new PhaseMachineSimulation(seed, EnumSet.of(withheld), 2);
            run.run(0, 60_000);
            for (int node = 0; node < 4; node++) {
                assertThat(run.status(node).phase())
                        .as("seed %d node %d", seed, node)
                        .isEqualTo(Phase.FULL_FEDERATION);
            }
        }
    }

    private static Phase stays(Fact withheld) {
        for (Transition step : Transition.values()) {
            if (step.guard().contains(withheld) || step.readiness().contains(withheld)) {
                return step.from();
            }
        }
        throw new IllegalArgumentException(withheld + " guards nothing");
    }
}
