package online.hypermesh.node.config;

import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import online.hypermesh.node.keys.PassphraseSource;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Everything a node is told from outside. Immutable; made by {@link #builder()} or {@link EffectiveConfig#toNodeConfig()}.
 *
 * @param name what people call the node, 1..63 characters of a-z, 0-9 and hyphen
 * @param genesisFile founding document
 * @param keystoreFile encrypted keys; outside the data directory, so that losing or copying one does not take the other along
 * @param passphrase what opens the keystore
 * @param dataDirectory blocks, votes, content and logs
 * @param listen IPv6 address and UDP port; port 0 takes a free one
 * @param peers where other nodes are, at most 1000, distinct
 * @param traditionalDns DNS server of the world outside, asked before Phase 3; empty: off
 * @param requestTimeout longest wait for another node, 100 ms to 10 min
 * @param logLevel least severe level that is logged
 * @param logFile where the log goes
 */
public record NodeConfig(
        String name,
        Path genesisFile,
        Path keystoreFile,
        PassphraseSource passphrase,
        Path dataDirectory,
        InetSocketAddress listen,
        List<Endpoint> peers,
        Optional<InetSocketAddress> traditionalDns,
        Duration requestTimeout,
        Level logLevel,
        Path logFile) {
    private static final int MAX_PEERS = 1000;

    /**
     * Checks every value.
     *
     * @param name node's name
     * @param genesisFile founding document
     * @param keystoreFile encrypted keys
     * @param passphrase what opens them
     * @param dataDirectory data
     * @param listen address and port
     * @param peers other nodes
     * @param traditionalDns DNS server outside
     * @param requestTimeout longest wait
     * @param logLevel log level
     * @param logFile log
     */
    public NodeConfig {
        if (!name.matches("[a-z0-9-]{1,63}")) {
            throw new IllegalArgumentException(
                    "name must be 1..63 characters of a-z, 0-9 and hyphen, was \"" + name + "\"");
        }
        if (keystoreFile
                .toAbsolutePath()
                .normalize()
                .startsWith(dataDirectory.toAbsolutePath().normalize())) {
            throw new IllegalArgumentException("keystore-file " + keystoreFile + " lies inside data-directory "
                    + dataDirectory + ": keep keys elsewhere, so that deleting or copying data never touches them");
        }
        if (!(listen.getAddress() instanceof Inet6Address)) {
            throw new IllegalArgumentException("listen-address must be IPv6, was " + listen);
        }
        peers = List.copyOf(peers);
        if (peers.size() > MAX_PEERS) {
            throw new IllegalArgumentException("peers has " + peers.size() + " entries, limit " + MAX_PEERS);
        }
        Set<NodeId> seen = new HashSet<>();
        for (Endpoint peer : peers) {
            if (!seen.add(peer.id())) {
                throw new IllegalArgumentException("peers lists " + peer.id() + " twice");
            }
        }
        if (requestTimeout.compareTo(Duration.ofMillis(100)) < 0
                || requestTimeout.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException(
                    "request-timeout must be in 100..600000 ms, was " + requestTimeout.toMillis());
        }
    }

    /**
     * Starts a configuration.
     *
     * @return a builder with the defaults of {@link ConfigKey}
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Gathers values for a {@link NodeConfig}. Confined to one thread. */
    public static final class Builder {
        private @Nullable String name;
        private @Nullable Path genesisFile;
        private @Nullable Path keystoreFile;
        private PassphraseSource passphrase = PassphraseSource.environment();
        private @Nullable Path dataDirectory;
        private @Nullable InetSocketAddress listen;
        private List<Endpoint> peers = List.of();
        private Optional<InetSocketAddress> traditionalDns = Optional.empty();
        private Duration requestTimeout = Duration.ofSeconds(10);
        private Level logLevel = Level.INFO;
        private @Nullable Path logFile;

        private Builder() {}

        /**
         * Sets the name.
         *
         * @param value 1..63 characters of a-z, 0-9 and hyphen
         * @return this
         */
        public Builder name(String value) {
            this.name = value;
            return this;
        }

        /**
         * Sets the founding document.
         *
         * @param value a file
         * @return this
         */
        public Builder genesisFile(Path value) {
            this.genesisFile = value;
            return this;
        }

        /**
         * Sets the keystore.
         *
         * @param value a file outside the data directory
         * @return this
         */
        public Builder keystoreFile(Path value) {
            this.keystoreFile = value;
            return this;
        }

        /**
         * Sets what opens the keystore.
         *
         * @param value the source
         * @return this
         */
        public Builder passphrase(PassphraseSource value) {
            this.passphrase = value;
            return this;
        }

        /**
         * Sets the data directory.
         *
         * @param value a directory of this node alone
         * @return this
         */
        public Builder dataDirectory(Path value) {
            this.dataDirectory = value;
            return this;
        }

        /**
         * Sets where to listen.
         *
         * @param value IPv6 address and UDP port
         * @return this
         */
        public Builder listen(InetSocketAddress value) {
            this.listen = value;
            return this;
        }

        /**
         * Sets where other nodes are.
         *
         * @param value distinct nodes
         * @return this
         */
        public Builder peers(List<Endpoint> value) {
            this.peers = List.copyOf(value);
            return this;
        }

        /**
         * Sets the DNS server outside; without it, traditional DNS is off.
         *
         * @param value IPv6 address and UDP port
         * @return this
         */
        public Builder traditionalDns(InetSocketAddress value) {
            this.traditionalDns = Optional.of(value);
            return this;
        }

        /**
         * Sets the longest wait for another node.
         *
         * @param value 100 ms to 10 min
         * @return this
         */
        public Builder requestTimeout(Duration value) {
            this.requestTimeout = value;
            return this;
        }

        /**
         * Sets the log level.
         *
         * @param value least severe level that is logged
         * @return this
         */
        public Builder logLevel(Level value) {
            this.logLevel = value;
            return this;
        }

        /**
         * Sets where the log goes; without it, to {@code node.log} in the data directory.
         *
         * @param value a file
         * @return this
         */
        public Builder logFile(Path value) {
            this.logFile = value;
            return this;
        }

        /**
         * Checks and freezes the values.
         *
         * @return the configuration
         * @throws IllegalArgumentException when a value is missing or out of range
         */
        public NodeConfig build() {
            Path data = given("data-directory", dataDirectory);
            return new NodeConfig(
                    given("name", name),
                    given("genesis-file", genesisFile),
                    given("keystore-file", keystoreFile),
                    passphrase,
                    data,
                    given("listen-address", listen),
                    peers,
                    traditionalDns,
                    requestTimeout,
                    logLevel,
                    logFile == null ? data.resolve("node.log") : logFile);
        }

        private static <T> T given(String key, @Nullable T value) {
            if (value == null) {
                throw new IllegalArgumentException(key + " is not set");
            }
            return value;
        }
    }
}
