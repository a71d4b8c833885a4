package online.hypermesh.stoq;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * What a transport needs to know. The node's private key is not among it: it signs leaf bindings elsewhere. Immutable.
 *
 * @param network the network whose nodes may connect
 * @param nodeKey the public half of this node's long-term key
 * @param certificates supplies leaf and hello key at every handshake
 * @param verifier judges peers
 * @param bind a resolved IPv6 address; port 0 for any free port
 * @param clock time of day, given to the verifier
 * @param random source of nonces
 * @param limits bounds
 * @param listener told what happens to connections
 * @param plainProtocols application protocols (ALPN) served beside {@code stoq/1}, without the hello, and who receives their
 *     connections; handlers run on engine threads and must not block
 * @param insecureExport where qlog files and TLS keys are written, if at all; whoever reads them can decrypt everything
 * @param postQuantum what is asked of the confidentiality of connections
 * @param resumption how long peers may come back with a ticket
 * @param engine name of the engine to run on, empty for the best that can run here
 * @param metrics told what happens, for counters and timers
 */
public record TransportConfig(
        NetworkId network,
        VerifyKey nodeKey,
        CertificateSource certificates,
        PeerVerifier verifier,
        InetSocketAddress bind,
        Clock clock,
        SecureRandom random,
        TransportLimits limits,
        ConnectionListener listener,
        Map<String, Consumer<QuicConnection>> plainProtocols,
        Optional<Path> insecureExport,
        PostQuantum postQuantum,
        Resumption resumption,
        Optional<String> engine,
        TransportMetrics metrics) {
    /**
     * Checks that the address is IPv6 and the protocols have names.
     *
     * @param network network
     * @param nodeKey node key
     * @param certificates source of credentials
     * @param verifier judge
     * @param bind address
     * @param clock clock
     * @param random randomness
     * @param limits bounds
     * @param listener listener
     * @param plainProtocols protocols
     * @param insecureExport directory
     * @param postQuantum policy
     * @param resumption policy
     * @param engine name of an engine
     * @param metrics metrics
     */
    public TransportConfig {
        plainProtocols = Collections.unmodifiableMap(new LinkedHashMap<>(plainProtocols));
        for (String protocol : plainProtocols.keySet()) {
            int length = protocol.getBytes(StandardCharsets.UTF_8).length;
            if (length < 1 || length > 255 || protocol.startsWith("stoq/")) {
                throw new IllegalArgumentException(
                        "a plain protocol has a name of 1..255 bytes that does not begin with" + " stoq/, was '"
                                + protocol + "'");
            }
        }
        if (!(bind.getAddress() instanceof Inet6Address)) {
            throw new IllegalArgumentException("STOQ speaks IPv6 only; " + bind + " is not a resolved IPv6 address");
        }
    }

    /**
     * The identity behind the node key.
     *
     * @return the identity
     */
    public NodeId self() {
        return NodeId.of(nodeKey);
    }

    /**
     * Starts a configuration that binds any free port on all IPv6 addresses, with the system's clock,
     * {@link TransportLimits#DEFAULT}, {@link PostQuantum#PREFERRED} and {@link Resumption#DEFAULT}.
     *
     * @param network the network whose nodes may connect
     * @param nodeKey the public half of this node's long-term key
     * @param certificates supplies leaf and hello key
     * @param verifier judges peers
     * @return a builder
     */
    public static Builder builder(
            NetworkId network, VerifyKey nodeKey, CertificateSource certificates, PeerVerifier verifier) {
        return new Builder(network, nodeKey, certificates, verifier);
    }

    /** Collects what differs from the defaults. Confined to one thread. */
    public static final class Builder {
        private final NetworkId network;
        private final VerifyKey nodeKey;
        private final CertificateSource certificates;
        private final PeerVerifier verifier;
        private InetSocketAddress bind = new InetSocketAddress(anyAddress(), 0);
        private Clock clock = Clock.systemUTC();
        private SecureRandom random = new SecureRandom();
        private TransportLimits limits = TransportLimits.DEFAULT;
        private ConnectionListener listener = ConnectionListener.NONE;
        private final Map<String, Consumer<QuicConnection>> plainProtocols = new LinkedHashMap<>();
        private Optional<Path> insecureExport = Optional.empty();
        private PostQuantum postQuantum = PostQuantum.PREFERRED;
        private Resumption resumption = Resumption.DEFAULT;
        private TransportMetrics metrics = TransportMetrics.NONE;

        private Optional<String> engine = Optional.empty();

        private Builder(NetworkId network, VerifyKey nodeKey, CertificateSource certificates, PeerVerifier verifier) {
            this.network = network;
            this.nodeKey = nodeKey;
            this.certificates = certificates;
            this.verifier = verifier;
        }

        /**
         * Sets the local address.
         *
         * @param address a resolved IPv6 address; port 0 for any free port
         * @return this
         */
        public Builder bind(InetSocketAddress address) {
            this.bind = address;
            return this;
        }

        /**
         * Sets the clock.
         *
         * @param timeOfDay given to the verifier
         * @return this
         */
        public Builder clock(Clock timeOfDay) {
            this.clock = timeOfDay;
            return this;
        }

        /**
         * Sets the source of nonces.
         *
         * @param source must be unpredictable outside simulations
         * @return this
         */
        public Builder random(SecureRandom source) {
            this.random = source;
            return this;
        }

        /**
         * Sets the bounds.
         *
         * @param bounds the limits
         * @return this
         */
        public Builder limits(TransportLimits bounds) {
            this.limits = bounds;
            return this;
        }

        /**
         * Sets who is told what happens to connections.
         *
         * @param told the listener
         * @return this
         */
        public Builder listener(ConnectionListener told) {
            this.listener = told;
            return this;
        }

        /**
         * Sets what is asked of the confidentiality of connections.
         *
         * @param policy the policy
         * @return this
         */
        public Builder postQuantum(PostQuantum policy) {
            this.postQuantum = policy;
            return this;
        }

        /**
         * Serves another application protocol on the same address: its connections are plain QUIC, see streams and
         * datagrams, and know nothing of nodes. The client is whoever connects.
         *
         * @param protocol its name in TLS (ALPN), for example {@code doq}
         * @param handler receives its connections; runs on an engine thread and must not block
         * @return this
         */
        public Builder plainProtocol(String protocol, Consumer<QuicConnection> handler) {
            this.plainProtocols.put(protocol, handler);
            return this;
        }

        /**
         * Writes a qlog file per connection and the TLS keys of all connections ({@code keys.log}, in the format of
         * SSLKEYLOGFILE) into a directory, as far as the engine can. Whoever reads the keys can decrypt everything: never on a
         * system that matters. The transport warns in the log when it opens.
         *
         * @param directory existing directory
         * @return this
         */
        public Builder insecureExport(Path directory) {
            this.insecureExport = Optional.of(directory);
            return this;
        }

        /**
         * Sets how long peers may come back with a ticket.
         *
         * @param policy the policy
         * @return this
         */
        public Builder resumption(Resumption policy) {
            this.resumption = policy;
            return this;
        }

        /**
         * Sets the engine to run on, instead of the best that can run here: the native one, or else the pure-Java one.
         *
         * @param name the engine's own name, for example {@code netty} or {@code kwik}
         * @return this
         */
        public Builder engine(String name) {
            this.engine = Optional.of(name);
            return this;
        }

        /**
         * Sets who is told what happens, for counters and timers.
         *
         * @param counts thread-safe, quick
         * @return this
         */
        public Builder metrics(TransportMetrics counts) {
            this.metrics = counts;
            return this;
        }

        /**
         * Finishes the configuration.
         *
         * @return the configuration
         */
        public TransportConfig build() {
            return new TransportConfig(
                    network,
                    nodeKey,
                    certificates,
                    verifier,
                    bind,
                    clock,
                    random,
                    limits,
                    listener,
                    plainProtocols,
                    insecureExport,
                    postQuantum,
                    resumption,
                    engine,
                    metrics);
        }

        private static InetAddress anyAddress() {
            try {
                return InetAddress.getByAddress(new byte[16]);
            } catch (UnknownHostException e) {
                throw new IllegalStateException("sixteen bytes are an IPv6 address", e);
            }
        }
    }
}
