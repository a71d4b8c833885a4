package online.hypermesh.stoq.memory;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.TlsIdentity;

/** One port of a memory network; delivers its events on one thread of its own. Thread-safe. */
final class MemoryEndpoint implements RawEndpoint {
    private final MemoryNetwork network;
    private final InetSocketAddress address;
    private final EngineConfig config;
    private final EngineListener listener;
    private final ThreadPoolExecutor loop;
    private final Set<MemoryConnection> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    MemoryEndpoint(MemoryNetwork network, InetSocketAddress address, EngineConfig config, EngineListener listener) {
        this.network = network;
        this.address = address;
        this.config = config;
        this.listener = listener;
        // bounded by the streams: each has at most one delivery waiting
        loop = new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "stoq-memory-" + address.getPort());
            thread.setDaemon(true);
            return thread;
        });
        loop.allowCoreThreadTimeOut(true);
    }

    @Override
    public InetSocketAddress localAddress() {
        return address;
    }

    TransportLimits limits() {
        return config.limits();
    }

    /** Runs an event of this endpoint; events of a closed endpoint are of no interest to anybody. */
    void run(Runnable event) {
        try {
            loop.execute(event);
        } catch (RejectedExecutionException e) {
            if (!closed) {
                throw e;
            }
        }
    }

    void ended(MemoryConnection connection) {
        connections.remove(connection);
    }

    @Override
    public RawConnection connect(InetSocketAddress remote, String protocol, ConnectionSink sink, Duration deadline) {
        if (closed) {
            throw new StoqException(StoqException.Code.CLOSED, Retry.NEVER, "the endpoint " + address + " was closed");
        }
        int port = remote.getPort();
        Optional<MemoryEndpoint> found = network.cut(address.getPort(), port) ? Optional.empty() : network.at(port);
        MemoryEndpoint server = found.orElseThrow(() -> new StoqException(
                StoqException.Code.UNREACHABLE,
                Retry.SAME_CALL,
                "nobody listens on port " + port + " of the memory network"));
        if (!server.config.protocols().contains(protocol)) {
            throw new StoqException(
                    StoqException.Code.WRONG_PROTOCOL,
                    Retry.NEVER,
                    "port " + port + " of the memory network does not speak " + protocol);
        }
        TlsIdentity identity = server.config.identity().get();
        MemoryConnection here =
                new MemoryConnection(network, this, server.address, protocol, identity.chain(), Optional.empty());
        MemoryConnection there = new MemoryConnection(
                network,
                server,
                address,
                protocol,
                List.of(),
                Optional.of(identity.chain().get(0)));
        here.join(there, true);
        there.join(here, false);
        here.deliverTo(sink);
        connections.add(here);
        server.connections.add(there);
        server.run(() -> there.deliverTo(server.listener.accepted(there)));
        return here;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        network.release(this);
        for (MemoryConnection connection : connections) {
            connection.close(0, "the endpoint was closed");
        }
        closed = true;
        loop.shutdown();
    }
}
