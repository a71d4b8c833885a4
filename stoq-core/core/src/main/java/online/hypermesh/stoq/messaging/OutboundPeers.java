package online.hypermesh.stoq.messaging;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The peers this node talks to: where they are, and the connections to them, one kind for requests and one for messages, so
 * that bulk requests never hold up messages. Thread-safe.
 */
final class OutboundPeers implements Lane.Surroundings {
    private static final System.Logger LOG = System.getLogger(OutboundPeers.class.getName());
    private static final int DIALERS = 64;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(8);

    /** How long requests under way have after {@link #reconnect}. */
    private static final Duration RETIREMENT = Duration.ofSeconds(5);

    /** What this node has with one peer. */
    record Lanes(Lane requests, Outbox outbox, AtomicInteger underWay) {}

    private final Transport transport;
    private final MessengerConfig config;
    private final ScheduledExecutorService timer;
    private final Consumer<Connection> taken;
    private final ThreadPoolExecutor dialers;
    private final Map<NodeId, List<Endpoint>> routes = new ConcurrentHashMap<>();
    private final Map<NodeId, Lanes> lanes = new ConcurrentHashMap<>();
    private final Map<NodeId, List<Connection>> connections = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /**
     * @param taken told of every new connection, whoever made it
     */
    OutboundPeers(
            Transport transport, MessengerConfig config, ScheduledExecutorService timer, Consumer<Connection> taken) {
        this.transport = transport;
        this.config = config;
        this.timer = timer;
        this.taken = taken;
        dialers = new ThreadPoolExecutor(
                0,
                DIALERS,
                5,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Threads.daemon("stoq-dial-" + transport.self().toShortString()));
    }

    void route(NodeId peer, List<InetSocketAddress> addresses) {
        if (addresses.isEmpty() || addresses.size() > HappyEyeballs.MAX_ADDRESSES) {
            throw new IllegalArgumentException(
                    "a node has 1.." + HappyEyeballs.MAX_ADDRESSES + " addresses, was " + addresses.size());
        }
        List<Endpoint> now =
                addresses.stream().map(address -> new Endpoint(address, peer)).toList();
        List<Endpoint> before = routes.put(peer, now);
        Lanes existing = lanes.get(peer);
        if (existing != null && !now.equals(before)) {
            existing.requests().forget();
            existing.outbox().forget();
        }
    }

    Optional<Endpoint> routeTo(NodeId peer) {
        return Optional.ofNullable(routes.get(peer)).map(endpoints -> endpoints.get(0));
    }

    Lanes lanes(NodeId peer) {
        Lanes known = lanes.get(peer);
        return known != null ? known : lanes.computeIfAbsent(peer, this::newLanes);
    }

    private Lanes newLanes(NodeId peer) {
        PoolSettings pool = config.pool();
        Lane requests = new Lane(peer, this, pool, config.random());
        PoolSettings single = new PoolSettings(1, pool.maxWaiting(), pool.firstBackoff(), pool.maxBackoff());
        Lane messages = new Lane(peer, this, single, config.random());
        return new Lanes(requests, new Outbox(messages, timer, config.metrics()), new AtomicInteger());
    }

    @Override
    public boolean routed(NodeId peer) {
        return routes.containsKey(peer);
    }

    @Override
    public Connection dial(NodeId peer) {
        List<Endpoint> endpoints = routes.get(peer);
        if (endpoints == null) {
            throw new StoqException(
                    StoqException.Code.NO_ROUTE,
                    Retry.SAME_CALL,
                    "no address is known for node " + peer.toShortString());
        }
        return HappyEyeballs.connect(
                transport, peer, endpoints.stream().map(Endpoint::address).toList(), config.race(), CONNECT_TIMEOUT);
    }

    @Override
    public Optional<Connection> inbound(NodeId peer) {
        return newest(peer, false);
    }

    @Override
    public void made(Connection connection) {
        register(connection);
    }

    @Override
    public Executor dialers() {
        return dialers;
    }

    @Override
    public ScheduledExecutorService timer() {
        return timer;
    }

    @Override
    public TransportMetrics metrics() {
        return config.metrics();
    }

    Optional<Connection> newest(NodeId peer, boolean orDialed) {
        Connection found = null;
        for (Connection connection : connections.getOrDefault(peer, List.of())) {
            boolean usable = connection.closed().isEmpty() && !connection.retiring();
            if (usable && (orDialed || !connection.dialed())) {
                found = connection;
            }
        }
        return Optional.ofNullable(found);
    }

    /** Remembers a connection that one of the sides made. */
    void register(Connection connection) {
        NodeId peer = connection.peer().id();
        connections.compute(peer, (id, open) -> {
            List<Connection> list = open == null ? new CopyOnWriteArrayList<>() : open;
            list.add(connection);
            return list;
        });
        connection.onClosed(reason -> {
            connections.computeIfPresent(peer, (id, open) -> {
                open.remove(connection);
                return open.isEmpty() ? null : open;
            });
            LOG.log(System.Logger.Level.DEBUG, "connection to {0} ended: {1}", peer.toShortString(), reason);
        });
        taken.accept(connection);
        if (closed) {
            connection.close();
        }
    }

    /** Retires every connection, so that the next use authenticates anew. */
    void reconnect() {
        for (Lanes each : lanes.values()) {
            each.requests().forget();
            each.outbox().forget();
        }
        retire(RETIREMENT);
    }

    /** Asks every peer to open nothing new on the connections there are. */
    void retire(Duration grace) {
        for (List<Connection> open : connections.values()) {
            open.forEach(connection -> connection.retire(grace));
        }
    }

    void close(StoqException reason) {
        closed = true;
        dialers.shutdown();
        for (Lanes each : lanes.values()) {
            each.requests().close(reason);
            each.outbox().close(reason);
        }
    }
}
