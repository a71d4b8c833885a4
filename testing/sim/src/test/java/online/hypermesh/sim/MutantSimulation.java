package online.hypermesh.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tries some deliberate protocol errors; all of them with {@code -Dsim.mutants=N}, N schedules each at most. */
class MutantSimulation {
    private static final int SEEDS = Integer.getInteger("sim.mutants", 48);
    private static final boolean ALL = Integer.getInteger("sim.mutants") != null;
    private static final Set<String> QUICK =
            Set.of("votes-of-another-epoch-count", "floor-ignored", "batch-references-unchecked");

    private final MutantLab lab =
            new MutantLab(Path.of("../..").toAbsolutePath().normalize(), SEEDS);

    @Test
    void deliberateErrorsThatPassTheHappyPathAreNoticed() {
        List<ProtocolMutant> tried = ProtocolMutant.all().stream()
                .filter(m -> ALL || QUICK.contains(m.name()))
                .toList();
        for (ProtocolMutant mutant : tried) {
            MutantLab.Trial trial = lab.run(mutant);
            System.getLogger("sim")
                    .log(
                            System.Logger.Level.INFO,
                            "{0}: {1} after {2}: {3}",
                            mutant.name(),
                            trial.fate(),
                            trial.seeds(),
                            trial.noticed());
            if (!ALL) {
                assertThat(trial.fate()).as(mutant.name()).isEqualTo(MutantLab.Fate.KILLED);
            }
        }
    }

    @Test
    void aChangeThatChangesNothingIsNotNoticed() {
        ProtocolMutant same = new ProtocolMutant("same", "Ballots.java", "VOTES_AHEAD = 16", "VOTES_AHEAD = 8 + 8");
        MutantLab.Trial trial = new MutantLab(Path.of("../..").toAbsolutePath().normalize(), 3).run(same);
        assertThat(trial.fate()).isEqualTo(MutantLab.Fate.SURVIVED);
    }

    @Test
    void aMutantThatDoesNotFitTheSourceIsAnError() {
        assertThatThrownBy(() -> lab.run(new ProtocolMutant("gone", "Ballots.java", "no such text", "")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("does not fit");
    }

    @Test
    void everyMutantHasANameOfItsOwnAndFitsTheSource() {
        Set<String> names = new HashSet<>();
        for (ProtocolMutant mutant : ProtocolMutant.all()) {
            assertThat(names.add(mutant.name())).as(mutant.name()).isTrue();
            assertThat(lab.source(mutant)).contains(mutant.replacement().replace("@Nullable ", ""));
        }
    }
}
