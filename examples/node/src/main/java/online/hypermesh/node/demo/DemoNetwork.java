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
    private final Map<String, NodeProcess> processes = new LinkedHashMap<>();
    private boolean closed;

    private DemoNetwork(LocalNetwork network, OutsideDns dns) {
        this.network = network;
        this.dns = dns;
    }

    static DemoNetwork found(Path directory, long nowMillis) throws IOException {
        Inet6Address loopback = (Inet6Address) InetAddress.getByName("::1");
        Map<String, Inet6Address> names = new LinkedHashMap<>();
        for (int i = 1; i <= NODES; i++) {
            names.put("n" + i + "." + NAME + ".hypermesh.alt", loopback);
        }
        OutsideDns dns = OutsideDns.start(names);
        LocalNetwork network =
                LocalNetwork.create(directory, NAME, NODES, Parameters.DEFAULT, nowMillis, Optional.of(dns.address()));
        return new DemoNetwork(network, dns);
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

    void startAll() {
        network.nodes().forEach(n -> launch(n.name()));
        network.nodes().forEach(n -> process(n.name()).awaitReady(START_PATIENCE));
    }

    NodeProcess start(String name) {
        NodeProcess process = launch(name);
        process.awaitReady(START_PATIENCE);
        return process;
    }

    private NodeProcess launch(String name) {
        NodeProcess process = NodeProcess.start(network.node(name));
        synchronized (processes) {
            processes.put(name, process);
        }
        return process;
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
