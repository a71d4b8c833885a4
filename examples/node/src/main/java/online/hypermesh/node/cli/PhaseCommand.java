package online.hypermesh.node.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.node.operation.PhaseStep;
import online.hypermesh.stoq.base.error.Retry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code phase}: how far a node trusts its own network. */
@Command(
        name = "phase",
        description = "Show the phases a node passed, or order it back to a lower one for a while.",
        mixinStandardHelpOptions = true,
        subcommands = {PhaseCommand.History.class, PhaseCommand.Lower.class})
final class PhaseCommand extends GroupCommand {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** {@code phase history}. */
    @Command(
            name = "history",
            description = "Show which phases a node entered, when, and the fact that opened each guard.",
            mixinStandardHelpOptions = true)
    static final class History implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Mixin
        private SessionOptions options = new SessionOptions();

        @Parameters(paramLabel = "NODE", description = "For example n1.")
        private String node = "";

        @Override
        public Integer call() {
            LogFile.none();
            LocalNetwork network = options.running();
            try (OperatorSession session =
                    OperatorSession.open(network, options.checkpoint(), PATIENCE, new MemoryChunkIndex(1))) {
                for (PhaseStep step : session.client().phases(network.node(node).id())) {
                    spec.commandLine()
                            .getOut()
                            .println(java.time.Instant.ofEpochMilli(step.atMillis()) + "  Phase " + step.phase() + "  "
                                    + step.reason());
                }
            }
            return ExitCode.OK.code();
        }
    }

    /** {@code phase lower}. */
    @Command(
            name = "lower",
            description = {
                "Order one node back to a lower phase, with the operator's signature. Nothing else ever lowers a phase.",
                "The order names network, node, from, to, a sequence number and an expiry; when it expires the node follows the"
                        + " network again."
            },
            mixinStandardHelpOptions = true)
    static final class Lower implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Mixin
        private SessionOptions options = new SessionOptions();

        @Parameters(index = "0", paramLabel = "NODE", description = "For example n1.")
        private String node = "";

        @Parameters(index = "1", paramLabel = "PHASE", description = "The lower phase, 1 or 2.")
        private int phase;

        @Option(
                names = "--for",
                paramLabel = "SECONDS",
                defaultValue = "600",
                description = "How long it stays there, 1..86400 s.")
        private int seconds = 600;

        @Override
        public Integer call() {
            LogFile.none();
            if (phase < 1 || phase > 2 || seconds < 1 || seconds > 86_400) {
                throw new HypermeshException(
                        Code.CONFIGURATION,
                        Retry.NEVER,
                        "PHASE must be 1 or 2 and --for in 1..86400 s, were " + phase + " and " + seconds
                                + ". Phase 0 is before the ledger; to take a node out, stop it");
            }
            LocalNetwork network = options.running();
            try (OperatorSession session =
                    OperatorSession.open(network, options.checkpoint(), PATIENCE, new MemoryChunkIndex(1))) {
                NodeStatus status =
                        session.client().lowerPhase(network.node(node).id(), phase, Duration.ofSeconds(seconds));
                spec.commandLine().getOut().println(node + " is in Phase " + status.phase() + " for " + seconds + " s");
            }
            return ExitCode.OK.code();
        }
    }
}
