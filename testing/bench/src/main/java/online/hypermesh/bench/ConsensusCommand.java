package online.hypermesh.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench consensus}. */
@Command(
        name = "consensus",
        description = {
            "Measure consensus: four replicas in four processes on loopback, over the real transport and durable, under"
                    + " closed-loop clients of this process.",
            "A whole run takes up to 3 minutes, --quick less than 90 seconds. Nothing else should run meanwhile."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything asked for was measured", "1:a measurement failed", "2:the command line is wrong"},
        mixinStandardHelpOptions = true)
final class ConsensusCommand implements Callable<Integer> {
    static final String REPLICA = "consensus-replica";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "METRIC",
            description = "Measure only these metrics, separated by commas.")
    private List<String> only = List.of();

    @Option(names = "--quick", description = "Shorter measurements.")
    private boolean quick;

    @Override
    public Integer call() {
        Report report = new Report("consensus", Machine.describe());
        ConsensusBench bench =
                new ConsensusBench(quick ? ConsensusBench.Times.QUICK : ConsensusBench.Times.FULL, report);
        Set<String> wanted = only.isEmpty() ? bench.names() : new LinkedHashSet<>(only);
        for (String name : wanted) {
            if (!bench.names().contains(name)) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(),
                        "no metric is called " + name + "; there are " + String.join(", ", bench.names()));
            }
        }
        PrintWriter err = spec.commandLine().getErr();
        bench.run(wanted, step -> {
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

    /** One validator in a process of its own. */
    @Command(name = REPLICA, hidden = true)
    static final class Replica implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public Integer call() throws IOException {
            ConsensusReplica.run(spec.commandLine().getOut(), System.in);
            return 0;
        }
    }
}
