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
        assertThat(run("consensus", "--first", "1", "--seeds", "3", "--mutants", "0", "--json"))
                .isZero();
        String json = out.toString(StandardCharsets.UTF_8);
        assertThat(json)
                .startsWith("{\"sim\":\"consensus\",\"schedules\":3,")
                .contains("\"violations\":0,", "\"faults\":{", "\"lost\":", "\"schedules_per_s\":")
                .doesNotContain("mutants")
                .endsWith("}" + System.lineSeparator());
    }

    @Test
    void aSimulatorThatBreaksShowsNothing() {
        String[] args = {"consensus", "--seeds", "100", "--threads", "2", "--mutants", "5", "--json"};
        int code = SimCommand.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                seed -> {
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
        assertThat(run("economy")).isEqualTo(64);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("--sedes is unknown", "\"many\"", "--threads must be");
        assertThat(run("--help")).isZero();
    }
}
