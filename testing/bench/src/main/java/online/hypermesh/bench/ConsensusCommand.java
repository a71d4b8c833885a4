package online.hypermesh.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
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
        })
final class ConsensusCommand extends BenchCommand {
    static final String REPLICA = "consensus-replica";

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
        bench.run(wanted(only, bench.names()), progress);
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
