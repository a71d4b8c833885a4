package online.hypermesh.stoq.messaging;

import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** What peers ask of this node: takes their streams, and hands requests and messages to the services. Thread-safe. */
final class InboundStreams {
    private static final System.Logger LOG = System.getLogger(InboundStreams.class.getName());
    private static final int REQUEST_THREADS = 16;
    private static final int REQUESTS_WAITING = 4096;
    private static final int EXCHANGE_THREADS = 64;
    private static final int EXCHANGES_WAITING = 1024;
    private static final int MESSAGE_THREADS = 4;
    private static final int MAILBOXES_WAITING = 65_536;

    private record Entry(InboundPeer peer, int connections) {}

    private final Map<Integer, Service> services = new ConcurrentHashMap<>();
    private final Map<NodeId, Entry> peers = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor requestWorkers;
    private final ThreadPoolExecutor exchangeWorkers;
    private final ThreadPoolExecutor messageWorkers;
    private final Serving serving;
    private final TransportMetrics metrics;

    InboundStreams(String name, ScheduledExecutorService timer, TransportMetrics metrics, UnderWay underWay) {
        this.metrics = metrics;
        requestWorkers =
                Threads.pool(REQUEST_THREADS, new ArrayBlockingQueue<>(REQUESTS_WAITING), "stoq-request-" + name);
        exchangeWorkers =
                Threads.pool(EXCHANGE_THREADS, new ArrayBlockingQueue<>(EXCHANGES_WAITING), "stoq-exchange-" + name);
        messageWorkers =
                Threads.pool(MESSAGE_THREADS, new ArrayBlockingQueue<>(MAILBOXES_WAITING), "stoq-message-" + name);
        serving = new Serving(services::get, timer, metrics, underWay);
    }

    void offer(Service service) {
        services.put(service.number(), service);
    }

    /** Takes the streams that the peer opens on a connection. */
    void takeFrom(Connection connection) {
        PeerIdentity peer = connection.peer();
        InboundPeer origin = entered(peer.id());
        connection.onClosed(reason -> left(peer.id()));
        connection.onStream(stream -> begin(peer, stream, origin));
    }

    private InboundPeer entered(NodeId id) {
        return peers.compute(id, (same, entry) -> {
                    InboundPeer known = entry == null ? newPeer(id) : entry.peer();
                    known.gone(false);
                    return new Entry(known, entry == null ? 1 : entry.connections() + 1);
                })
                .peer();
    }

    private void left(NodeId id) {
        peers.computeIfPresent(id, (same, entry) -> {
            int connections = entry.connections() - 1;
            if (connections > 0) {
                return new Entry(entry.peer(), connections);
            }
            // what ends from here on asks whether it was the last
            entry.peer().gone(true);
            return entry.peer().idle() ? null : new Entry(entry.peer(), 0);
        });
    }

    /** Nothing of a peer is under way any more: without a connection it is forgotten. */
    private void idle(NodeId id, InboundPeer peer) {
        peers.computeIfPresent(
                id, (same, entry) -> entry.connections() == 0 && entry.peer() == peer && peer.idle() ? null : entry);
    }

    private InboundPeer newPeer(NodeId id) {
        return new InboundPeer(
                onIdle -> new PeerTurns(requestWorkers, REQUEST_THREADS / 2, REQUESTS_WAITING / 4, onIdle),
                onIdle -> new PeerTurns(exchangeWorkers, EXCHANGE_THREADS / 4, EXCHANGES_WAITING / 16, onIdle),
                peer -> idle(id, peer));
    }

    /** Looks at the first byte of a stream that a peer opened. */
    private void begin(PeerIdentity peer, Stream stream, InboundPeer origin) {
        byte[] kind = new byte[1];
        try {
            int n = stream.readNow(kind, 0, 1);
            if (n == 0) {
                stream.onReadable(() -> begin(peer, stream, origin));
            } else if (n > 0 && kind[0] == Wire.REQUEST) {
                new InboundRequest(serving, origin, peer, stream).start();
            } else if (n > 0 && kind[0] == Wire.MESSAGES) {
                origin.messagesOn(stream);
                MessageFrames frames = new MessageFrames(stream, new Messages(peer, stream, origin));
                new FrameReader(stream, frames, 0).run();
            } else {
                stream.reset(Wire.RESET_MALFORMED);
            }
        } catch (StoqException e) {
            LOG.log(System.Logger.Level.DEBUG, "a stream of {0} ended at once: {1}", peer.id(), e.getMessage());
            // the other half would stay open, and every open stream costs the engine something with every packet
            stream.reset(Wire.RESET_GIVEN_UP);
        }
    }

    private final class Messages implements MessageFrames.Receiver {
        private final PeerIdentity peer;
        private final Stream stream;
        private final InboundPeer origin;

        Messages(PeerIdentity peer, Stream stream, InboundPeer origin) {
            this.peer = peer;
            this.stream = stream;
            this.origin = origin;
        }

        @Override
        public int limit(int number) {
            Service service = services.get(number);
            boolean reachable = service != null
                    && service.messages()
                    && (service.limits().memberOnly() || peer.standing() != Standing.MEMBER_ONLY);
            return service != null && reachable ? (int) service.limits().maxRequestBytes() : -1;
        }

        @Override
        public void message(int number, byte[] body) {
            @Nullable Service service = services.get(number);
            // a stream that a newer one has replaced would break the order
            if (service == null
                    || !service.messages()
                    || !(service.handling() instanceof Service.Handling.Whole whole)
                    || !origin.takesMessagesOn(stream)) {
                return;
            }
            Mailbox mailbox = origin.mailbox(number, messageWorkers);
            if (mailbox.idle() && handledAtOnce(whole.handler(), number, body)) {
                return;
            }
            if (!mailbox.add(peer, number, whole.handler(), body)) {
                metrics.messageDropped(true);
                LOG.log(
                        System.Logger.Level.DEBUG,
                        "a message of {0} to service {1} was dropped: its handler is behind",
                        peer.id().toShortString(),
                        number);
            }
        }

        private boolean handledAtOnce(RequestHandler handler, int number, byte[] body) {
            try {
                return handler.handleAtOnce(peer, body);
            } catch (RuntimeException e) {
                Mailbox.failed(number, peer.id(), e);
                return true;
            }
        }
    }

    void close() {
        requestWorkers.shutdown();
        exchangeWorkers.shutdown();
        messageWorkers.shutdown();
    }
}
