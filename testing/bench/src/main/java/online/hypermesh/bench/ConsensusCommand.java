package online.hypermesh.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench consensus}. */
@Command(
        name = "consensus",
        description = {
            "Measure consensus: four replicas in four processes on loopback, over the real transport and durable, under"
                    + " closed-loop clients of this process.",
            "And what a long history and a large state cost: starting again, and fetching the state from other nodes.",
            "A whole run takes some 20 minutes, most of them for a history of 10 million operations; --quick less than"
                    + " 4. Nothing else should run meanwhile."
        })
final class ConsensusCommand extends BenchCommand {
    static final String REPLICA = "consensus-replica";
    static final String STARTER = "ledger-start";

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "METRIC",
            description = "Measure only these metrics, separated by commas.")
    private List<String> only = List.of();

    @Option(names = "--quick", description = "Shorter measurements.")
    private boolean quick;

    @Option(
            names = "--profile",
            paramLabel = "DIR",
            description = "Repeat each closed-loop load and leave flight recordings of all processes there.")
    private @Nullable Path profile;

    ConsensusCommand() {
        super("consensus");
    }

    @Override
    void measure(Report report, Consumer<String> progress) {
        ConsensusBench bench = new ConsensusBench(
                quick ? ConsensusBench.Times.QUICK : ConsensusBench.Times.FULL, report, Optional.ofNullable(profile));
        Set<String> all = new LinkedHashSet<>(bench.names());
        all.addAll(BatchBench.NAMES);
        all.addAll(HistoryBench.names());
        Set<String> wanted = wanted(only, all);
        if (wanted.stream().anyMatch(bench.names()::contains)) {
            bench.run(wanted, progress);
        }
        if (wanted.stream().anyMatch(BatchBench.NAMES::contains)) {
            new BatchBench(quick ? BatchBench.Times.QUICK : BatchBench.Times.FULL, report).run(progress);
        }
        new HistoryBench(quick ? HistoryBench.Sizes.QUICK : HistoryBench.Sizes.FULL, report).run(wanted, progress);
        report.metrics().keySet().retainAll(wanted);
    }

    /** A node that is opened once, in a process of its own. */
    @Command(name = STARTER, hidden = true)
    static final class Starter implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Parameters(index = "0", description = "Its directory.")
        private Path directory = Path.of("");

        @Parameters(index = "1", description = "The genesis, in hexadecimal digits.")
        private String genesis = "";

        @Override
        public Integer call() {
            HistoryBench.start(directory, genesis, spec.commandLine().getOut());
            return 0;
        }
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
