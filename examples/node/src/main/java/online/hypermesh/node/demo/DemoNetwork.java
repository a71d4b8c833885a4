package online.hypermesh.node.demo;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.node.network.LocalNetwork;
import online.hypermesh.node.network.LocalNode;
import online.hypermesh.node.network.NodeProcess;
import online.hypermesh.stoq.base.id.NodeId;

/** Four node processes and the world outside them. Confined to one thread, but for {@link #close()}. */
final class DemoNetwork implements AutoCloseable {
    static final String NAME = "demo";
    static final Duration START_PATIENCE = Duration.ofSeconds(60);

    private static final int NODES = 4;

    private final LocalNetwork network;
    private final OutsideDns dns;
    private final PhaseLog phases;
    private final Map<String, NodeProcess> processes = new LinkedHashMap<>();
    private boolean closed;

    private DemoNetwork(LocalNetwork network, OutsideDns dns, PhaseLog phases) {
        this.network = network;
        this.dns = dns;
        this.phases = phases;
    }

    static DemoNetwork found(Path directory, long nowMillis, PhaseLog phases) throws IOException {
        Inet6Address loopback = (Inet6Address) InetAddress.getByName("::1");
        Map<String, Inet6Address> names = new LinkedHashMap<>();
        for (int i = 1; i <= NODES; i++) {
            names.put("n" + i + "." + NAME + ".hypermesh.alt", loopback);
        }
        OutsideDns dns = OutsideDns.start(names);
        LocalNetwork network =
                LocalNetwork.create(directory, NAME, NODES, Parameters.DEFAULT, nowMillis, Optional.of(dns.address()));
        return new DemoNetwork(network, dns, phases);
    }

    LocalNetwork network() {
        return network;
    }

    OutsideDns dns() {
        return dns;
    }

    LocalNode node(String name) {
        return network.node(name);
    }

    NodeId id(String name) {
        return network.node(name).id();
    }

    List<LocalNode> nodes() {
        return network.nodes();
    }

    /** Starts every node at the same time and tells of each once it listens. */
    void startAll(Consumer<NodeProcess> listens) {
        network.nodes().forEach(n -> launch(n.name()));
        for (LocalNode node : network.nodes()) {
            NodeProcess process = process(node.name());
            process.awaitReady(START_PATIENCE);
            listens.accept(process);
        }
    }

    NodeProcess start(String name) {
        NodeProcess process = launch(name);
        process.awaitReady(START_PATIENCE);
        return process;
    }

    private NodeProcess launch(String name) {
        synchronized (processes) {
            if (closed) {
                throw new StepFailedException("interrupted");
            }
            NodeProcess process = NodeProcess.start(network.node(name), step -> phases.entered(name, step));
            processes.put(name, process);
            return process;
        }
    }

    NodeProcess process(String name) {
        synchronized (processes) {
            NodeProcess process = processes.get(name);
            if (process == null) {
                throw new IllegalArgumentException("no process of " + name);
            }
            return process;
        }
    }

    void deleteData(String name) {
        LocalNetwork.deleteTree(network.node(name).dataDirectory());
    }

    /** Stops every process and the outside; idempotent. */
    @Override
    public void close() {
        List<NodeProcess> all;
        synchronized (processes) {
            if (closed) {
                return;
            }
            closed = true;
            all = List.copyOf(processes.values());
        }
        all.parallelStream().forEach(NodeProcess::close);
        dns.close();
    }
}
