package online.hypermesh.stoq.memory;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.TransportEngine;

/**
 * A network of ports inside the process. Endpoints see each other by port alone, at {@code [::1]}. Leaves are presented but
 * the possession of their keys is not proven, as there is no TLS. Thread-safe.
 */
public final class MemoryNetwork {
    private static final int FIRST_EPHEMERAL_PORT = 49_152;

    private final Map<Integer, MemoryEndpoint> endpoints = new ConcurrentHashMap<>();
    private final Set<Integer> unplugged = ConcurrentHashMap.newKeySet();
    private final TransportEngine engine = new Engine();

    /** Creates an empty network. */
    public MemoryNetwork() {}

    /**
     * Opens a transport on this network.
     *
     * @param config what it needs to know
     * @return the transport
     * @throws StoqException ADDRESS_IN_USE
     */
    public Transport open(TransportConfig config) {
        return Transports.open(config, engine);
    }

    /**
     * The engine behind {@link #open}.
     *
     * @return the engine
     */
    public TransportEngine engine() {
        return engine;
    }

    /**
     * Lets everything to and from a port disappear from now on, as when a cable is pulled; nobody is told.
     *
     * @param address where the endpoint is bound
     */
    public void unplug(InetSocketAddress address) {
        unplugged.add(address.getPort());
    }

    /**
     * Ends what {@link #unplug} began; what was lost stays lost.
     *
     * @param address where the endpoint is bound
     */
    public void plug(InetSocketAddress address) {
        unplugged.remove(address.getPort());
    }

    boolean cut(int onePort, int otherPort) {
        return unplugged.contains(onePort) || unplugged.contains(otherPort);
    }

    Optional<MemoryEndpoint> at(int port) {
        return Optional.ofNullable(endpoints.get(port));
    }

    void release(MemoryEndpoint endpoint) {
        endpoints.remove(endpoint.localAddress().getPort(), endpoint);
    }

    static InetSocketAddress loopback(int port) {
        try {
            byte[] one = new byte[16];
            one[15] = 1;
            InetAddress address = Inet6Address.getByAddress("localhost", one, -1);
            return new InetSocketAddress(address, port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("sixteen bytes are an IPv6 address", e);
        }
    }

    private MemoryEndpoint bind(EngineConfig config, EngineListener listener) {
        int wanted = config.bind().getPort();
        if (wanted != 0) {
            MemoryEndpoint endpoint = new MemoryEndpoint(this, loopback(wanted), config, listener);
            if (endpoints.putIfAbsent(wanted, endpoint) == null) {
                return endpoint;
            }
            endpoint.close();
            throw new StoqException(
                    StoqException.Code.ADDRESS_IN_USE,
                    Retry.SAME_CALL,
                    "port " + wanted + " of the memory network is taken; close the other endpoint or use port 0");
        }
        for (int port = FIRST_EPHEMERAL_PORT; port <= 0xffff; port++) {
            if (!endpoints.containsKey(port)) {
                MemoryEndpoint endpoint = new MemoryEndpoint(this, loopback(port), config, listener);
                if (endpoints.putIfAbsent(port, endpoint) == null) {
                    return endpoint;
                }
                endpoint.close();
            }
        }
        throw new StoqException(
                StoqException.Code.ADDRESS_IN_USE, Retry.SAME_CALL, "all ports of the memory network are taken");
    }

    private final class Engine implements TransportEngine {
        @Override
        public String name() {
            return "memory";
        }

        @Override
        public Optional<String> unavailable() {
            return Optional.empty();
        }

        @Override
        public RawEndpoint open(EngineConfig config, EngineListener listener) {
            return bind(config, listener);
        }
    }
}
