package online.hypermesh.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.node.config.NodeConfig;
import online.hypermesh.node.network.NodeProcess;
import online.hypermesh.node.service.NodeRuntime;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code node}: one node in this process. */
@Command(
        name = "node",
        description = "Run a single node in this process; a whole network on this machine is: hypermesh up.",
        mixinStandardHelpOptions = true,
        subcommands = NodeCommand.Run.class)
final class NodeCommand extends GroupCommand {
    /** {@code node run}. */
    @Command(
            name = "run",
            description = {
                "Run a node until it is told to stop by SIGINT or SIGTERM.",
                "Prints READY and its address once it listens, and PHASE with number, time and reason for each phase it enters."
                        + " Everything else goes to its log file.",
                "A node whose consensus stopped, because its disk failed for example, serves reads until it is told to stop, and"
                        + " then ends with 65 and the reason."
            },
            mixinStandardHelpOptions = true)
    static final class Run implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Mixin
        private ConfigOptions options = new ConfigOptions();

        @Option(
                names = "--stop-with-stdin",
                description = "Also stop when standard input ends; so a parent process takes its nodes along.")
        private boolean stopWithStdin;

        @Override
        public Integer call() {
            NodeConfig config = options.load(spec).toNodeConfig();
            LogFile.use(config.logFile(), config.logLevel());
            CountDownLatch stop = new CountDownLatch(1);
            PrintWriter out = spec.commandLine().getOut();
            try (NodeRuntime node = NodeRuntime.start(config, step -> NodeProcess.announce(out, step))) {
                Thread hook = new Thread(node::close, "node-shutdown");
                Runtime.getRuntime().addShutdownHook(hook);
                if (stopWithStdin) {
                    Thread watch = new Thread(() -> awaitEnd(System.in, stop), "parent-watch");
                    watch.setDaemon(true);
                    watch.start();
                }
                out.println(NodeProcess.READY + " " + node.address());
                out.flush();
                stop.await();
                Optional<HypermeshException> stopped = node.stopped();
                if (stopped.isPresent()) {
                    throw stopped.get();
                }
                return ExitCode.OK.code();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ExitCode.FAILED.code();
            }
        }

        private static void awaitEnd(InputStream in, CountDownLatch stop) {
            byte[] ignored = new byte[64];
            try {
                while (in.read(ignored) >= 0) {
                    // only the end counts
                }
            } catch (IOException e) {
                System.getLogger(Run.class.getName())
                        .log(System.Logger.Level.WARNING, "standard input failed, stopping: {0}", e.getMessage());
            } finally {
                stop.countDown();
            }
        }
    }
}
