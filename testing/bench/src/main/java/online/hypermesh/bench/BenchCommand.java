package online.hypermesh.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the commands of all benches have in common: steps go to standard error, the report to standard output. */
@Command(
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:everything asked for was measured, except beside peers that are not installed",
            "1:a measurement failed",
            "2:the command line is wrong"
        })
abstract class BenchCommand implements Callable<Integer> {
    private final String name;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    /** @param name of the bench, as its report says it */
    BenchCommand(String name) {
        this.name = name;
    }

    /**
     * Measures.
     *
     * @param report takes what was measured
     * @param progress is told each step
     * @throws IOException when a process or a file fails
     */
    abstract void measure(Report report, Consumer<String> progress) throws IOException;

    @Override
    public final Integer call() throws IOException {
        Report report = new Report(name, Machine.describe());
        PrintWriter err = spec.commandLine().getErr();
        measure(report, step -> {
            err.println("bench: " + step);
            err.flush();
        });
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.json());
        } else {
            report.table(out);
        }
        out.flush();
        return 0;
    }

    /**
     * Which metrics to measure.
     *
     * @param only what was asked for; everything when empty
     * @param known all there are
     * @return those asked for, in that order
     */
    final Set<String> wanted(List<String> only, Collection<String> known) {
        for (String metric : only) {
            if (!known.contains(metric)) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(),
                        "no metric is called " + metric + "; there are " + String.join(", ", known));
            }
        }
        return new LinkedHashSet<>(only.isEmpty() ? known : only);
    }
}
