package online.hypermesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A short form of {@code hypermesh sim explore}; {@code -Dsim.states=N} visits more. */
class ExplorationTests {
    private static final int STATES = Integer.getInteger("sim.states", 120);

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
        Exploration.Bounds bounds = Exploration.standard(60).get(0);
        assertThat(Exploration.run(bounds)).isEqualTo(Exploration.run(bounds));
    }

    @Test
    void deliberateErrorsAreFound() {
        MutantLab lab = new MutantLab(Path.of("../..").toAbsolutePath().normalize(), 1);
        Map<String, Integer> within =
                Map.of("certificate-unverified", 20, "justification-ignored", 40, "finalizes-what-it-nullified", 250);
        assertThat(ProtocolMutant.all().stream().filter(m -> within.containsKey(m.name())))
                .hasSameSizeAs(within.keySet())
                .allSatisfy(m -> assertThat(lab.explore(m, Objects.requireNonNull(within.get(m.name()))))
                        .as(m.name())
                        .isNotEmpty());
    }
}
