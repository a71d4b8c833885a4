package online.hypermesh.node.it;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.client.OperatorSession;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.network.NetworkLock;
import online.hypermesh.node.network.NodeProcess;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * A network whose nodes are processes of this test, found under a home directory as {@code hypermesh --home} finds it, with
 * its lock held, so that commands see it running. Confined to one thread.
 */
final class LiveNetwork implements AutoCloseable {
    static final String NAME = "local";
    static final List<String> ALL = List.of("n1", "n2", "n3", "n4");
    static final Duration START = Duration.ofMinutes(3);
    static final Duration RISE = Duration.ofMinutes(3);
    static final Duration ANSWER = Duration.ofSeconds(30);

    private final Path home;
    private final LocalNetwork network;
    private final NetworkLock lock;
    private final Map<String, NodeProcess> processes = new ConcurrentHashMap<>();
    private final Map<String, Consumer<ProcessBuilder>> surroundings = new ConcurrentHashMap<>();
    /** Kept from one wait to the next while it works. */
    private @Nullable OperatorSession watching;

    private LiveNetwork(Path home, LocalNetwork network, NetworkLock lock) {
        this.home = home;
        this.network = network;
        this.lock = lock;
    }

    /** Founds a network of four; nothing runs yet. */
    static LiveNetwork found(Path home, Parameters parameters) {
        return locked(
                home,
                LocalNetwork.create(
                        directory(home), NAME, ALL.size(), parameters, System.currentTimeMillis(), Optional.empty()));
    }

    /** Founds a network of four at given addresses; nothing runs yet. */
    static LiveNetwork found(Path home, Parameters parameters, List<InetSocketAddress> addresses) {
        return locked(
                home,
                LocalNetwork.create(
                        directory(home), NAME, addresses, parameters, System.currentTimeMillis(), Optional.empty()));
    }

    private static Path directory(Path home) {
        return home.resolve("networks").resolve(NAME);
    }

    private static LiveNetwork locked(Path home, LocalNetwork network) {
        return new LiveNetwork(
                home, network, NetworkLock.take(network.directory().resolve("lock"), NAME));
    }

    /** Changes what a node's process is started with and in, from its next start on. */
    void surround(String name, Consumer<ProcessBuilder> change) {
        surroundings.put(name, change);
    }

    /** Founds and starts a network of four and waits until all are in Phase 3. */
    static LiveNetwork inPhase3(Path home, Parameters parameters) {
        LiveNetwork live = found(home, parameters);
        boolean risen = false;
        try {
            live.start(ALL);
            live.awaitPhase3(ALL);
            risen = true;
            return live;
        } finally {
            if (!risen) {
                live.close();
            }
        }
    }

    Path home() {
        return home;
    }

    LocalNetwork network() {
        return network;
    }

    LocalNode node(String name) {
        return network.node(name);
    }

    NodeId id(String name) {
        return node(name).id();
    }

    NodeProcess process(String name) {
        return Optional.ofNullable(processes.get(name)).orElseThrow();
    }

    /** Starts nodes at the same time and waits until they listen. */
    void start(List<String> names) {
        names.forEach(this::launch);
        names.forEach(n -> process(n).awaitReady(START));
    }

    /** Starts a node without waiting for anything. */
    NodeProcess launch(String name) {
        NodeProcess process = NodeProcess.start(node(name), step -> {}, surroundings.getOrDefault(name, builder -> {}));
        processes.put(name, process);
        return process;
    }

    void stop(List<String> names) {
        names.parallelStream().map(this::process).forEach(NodeProcess::close);
    }

    /** The operator, connected to whichever node answers first. */
    OperatorSession operator() {
        return OperatorSession.open(network, Optional.empty(), ANSWER, new MemoryChunkIndex(100_000));
    }

    /** Waits until nodes are in Phase 3, not degraded, and vote. */
    void awaitPhase3(List<String> names) {
        Await.until(names + " are in Phase 3, not degraded, and vote", RISE, () -> {
            OperatorSession session = watching;
            boolean works = false;
            try {
                session = session == null ? operator() : session;
                NodeClient client = session.client();
                boolean well = names.stream().allMatch(n -> isWell(client.status(id(n))));
                works = true;
                if (!well) {
                    throw new HypermeshException(Code.WRONG_PHASE, Retry.WHOLE_OPERATION, describe(client, names));
                }
                return true;
            } finally {
                watching = works ? session : null;
                if (!works && session != null) {
                    session.close();
                }
            }
        });
    }

    static boolean isWell(NodeStatus status) {
        return status.phase() == 3 && !status.degraded() && status.signing().equals("signing");
    }

    /** What each node says of itself, for messages. */
    String describe(NodeClient client, List<String> names) {
        Map<String, String> told = new TreeMap<>();
        for (String name : names) {
            try {
                told.put(name, client.status(id(name)).toString());
            } catch (CodedException e) {
                told.put(name, e.toString());
            }
        }
        return told.toString();
    }

    /** Waits until nodes stand at the same height with the same block and state. */
    NodeStatus awaitAgreement(NodeClient client, List<String> names, Duration deadline) {
        return Await.fact("the nodes " + names + " agree", deadline, () -> {
            List<NodeStatus> all = new ArrayList<>();
            names.forEach(n -> all.add(client.status(id(n))));
            NodeStatus first = all.get(0);
            boolean same = all.stream()
                    .allMatch(s -> s.finalizedHeight() == first.finalizedHeight()
                            && s.finalizedId().equals(first.finalizedId())
                            && s.stateRoot().equals(first.stateRoot()));
            return same ? Optional.of(first) : Optional.empty();
        });
    }

    /** What the nodes wrote, for a failed test's message. */
    String logs(String name) {
        try {
            Path log = node(name).logFile();
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (java.io.IOException e) {
            return "log of " + name + " cannot be read: " + e;
        }
    }

    @Override
    public void close() {
        if (watching != null) {
            watching.close();
        }
        processes.values().parallelStream().forEach(p -> p.stop(Duration.ofSeconds(5)));
        lock.close();
    }
}
