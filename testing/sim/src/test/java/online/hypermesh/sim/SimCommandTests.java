package online.hypermesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SimCommandTests {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) {
        return SimCommand.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @Test
    void oneJsonObjectSaysWhatWasRunAndWhatWentWrong() {
        assertThat(run("consensus", "--first", "15", "--seeds", "3", "--mutants", "0", "--json"))
                .isZero();
        String json = out.toString(StandardCharsets.UTF_8);
        assertThat(json)
                .startsWith("{\"sim\":\"consensus\",\"schedules\":3,")
                .contains("\"violations\":0,", "\"faults\":{", "\"cut\":", "\"schedules_per_s\":")
                .contains("\"faults_schedules\":1,", "\"twins_schedules\":2,", "\"twins_per_s\":")
                .doesNotContain("mutants")
                .endsWith("}" + System.lineSeparator());
    }

    @Test
    void oneKindIsRunByItself() {
        assertThat(run("consensus", "--kind", "faults", "--first", "1", "--seeds", "3", "--mutants", "0", "--json"))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"lost\":", "\"faults_schedules\":3,")
                .doesNotContain("twins");
    }

    @Test
    void theSeedOfAViolationIsTold() {
        String[] args = {"consensus", "--first", "16", "--seeds", "2", "--threads", "1", "--mutants", "0", "--json"};
        int code = SimCommand.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                (kind, seed) -> {
                    throw new SimFailure("AGREEMENT", "none");
                });
        assertThat(code).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"violations\":2,", "\"16\":\"AGREEMENT", "\"17\":\"AGREEMENT", "\"schedules\":2,");
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("seed 16 (faults 1): ")
                .contains("seed 17 (twins 15): ");
    }

    @Test
    void aSimulatorThatBreaksShowsNothing() {
        String[] args = {"consensus", "--seeds", "100", "--threads", "2", "--mutants", "5", "--json"};
        int code = SimCommand.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                (kind, seed) -> {
                    throw new NoClassDefFoundError("online/hypermesh/Gone");
                });
        assertThat(code).isEqualTo(70);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\"broken\":\"java.lang.NoClassDefFoundError: online/hypermesh/Gone\"")
                .contains("\"schedules\":0,", "\"violations\":null,");
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("nothing is shown by this run", "online/hypermesh/Gone");
    }

    @Test
    void timeEndsARunWithoutANumberOfSeeds() {
        assertThat(run("consensus", "--minutes", "0.002", "--mutants", "0")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("schedules_per_s");
    }

    @Test
    void wrongUsageSaysWhatIsWrong() {
        assertThat(run("consensus", "--sedes", "3")).isEqualTo(64);
        assertThat(run("consensus", "--seeds", "many")).isEqualTo(64);
        assertThat(run("consensus", "--threads", "0")).isEqualTo(64);
        assertThat(run("consensus", "--kind", "triplets")).isEqualTo(64);
        assertThat(run("economy")).isEqualTo(64);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("--sedes is unknown", "\"many\"", "--threads must be", "\"triplets\"");
        assertThat(run("--help")).isZero();
    }
}
