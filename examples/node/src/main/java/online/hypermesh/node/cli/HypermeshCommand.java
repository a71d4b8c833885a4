package online.hypermesh.node.cli;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import online.hypermesh.stoq.base.error.CodedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The root of the command line. */
@Command(
        name = "hypermesh",
        description = "The HyperMesh reference node: run a network on this machine, use it, look after its keys.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            StatusCommand.class,
            DownCommand.class,
            PutCommand.class,
            GetCommand.class,
            LsCommand.class,
            SnapshotsCommand.class,
            RestoreCommand.class,
            CheckCommand.class,
            GcCommand.class,
            StatsCommand.class,
            NamesCommand.class,
            PolicyCommand.class,
            PhaseCommand.class,
            CheckpointCommand.class,
            DoctorCommand.class,
            ConfigCommand.class,
            KeysCommand.class,
            GenesisCommand.class,
            NodeCommand.class,
            StoqCommand.class,
        })
public final class HypermeshCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    HypermeshCommand() {}

    /**
     * The whole command line.
     *
     * @return ready to execute
     */
    public static CommandLine commandLine() {
        CommandLine line = new CommandLine(new HypermeshCommand());
        documentEverywhere(line);
        line.setUsageHelpAutoWidth(true);
        line.setExecutionExceptionHandler(HypermeshCommand::report);
        return line;
    }

    private static void documentEverywhere(CommandLine line) {
        line.getCommandSpec()
                .usageMessage()
                .showDefaultValues(true)
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(ExitCode.table())
                .sortOptions(false);
        line.getSubcommands().values().forEach(HypermeshCommand::documentEverywhere);
    }

    private static int report(Exception failure, CommandLine line, CommandLine.ParseResult parsed) throws Exception {
        PrintWriter err = line.getErr();
        if (failure instanceof CodedException coded) {
            err.println("hypermesh: " + coded.getMessage() + " [" + coded.codeName() + "]");
            return ExitCode.of(coded.codeName()).code();
        }
        if (failure instanceof UncheckedIOException io) {
            err.println("hypermesh: " + io.getCause());
            return ExitCode.DATA.code();
        }
        throw failure; // a defect: picocli prints the stack trace and ends with 1
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Missing command");
    }
}
