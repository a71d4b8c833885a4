package online.hypermesh.node.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.network.NetworkLock;
import online.hypermesh.stoq.base.error.Retry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code down}: stops what {@code up} runs. */
@Command(
        name = "down",
        description = "Stop a running network; its data stays. The command that runs it ends, and its nodes with it.",
        mixinStandardHelpOptions = true)
final class DownCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private NetworkOptions options = new NetworkOptions();

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "Longest wait for an orderly end, at least 1 s.")
    private int timeoutSeconds = 30;

    @Override
    public Integer call() {
        LocalNetwork network = options.running();
        Optional<ProcessHandle> runner = NetworkLock.owner(network.lockFile())
                .filter(NetworkLock.Owner::held)
                .flatMap(owner -> ProcessHandle.of(owner.pid()));
        if (runner.isEmpty()) {
            throw new HypermeshException(
                    Code.LOCKED,
                    Retry.WHOLE_OPERATION,
                    "the process that runs network " + options.name()
                            + " cannot be found, but its lock is held. Try again");
        }
        runner.get().destroy();
        try {
            runner.get().onExit().get(Math.max(1, timeoutSeconds), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new HypermeshException(
                    Code.TIMEOUT,
                    Retry.WHOLE_OPERATION,
                    "process " + runner.get().pid() + " did not end within " + timeoutSeconds
                            + " s. Repeat, or end it: kill " + runner.get().pid(),
                    e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for a process's end does not fail", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED.code();
        }
        spec.commandLine()
                .getOut()
                .println("network " + options.name() + " stopped; data stays in " + network.directory());
        return ExitCode.OK.code();
    }
}
