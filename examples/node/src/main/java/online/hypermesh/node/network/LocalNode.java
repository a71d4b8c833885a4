package online.hypermesh.node.network;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * One node of a {@link LocalNetwork}.
 *
 * @param name for example {@code n1}
 * @param id its identity
 * @param address where it listens
 * @param directory its own directory: configuration, log, {@code data}; its keystore lies beside all data in {@code keys}
 */
public record LocalNode(String name, NodeId id, InetSocketAddress address, Path directory) {
    /**
     * Where it is expected.
     *
     * @return its endpoint
     */
    public Endpoint endpoint() {
        return new Endpoint(address, id);
    }

    /**
     * Its configuration.
     *
     * @return a YAML file
     */
    public Path configFile() {
        return directory.resolve("node.yaml");
    }

    /**
     * Its data directory.
     *
     * @return blocks, votes, content
     */
    public Path dataDirectory() {
        return directory.resolve("data");
    }

    /**
     * Its log.
     *
     * @return a text file
     */
    public Path logFile() {
        return directory.resolve("node.log");
    }

    /**
     * What its process wrote to standard error.
     *
     * @return a text file
     */
    public Path errorFile() {
        return directory.resolve("stderr.log");
    }
}
