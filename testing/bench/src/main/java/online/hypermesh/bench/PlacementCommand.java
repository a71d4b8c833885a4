package online.hypermesh.bench;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench placement}. */
@Command(
        name = "placement",
        description = {
            "Measure erasure coding beside Apache Ozone's Java coder, and the hash table beside plain Kademlia in the"
                    + " simulator.",
            "A whole run takes some 3 minutes, --quick less than one. Nothing else should run meanwhile."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything was measured", "1:a measurement failed", "2:the command line is wrong"},
        mixinStandardHelpOptions = true)
final class PlacementCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(names = "--quick", description = "Fewer nodes, fewer pairs.")
    private boolean quick;

    @Override
    public Integer call() {
        Report report = new Report("placement", Machine.describe());
        PrintWriter err = spec.commandLine().getErr();
        new PlacementBench(quick, report, step -> {
                    err.println("bench: " + step);
                    err.flush();
                })
                .run();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(report.json());
        } else {
            report.table(out);
        }
        out.flush();
        return 0;
    }
}
