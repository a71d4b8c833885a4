package online.hypermesh.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LargeContentBenchTests {
    @TempDir
    private Path directory;

    private final Report report = new Report("content", Map.of("cores", 2));

    private LargeContentBench bench(long bytes, String metric) throws Exception {
        Path work = Files.createTempDirectory(directory, "work");
        return new LargeContentBench(
                work, new LargeContentBench.Sizes(bytes, 1 << 20), Set.of(metric), report, step -> {});
    }

    @Test
    void whatDoesNotFitOnTheDiskIsSaidBefore() throws Exception {
        LargeContentBench bench = bench(Long.MAX_VALUE / 100, "large_heap_mib");
        assertThatThrownBy(bench::run)
                .isInstanceOf(UncheckedIOException.class)
                .rootCause()
                .hasMessageContaining("are needed")
                .hasMessageContaining(directory.toString());
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void oneMetricOfManyIsMeasuredAndNothingStays() throws Exception {
        bench(0, "sparse_s").run();
        assertThat(report.metrics()).containsOnlyKeys("sparse_s");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void metricsOfTheUsualFormAreNotKnownHere() {
        StringWriter said = new StringWriter();
        CommandLine command = new CommandLine(new ContentCommand()).setErr(new PrintWriter(said));
        assertThat(command.execute("--large", "--only", "ingest_vs_restic")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(said.toString()).contains("no metric is called ingest_vs_restic", "large_heap_mib");
    }
}
