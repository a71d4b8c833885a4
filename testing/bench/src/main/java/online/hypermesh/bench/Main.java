package online.hypermesh.bench;

import java.io.IOException;
import java.io.PrintWriter;
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

/** The command line of the benches. */
@Command(
        name = "hypermesh bench",
        description = "Measure the suite side by side with what it stands on.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "BENCH",
        subcommands = {Main.Stoq.class, Main.Idle.class})
final class Main implements Runnable {
    static final String IDLE_SERVER = "idle-server";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    Main() {}

    /**
     * Runs one bench and ends the process with its exit code.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        int code = new CommandLine(new Main())
                .addSubcommand(new ProofCommand())
                .setUsageHelpAutoWidth(true)
                .execute(args);
        System.exit(code);
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Missing bench");
    }

    /** {@code bench stoq}. */
    @Command(
            name = "stoq",
            description = {
                "Measure the transport against raw Netty QUIC: both run in this process in turns, warm, and the medians of"
                        + " the pairs count. A metric whose subject is not built is absent.",
                "A whole run takes up to 6 minutes, --quick less than one. Nothing else should run meanwhile."
            },
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:everything asked for was measured",
                "1:a measurement failed",
                "2:the command line is wrong"
            },
            mixinStandardHelpOptions = true)
    static final class Stoq implements Callable<Integer> {
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

        @Option(names = "--quick", description = "Fewer turns, smaller transfers, fewer idle connections.")
        private boolean quick;

        @Override
        public Integer call() {
            Report report = new Report("stoq", Machine.describe());
            StoqBench bench = new StoqBench(quick ? Scale.QUICK : Scale.FULL, report);
            Set<String> wanted = only.isEmpty() ? bench.names() : new LinkedHashSet<>(only);
            for (String name : wanted) {
                if (!bench.names().contains(name)) {
                    throw new CommandLine.ParameterException(
                            spec.commandLine(),
                            "no metric is called " + name + "; there are " + String.join(", ", bench.names()));
                }
            }
            PrintWriter err = spec.commandLine().getErr();
            Consumer<String> progress = step -> {
                err.println("bench: " + step);
                err.flush();
            };
            bench.run(wanted, progress);
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

    /** The server process of the idle bench. */
    @Command(name = IDLE_SERVER, hidden = true)
    static final class Idle implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public Integer call() throws IOException {
            IdleServer.run(spec.commandLine().getOut(), System.in);
            return 0;
        }
    }
}
