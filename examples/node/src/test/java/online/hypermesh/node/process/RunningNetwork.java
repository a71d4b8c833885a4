package online.hypermesh.node.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.impl.content.MemoryChunkIndex;
import online.hypermesh.node.client.NodeClient;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.network.NodeProcess;
import online.hypermesh.node.operation.NodeStatus;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.id.NodeId;

/** A local network in a test's directory, its processes, and its operator. */
final class RunningNetwork implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(3);

    final LocalNetwork files;
    final NodeKeys operator;
    private final Map<String, NodeProcess> processes = new HashMap<>();
    private NodeClient client;

    RunningNetwork(Path directory, int nodes, int leafValiditySeconds) {
        Parameters d = Parameters.DEFAULT;
        files = LocalNetwork.create(
                directory,
                "it",
                nodes,
                new Parameters(
                        leafValiditySeconds,
                        d.maxTransactionBytes(),
                        d.maxBlockBytes(),
                        5_000,
                        d.maxClockErrorMillis(),
                        d.leaderTimeoutMillis(),
                        Math.min(3, nodes)),
                System.currentTimeMillis(),
                Optional.empty());
        operator = files.operatorKeys();
    }

    NodeId id(String name) {
        return files.node(name).id();
    }

    List<LocalNode> nodes() {
        return files.nodes();
    }

    NodeProcess process(String name) {
        return processes.get(name);
    }

    void start(String name) {
        NodeProcess process = NodeProcess.start(files.node(name));
        processes.put(name, process);
        process.awaitReady(PATIENCE);
    }

    void startAll() {
        for (LocalNode node : files.nodes()) {
            processes.put(node.name(), NodeProcess.start(node));
        }
        processes.values().forEach(p -> p.awaitReady(PATIENCE));
    }

    void stopAll() {
        processes.values().parallelStream().forEach(p -> p.stop(Duration.ofSeconds(20)));
    }

    NodeClient client() {
        if (client == null) {
            client = newClient(operator);
        }
        return client;
    }

    NodeClient newClient(NodeKeys keys) {
        return NodeClient.open(
                files.genesis(),
                keys,
                files.nodes().stream().map(LocalNode::endpoint).toList(),
                Duration.ofSeconds(10),
                new MemoryChunkIndex(100_000));
    }

    /** The operator's client, authenticated anew when its certificate does not reach. */
    NodeStatus status(String name) {
        try {
            return client().status(id(name));
        } catch (CodedException e) {
            client().certify(id(name));
            return client().status(id(name));
        }
    }

    void awaitPhase3() {
        for (LocalNode node : files.nodes()) {
            until(node.name() + " in Phase 3", () -> status(node.name()).phase() == 3);
        }
    }

    /** Waits until the same block is the newest on every node. */
    NodeStatus awaitAgreement() {
        NodeStatus[] last = new NodeStatus[1];
        until("all nodes agree", () -> {
            List<NodeStatus> all =
                    files.nodes().stream().map(n -> status(n.name())).toList();
            last[0] = all.get(0);
            return all.stream()
                    .allMatch(s -> s.finalizedHeight() == last[0].finalizedHeight()
                            && s.finalizedId().equals(last[0].finalizedId())
                            && s.stateRoot().equals(last[0].stateRoot()));
        });
        return last[0];
    }

    static void until(String what, Supplier<Boolean> fact) {
        until(what, PATIENCE, fact);
    }

    static void until(String what, Duration deadline, Supplier<Boolean> fact) {
        long end = System.nanoTime() + deadline.toNanos();
        CodedException last = null;
        while (true) {
            try {
                if (fact.get()) {
                    return;
                }
            } catch (CodedException e) {
                last = e;
            }
            if (System.nanoTime() > end) {
                throw new AssertionError(what + ": not within " + deadline, last);
            }
            try {
                new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted", e);
            }
        }
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
        processes.values().parallelStream().forEach(NodeProcess::close);
        operator.close();
    }
}
