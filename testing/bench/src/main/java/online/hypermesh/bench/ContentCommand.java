package online.hypermesh.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench content}. */
@Command(
        name = "content",
        description = {
            "Measure content repositories beside restic, borg and casync, those that are installed: in turns on one"
                    + " processor, on data made the same way on every machine.",
            "A whole run takes some 5 minutes, --quick less than two. Nothing else should run meanwhile."
        })
final class ContentCommand extends BenchCommand {
    private static final Path MEMORY = Path.of("/dev/shm");

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "METRIC",
            description = "Measure only these metrics, separated by commas.")
    private List<String> only = List.of();

    @Option(
            names = "--large",
            description = {
                "Measure instead: 20 GB of which nothing comes twice, and a file of 100 GB of holes, stored with a heap of"
                        + " 256 MB. Takes three to six minutes and 42 GB of disk; with --quick a tenth."
            })
    private boolean large;

    @Option(names = "--quick", description = "Less data, fewer pairs.")
    private boolean quick;

    @Option(
            names = "--work",
            paramLabel = "DIR",
            description =
                    "Where data and repositories go, some 2 GB. Without it: /dev/shm, else the temporary directory, which"
                            + " is where --large goes.")
    private @Nullable Path work;

    ContentCommand() {
        super("content");
    }

    @Override
    void measure(Report report, Consumer<String> progress) throws IOException {
        Path parent = work;
        if (large) {
            Path directory = parent == null ? Path.of(System.getProperty("java.io.tmpdir")) : parent;
            new LargeContentBench(
                            Files.createTempDirectory(directory, "hypermesh-bench"),
                            quick ? LargeContentBench.Sizes.QUICK : LargeContentBench.Sizes.FULL,
                            wanted(only, LargeContentBench.names()),
                            report,
                            progress)
                    .run();
            return;
        }
        if (parent == null) {
            parent = Files.isWritable(MEMORY) ? MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
        }
        Set<String> wanted = wanted(only, ContentBench.names());
        new ContentBench(Files.createTempDirectory(parent, "hypermesh-bench"), quick, wanted, report, progress).run();
    }
}
