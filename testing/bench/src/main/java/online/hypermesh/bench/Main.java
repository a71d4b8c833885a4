package online.hypermesh.bench;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line of the benches. */
@Command(
        name = "hypermesh bench",
        description = "Measure the suite side by side with what it stands on.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "BENCH",
        subcommands = Main.Idle.class)
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
                .addSubcommand(new StoqCommand())
                .addSubcommand(new ContentCommand())
                .addSubcommand(new ProofCommand())
                .addSubcommand(new ConsensusCommand())
                .addSubcommand(new ConsensusCommand.Replica())
                .addSubcommand(new ConsensusCommand.Starter())
                .addSubcommand(new PlacementCommand())
                .setUsageHelpAutoWidth(true)
                .execute(args);
        System.exit(code);
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Missing bench");
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
