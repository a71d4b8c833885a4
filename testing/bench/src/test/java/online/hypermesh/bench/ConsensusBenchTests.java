package online.hypermesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ConsensusBenchTests {
    @Test
    void aMetricThatIsNotMeasuredIsAWrongCommandLineAndStartsNothing() {
        StringWriter said = new StringWriter();
        CommandLine command = new CommandLine(new ConsensusCommand()).setErr(new PrintWriter(said));
        assertThat(command.execute("--only", "ops_s_128,ops_s_129")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(said.toString()).contains("no metric is called ops_s_129", "ops_s_128", "signed_ratio");
    }

    @Test
    void everyMetricHasOneName() {
        ConsensusBench bench = new ConsensusBench(
                ConsensusBench.Times.QUICK, new Report("consensus", Map.of("cores", 2)), Optional.empty());
        assertThat(bench.names())
                .hasSize(14)
                .contains("ops_s_128", "cpu_us_per_op_128", "p99_ms_128", "ops_s_1024", "finality_p99_ms");
    }

    @Test
    void aWindowCountsWallTimeAndProcessorTimePerOperation() {
        ConsensusClients.Window window = new ConsensusClients.Window(500, 250_000_000, 60_000_000, 1, 2, 10);
        assertThat(window.perSecond()).isEqualTo(2000);
        assertThat(window.cpuMicrosPerOperation()).isEqualTo(120);
        assertThat(new ConsensusClients.Window(0, 1, 5_000, 0, 0, 0).cpuMicrosPerOperation())
                .isEqualTo(5);
    }

    @Test
    void aProfileIsARecordingThatCanBeRead(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("here.jfr");
        Profile.begin(file).close();
        assertThat(RecordingFile.readAllEvents(file)).isNotEmpty();
    }
}
