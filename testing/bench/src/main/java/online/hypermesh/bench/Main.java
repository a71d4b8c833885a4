package online.hypermesh.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command line of the benches. */
@Command(
        name = "hypermesh bench",
        description = "Measure the suite side by side with what it stands on.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "BENCH",
        subcommands = {Main.Stoq.class, Main.Content.class, Main.Idle.class, Main.Worker.class})
final class Main implements Runnable {
    static final String IDLE_SERVER = "idle-server";
    static final String CONTENT_WORKER = "content-worker";

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
                .addSubcommand(new ConsensusCommand())
                .addSubcommand(new ConsensusCommand.Replica())
                .addSubcommand(new PlacementCommand())
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
                "A whole run takes up to 6 minutes, --quick about two. Nothing else should run meanwhile."
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

    /** {@code bench content}. */
    @Command(
            name = "content",
            description = {
                "Measure content repositories beside restic, borg and casync, those that are installed: in turns on one"
                        + " processor, on data made the same way on every machine.",
                "A whole run takes some 5 minutes, --quick less than two. Nothing else should run meanwhile."
            },
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:everything that is installed was measured",
                "1:a measurement failed",
                "2:the command line is wrong"
            },
            mixinStandardHelpOptions = true)
    static final class Content implements Callable<Integer> {
        private static final Path MEMORY = Path.of("/dev/shm");

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Option(names = "--quick", description = "Less data, fewer pairs.")
        private boolean quick;

        @Option(
                names = "--work",
                paramLabel = "DIR",
                description =
                        "Where data and repositories go, some 2 GB. Without it: /dev/shm, else the temporary directory.")
        private @Nullable Path work;

        @Override
        public Integer call() throws IOException {
            Path parent = work;
            if (parent == null) {
                parent = Files.isWritable(MEMORY) ? MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
            }
            Report report = new Report("content", Machine.describe());
            PrintWriter err = spec.commandLine().getErr();
            Path own = Files.createTempDirectory(parent, "hypermesh-bench");
            new ContentBench(own, quick, report, step -> {
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

    /** The process of the content bench that stores and restores. */
    @Command(name = CONTENT_WORKER, hidden = true)
    static final class Worker implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Parameters(arity = "0..1", description = "One command; without it commands come line by line.")
        private @Nullable String command;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            if (command == null) {
                ContentWorker.run(out, System.in);
            } else {
                out.println(new ContentWorker().answer(command.split(" ")));
                out.flush();
            }
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
