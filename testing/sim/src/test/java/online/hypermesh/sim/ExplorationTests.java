package online.hypermesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A short form of {@code hypermesh sim explore}; {@code -Dsim.states=N} visits more. */
class ExplorationTests {
    private static final int STATES = Integer.getInteger("sim.states", 400);

    @Test
    void nothingThatMustNotBeIsReached() {
        for (Exploration.Bounds bounds : Exploration.standard(STATES)) {
            Exploration.Found found = Exploration.run(bounds);
            assertThat(found.violation())
                    .as("%s %s", bounds.name(), found.path())
                    .isEmpty();
            assertThat(found.states()).as(bounds.name()).isGreaterThanOrEqualTo(STATES);
        }
    }

    @Test
    void theSameBoundsGiveTheSameStates() {
        Exploration.Bounds bounds = Exploration.standard(300).get(0);
        assertThat(Exploration.run(bounds)).isEqualTo(Exploration.run(bounds));
    }

    @Test
    void deliberateErrorsAreFound() {
        MutantLab lab = new MutantLab(Path.of("../..").toAbsolutePath().normalize(), 1);
        List<String> names = List.of("unsure-votes-count", "certificate-unverified", "votes-for-another-block-count");
        assertThat(ProtocolMutant.all().stream().filter(m -> names.contains(m.name())))
                .hasSize(3)
                .allSatisfy(m -> assertThat(lab.explore(m, 1500)).as(m.name()).isNotEmpty());
    }
}
