package online.hypermesh.node.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import online.hypermesh.node.demo.Demo;
import online.hypermesh.node.demo.DemoReport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code demo}: everything, once, checked. */
@Command(
        name = "demo",
        description = {
            "Start four node processes on IPv6 loopback and take them through boot, storage, the loss of a node, its return and"
                    + " independence from the world outside.",
            "Ends with 0 only if every step held. A success leaves nothing behind; a failure names the directory it keeps."
        },
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            description = "What to store; any size. Without it a sample of 4 MiB is generated.")
    private @Nullable Path file;

    @Option(
            names = "--json",
            description = "Print one JSON object on standard output; progress goes to standard error.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        LogFile.none();
        if (file != null) {
            PutCommand.requireReadable(file);
        }
        DemoReport report = Demo.run(
                Optional.ofNullable(file),
                json ? spec.commandLine().getErr() : spec.commandLine().getOut());
        if (json) {
            Output.json(spec.commandLine().getOut(), report.toJson());
        }
        return report.ok() ? ExitCode.OK.code() : ExitCode.FAILED.code();
    }
}
