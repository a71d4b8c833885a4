package online.hypermesh.node.cli;

import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.node.network.FreePorts;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.network.NetworkLock;
import online.hypermesh.node.network.NodeProcess;
import online.hypermesh.stoq.base.error.Retry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code up}: a network in the foreground. */
@Command(
        name = "up",
        description = {
            "Run a network of node processes on IPv6 loopback until interrupted, or until: hypermesh down.",
            "The first start founds it; later ones continue with the same identities and data. The nodes end with this command,"
                    + " however it ends."
        },
        mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
    private static final Duration START_PATIENCE = Duration.ofSeconds(60);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private NetworkOptions options = new NetworkOptions();

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "4",
            description = "Number of nodes when the network is founded, 1..16; four survive the loss of one.")
    private int nodes = 4;

    @Option(
            names = "--leaf-validity",
            paramLabel = "SECONDS",
            defaultValue = "3600",
            description = "Longest validity of certificates when the network is founded, 5..86400 s.")
    private int leafValiditySeconds = 3600;

    @Option(names = "--json", description = "Print one JSON object once all nodes listen.")
    private boolean json;

    @Override
    public Integer call() {
        if (nodes < 1 || nodes > 16) {
            throw configuration("--nodes must be in 1..16, was " + nodes);
        }
        if (leafValiditySeconds < 5 || leafValiditySeconds > 86_400) {
            throw configuration("--leaf-validity must be in 5..86400 s, was " + leafValiditySeconds);
        }
        Path directory = options.directory();
        createDirectory(directory);
        try (NetworkLock lock = NetworkLock.take(directory.resolve("lock"), options.name())) {
            return run(LocalNetwork.exists(directory) ? reopen(directory) : found(directory), lock);
        }
    }

    private static HypermeshException configuration(String message) {
        return new HypermeshException(Code.CONFIGURATION, Retry.NEVER, message);
    }

    private static void createDirectory(Path directory) {
        try {
            java.nio.file.Files.createDirectories(directory);
        } catch (java.io.IOException e) {
            throw new HypermeshException(
                    Code.STORAGE_FAILED,
                    Retry.NEVER,
                    directory + " cannot be created: " + e + ". Choose another with --home",
                    e);
        }
    }

    private LocalNetwork found(Path directory) {
        Parameters d = Parameters.DEFAULT;
        return LocalNetwork.create(
                directory,
                options.name(),
                nodes,
                new Parameters(
                        leafValiditySeconds,
                        d.maxTransactionBytes(),
                        d.maxBlockBytes(),
                        d.heartbeatMillis(),
                        d.maxClockErrorMillis(),
                        d.leaderTimeoutMillis(),
                        Math.min(d.replicas(), nodes)),
                Clock.systemUTC().millis(),
                Optional.empty());
    }

    private static LocalNetwork reopen(Path directory) {
        LocalNetwork network = LocalNetwork.open(directory);
        boolean free = network.nodes().stream().map(LocalNode::address).allMatch(FreePorts::isFree);
        return free ? network : network.onFreePorts(Optional.empty());
    }

    private int run(LocalNetwork network, NetworkLock lock) {
        List<NodeProcess> processes = new ArrayList<>();
        Thread hook = new Thread(
                () -> {
                    stopAll(processes);
                    lock.close(); // a signal ends this process without coming back from here
                },
                "network-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            for (LocalNode node : network.nodes()) {
                NodeProcess process = NodeProcess.start(node);
                synchronized (processes) {
                    processes.add(process);
                }
            }
            for (NodeProcess process : processes) {
                process.awaitReady(START_PATIENCE);
            }
            print(network, processes);
            CompletableFuture<?>[] ends = processes.stream()
                    .map(p -> p.onExit().thenAccept(end -> report(p, end.exitValue())))
                    .toArray(CompletableFuture[]::new);
            CompletableFuture.allOf(ends).join();
            throw new HypermeshException(
                    Code.CLOSED,
                    Retry.WHOLE_OPERATION,
                    "every node of network " + network.genesis().name() + " has ended");
        } finally {
            stopAll(processes);
        }
    }

    private void report(NodeProcess process, int code) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(process.node().name() + " (process " + process.pid() + ") ended with code " + code + ". See "
                + process.node().logFile());
        err.flush();
    }

    private static void stopAll(List<NodeProcess> processes) {
        List<NodeProcess> all;
        synchronized (processes) {
            all = List.copyOf(processes);
        }
        all.parallelStream().forEach(NodeProcess::close);
    }

    private void print(LocalNetwork network, List<NodeProcess> processes) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("name", network.genesis().name());
            object.put("networkId", network.genesis().networkId().toString());
            object.put("directory", network.directory().toString());
            object.put("nodes", processes.stream().map(UpCommand::describe).toList());
            Output.json(out, object);
            return;
        }
        out.println(
                "network " + network.genesis().name() + " (" + network.genesis().networkId() + ")");
        for (NodeProcess process : processes) {
            LocalNode node = process.node();
            out.printf(
                    "  %-4s process %-8d %-16s data %s%n",
                    node.name(), process.pid(), text(node.address()), node.dataDirectory());
        }
        out.println("status: hypermesh status --name " + network.genesis().name()
                + "    stop: Ctrl-C, or hypermesh down --name "
                + network.genesis().name());
        out.flush();
    }

    private static Map<String, Object> describe(NodeProcess process) {
        LocalNode node = process.node();
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", node.name());
        row.put("id", node.id().toString());
        row.put("pid", process.pid());
        row.put("address", text(node.address()));
        row.put("data", node.dataDirectory().toString());
        row.put("log", node.logFile().toString());
        return row;
    }

    static String text(InetSocketAddress address) {
        return "[" + address.getAddress().getHostAddress() + "]:" + address.getPort();
    }
}
