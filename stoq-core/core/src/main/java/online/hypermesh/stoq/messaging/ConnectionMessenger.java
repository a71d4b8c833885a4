package online.hypermesh.stoq.messaging;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Keeps two connections per peer, one for requests and one for messages, so that bulk requests never hold up messages. A
 * request is a stream of its own; messages share one. Thread-safe.
 */
final class ConnectionMessenger implements Messenger {
    private static final System.Logger LOG = System.getLogger(ConnectionMessenger.class.getName());
    private static final int REQUEST_THREADS = 16;
    private static final int REQUESTS_WAITING = 4096;
    private static final int MESSAGE_THREADS = 4;
    private static final int MAILBOXES_WAITING = 65_536;
    private static final int DIALERS = 64;

    /** How long requests under way have after {@link #reconnect}. */
    private static final Duration RETIREMENT = Duration.ofSeconds(5);

    /** A connection older than this is made again when the peer says that only membership is proven. */
    private static final Duration STANDING_SETTLES = Duration.ofMillis(500);

    private static final int JOINED_REQUEST_BYTES = 16 * 1024;

    private record Lanes(Lane requests, Lane messages, Outbox outbox) {}

    private record Address(NodeId peer, int service) {}

    private final Transport transport;
    private final Map<Integer, Service> services = new ConcurrentHashMap<>();
    private final Map<NodeId, Endpoint> routes = new ConcurrentHashMap<>();
    private final Map<NodeId, Lanes> lanes = new ConcurrentHashMap<>();
    private final Map<NodeId, List<Connection>> connections = new ConcurrentHashMap<>();
    private final Map<NodeId, Stream> messageStreams = new ConcurrentHashMap<>();
    private final Map<Address, Mailbox> mailboxes = new ConcurrentHashMap<>();
    private final Map<NodeId, AtomicLong> requestBytes = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor requestWorkers;
    private final PeerTurns turns;
    private final ThreadPoolExecutor messageWorkers;
    private final ThreadPoolExecutor dialers;
    private final ScheduledThreadPoolExecutor timer;
    private volatile boolean closed;

    ConnectionMessenger(Transport transport) {
        this.transport = transport;
        String name = transport.self().toShortString();
        requestWorkers = pool(REQUEST_THREADS, new ArrayBlockingQueue<>(REQUESTS_WAITING), "stoq-request-" + name);
        turns = new PeerTurns(requestWorkers, REQUEST_THREADS / 2, REQUESTS_WAITING / 4);
        messageWorkers = pool(MESSAGE_THREADS, new ArrayBlockingQueue<>(MAILBOXES_WAITING), "stoq-message-" + name);
        dialers = new ThreadPoolExecutor(
                0, DIALERS, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), daemon("stoq-dial-" + name));
        timer = new ScheduledThreadPoolExecutor(1, daemon("stoq-retry-" + name));
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        transport.onConnection(this::register);
    }

    private static ThreadPoolExecutor pool(int threads, BlockingQueue<Runnable> queue, String name) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(threads, threads, 10, TimeUnit.SECONDS, queue, daemon(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ThreadFactory daemon(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    @Override
    public NodeId self() {
        return transport.self();
    }

    @Override
    public void serve(int service, int maxRequestBytes, boolean memberOnly, RequestHandler handler) {
        offer(service, maxRequestBytes, memberOnly, false, handler);
    }

    @Override
    public void receive(int service, int maxBytes, boolean memberOnly, RequestHandler handler) {
        offer(service, maxBytes, memberOnly, true, handler);
    }

    private void offer(int service, int maxRequestBytes, boolean memberOnly, boolean messages, RequestHandler handler) {
        Wire.checkService(service);
        if (maxRequestBytes < 0 || maxRequestBytes > MAX_BODY_BYTES) {
            throw new IllegalArgumentException(
                    "maxRequestBytes must be in 0.." + MAX_BODY_BYTES + ", was " + maxRequestBytes);
        }
        services.put(service, new Service(service, maxRequestBytes, memberOnly, messages, handler));
    }

    @Override
    public void route(Endpoint endpoint) {
        Endpoint before = routes.put(endpoint.id(), endpoint);
        Lanes existing = lanes.get(endpoint.id());
        if (existing != null && !endpoint.equals(before)) {
            existing.requests().forget();
            existing.outbox().forget();
        }
    }

    @Override
    public Optional<Endpoint> routeTo(NodeId peer) {
        return Optional.ofNullable(routes.get(peer));
    }

    @Override
    public byte[] request(NodeId peer, int service, byte[] body, Duration deadline) {
        Wire.checkService(service);
        Wire.checkBody(body);
        throwIfClosed();
        long endNanos = System.nanoTime() + deadline.toNanos();
        Lane lane = lanes(peer).requests();
        Stream stream = openOn(lane, endNanos);
        try {
            return ask(stream, peer, service, body, deadline, endNanos);
        } catch (StoqException e) {
            if (!Wire.MEMBER_ONLY.equals(e.remoteCode()) || !lane.renew(stream.connection(), STANDING_SETTLES)) {
                throw e;
            }
            // the peer judged when the connection was made, perhaps before it knew enough; nothing was handled
            return ask(openOn(lane, endNanos), peer, service, body, deadline, endNanos);
        }
    }

    private static byte[] ask(Stream stream, NodeId peer, int service, byte[] body, Duration deadline, long endNanos) {
        boolean complete = false;
        try {
            byte[] answer = exchange(stream, peer, service, body, endNanos);
            complete = true;
            return answer;
        } catch (StoqException e) {
            if (e.code() == StoqException.Code.TIMEOUT) {
                throw new StoqException(
                        StoqException.Code.TIMEOUT,
                        Retry.SAME_CALL,
                        "node " + peer.toShortString() + " did not answer service " + service + " within "
                                + deadline.toMillis() + " ms",
                        e);
            }
            complete = e.remoteCode() != null;
            throw e;
        } finally {
            if (!complete) {
                stream.reset(Wire.RESET_GIVEN_UP);
            }
        }
    }

    private static Stream openOn(Lane lane, long endNanos) {
        Connection connection = lane.await(endNanos);
        try {
            return connection.open();
        } catch (StoqException e) {
            // it closed between the look and the use; nothing was sent
            return lane.await(endNanos).open();
        }
    }

    private static byte[] exchange(Stream stream, NodeId peer, int service, byte[] body, long endNanos) {
        if (body.length <= JOINED_REQUEST_BYTES) {
            byte[] frame = Wire.frame(Wire.REQUEST, service, body, true);
            stream.write(frame, 0, frame.length, true, left(endNanos));
        } else {
            stream.write(Wire.frame(Wire.REQUEST, service, body, false), left(endNanos));
            stream.write(body, 0, body.length, true, left(endNanos));
        }
        ByteBuffer head = ByteBuffer.wrap(stream.readExactly(Wire.RESPONSE_HEAD_BYTES, left(endNanos)));
        byte status = head.get();
        int length = head.getInt();
        int limit = status == Wire.OK ? MAX_BODY_BYTES : Wire.MAX_FAILURE_BYTES;
        if (status < Wire.OK || status > Wire.NOT_HANDLED || length < 0 || length > limit) {
            throw new StoqException(
                    StoqException.Code.MALFORMED_FRAME,
                    Retry.NEVER,
                    "node " + peer.toShortString() + " answers with status " + status + " and "
                            + Integer.toUnsignedString(length) + " bytes, limit " + limit);
        }
        byte[] answer = length == 0 ? new byte[0] : stream.readExactly(length, left(endNanos));
        if (status != Wire.OK) {
            throw Wire.failed(peer, service, status, answer);
        }
        return answer;
    }

    private static Duration left(long endNanos) {
        return Duration.ofNanos(endNanos - System.nanoTime());
    }

    @Override
    public boolean send(NodeId peer, int service, byte[] body) {
        Wire.checkService(service);
        Wire.checkBody(body);
        if (closed || (!routes.containsKey(peer) && inbound(peer).isEmpty())) {
            return false;
        }
        return lanes(peer).outbox().send(Wire.frame(-1, service, body, true));
    }

    private Lanes lanes(NodeId peer) {
        return lanes.computeIfAbsent(peer, id -> {
            Lane requests = lane(id);
            Lane messages = lane(id);
            return new Lanes(requests, messages, new Outbox(messages, timer));
        });
    }

    private Lane lane(NodeId peer) {
        return new Lane(peer, transport, () -> routeTo(peer), () -> inbound(peer), dialers, this::register);
    }

    private Optional<Connection> inbound(NodeId peer) {
        return newest(peer, false);
    }

    private Optional<Connection> newest(NodeId peer, boolean orDialed) {
        List<Connection> open = connections.getOrDefault(peer, List.of());
        Connection found = null;
        for (Connection connection : open) {
            boolean usable = connection.closed().isEmpty() && !connection.retiring();
            if (usable && (orDialed || !connection.dialed())) {
                found = connection;
            }
        }
        return Optional.ofNullable(found);
    }

    @Override
    public Optional<PeerIdentity> connected(NodeId peer) {
        return newest(peer, true).map(Connection::peer);
    }

    private void register(Connection connection) {
        NodeId peer = connection.peer().id();
        connections.computeIfAbsent(peer, id -> new CopyOnWriteArrayList<>()).add(connection);
        connection.onClosed(reason -> {
            connections.getOrDefault(peer, List.of()).remove(connection);
            LOG.log(System.Logger.Level.DEBUG, "connection to {0} ended: {1}", peer.toShortString(), reason);
        });
        AtomicLong bytes = requestBytes.computeIfAbsent(peer, id -> new AtomicLong());
        connection.onStream(stream -> begin(connection.peer(), stream, bytes));
        if (closed) {
            connection.close();
        }
    }

    /** Looks at the first byte of a stream that a peer opened. */
    private void begin(PeerIdentity peer, Stream stream, AtomicLong peerBytes) {
        byte[] kind = new byte[1];
        try {
            int n = stream.readNow(kind, 0, 1);
            if (n == 0) {
                stream.onReadable(() -> begin(peer, stream, peerBytes));
            } else if (n > 0 && kind[0] == Wire.REQUEST) {
                new RequestReader(
                                stream,
                                new InboundRequest(
                                        stream, peer, this::service, task -> turns.execute(peer.id(), task), peerBytes))
                        .pump();
            } else if (n > 0 && kind[0] == Wire.MESSAGES) {
                giveUp(messageStreams.put(peer.id(), stream));
                new MessageReader(stream, receiver(peer, stream)).pump();
            } else {
                stream.reset(Wire.RESET_MALFORMED);
            }
        } catch (StoqException e) {
            LOG.log(System.Logger.Level.DEBUG, "a stream of {0} ended at once: {1}", peer.id(), e.getMessage());
        }
    }

    /** A peer has one stream of messages; what still comes on an older one would only take memory. */
    private static void giveUp(@Nullable Stream older) {
        if (older != null && older.connection().closed().isEmpty()) {
            older.reset(Wire.RESET_GIVEN_UP);
        }
    }

    private Optional<Service> service(int number) {
        return Optional.ofNullable(services.get(number));
    }

    private MessageReader.Receiver receiver(PeerIdentity peer, Stream stream) {
        return new MessageReader.Receiver() {
            @Override
            public int limit(int number) {
                Service service = services.get(number);
                boolean reachable = service != null
                        && service.messages()
                        && (service.memberOnly() || peer.standing() != Standing.MEMBER_ONLY);
                return service != null && reachable ? service.maxRequestBytes() : -1;
            }

            @Override
            public void message(int number, byte[] body) {
                Service service = services.get(number);
                // a stream that a newer one has replaced would break the order
                if (service == null || !service.messages() || messageStreams.get(peer.id()) != stream) {
                    return;
                }
                Mailbox mailbox =
                        mailboxes.computeIfAbsent(new Address(peer.id(), number), a -> new Mailbox(messageWorkers));
                if (!mailbox.add(peer, service, body)) {
                    LOG.log(
                            System.Logger.Level.DEBUG,
                            "a message of {0} to service {1} was dropped: its handler is behind",
                            peer.id().toShortString(),
                            number);
                }
            }
        };
    }

    @Override
    public void reconnect() {
        for (Lanes each : lanes.values()) {
            each.requests().forget();
            each.outbox().forget();
        }
        for (List<Connection> open : connections.values()) {
            open.forEach(connection -> connection.retire(RETIREMENT));
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        timer.shutdownNow();
        dialers.shutdown();
        transport.close();
        requestWorkers.shutdown();
        messageWorkers.shutdown();
    }

    private void throwIfClosed() {
        if (closed) {
            throw new StoqException(
                    StoqException.Code.CLOSED,
                    Retry.NEVER,
                    "the messenger of " + self().toShortString() + " was closed");
        }
    }
}
