package online.hypermesh.stoq.messaging;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.stoq.Call;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.ExchangeHandler;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.ServiceLimits;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** A request is a stream of its own on a connection for requests; messages share a stream on another one. Thread-safe. */
final class ConnectionMessenger implements Messenger {
    private final Transport transport;
    private final MessengerConfig config;
    private final ScheduledThreadPoolExecutor timer;
    private final UnderWay underWay = new UnderWay();
    private final InboundStreams inbound;
    private final OutboundPeers outbound;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean draining;

    ConnectionMessenger(Transport transport, MessengerConfig config) {
        this.transport = transport;
        this.config = config;
        String name = transport.self().toShortString();
        timer = new ScheduledThreadPoolExecutor(1, Threads.daemon("stoq-deadline-" + name));
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        timer.setRemoveOnCancelPolicy(true);
        inbound = new InboundStreams(name, timer, config.metrics(), underWay);
        outbound = new OutboundPeers(transport, config, timer, inbound::takeFrom);
        transport.onConnection(outbound::register);
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
        ServiceLimits limits = ServiceLimits.DEFAULT.withBytes(maxRequestBytes, MAX_BODY_BYTES);
        inbound.offer(new Service(
                service, memberOnly ? limits.forMembers() : limits, messages, new Service.Handling.Whole(handler)));
    }

    @Override
    public void serve(int service, ServiceLimits limits, ExchangeHandler handler) {
        Wire.checkService(service);
        inbound.offer(new Service(service, limits, false, new Service.Handling.Streamed(handler)));
    }

    @Override
    public void route(Endpoint endpoint) {
        outbound.route(endpoint.id(), List.of(endpoint.address()));
    }

    @Override
    public void route(NodeId peer, List<InetSocketAddress> addresses) {
        outbound.route(peer, addresses);
    }

    @Override
    public Optional<Endpoint> routeTo(NodeId peer) {
        return outbound.routeTo(peer);
    }

    @Override
    public byte[] request(NodeId peer, int service, byte[] body, RequestOptions options) {
        RequestFlow flow = begin(peer, service, body, options, false);
        flow.start();
        return flow.await();
    }

    @Override
    public CompletableFuture<byte[]> ask(NodeId peer, int service, byte[] body, RequestOptions options) {
        RequestFlow flow;
        try {
            flow = begin(peer, service, body, options, true);
        } catch (StoqException e) {
            return CompletableFuture.failedFuture(e);
        }
        try {
            Future<?> deadline =
                    timer.schedule(flow::expire, flow.endNanos() - System.nanoTime(), TimeUnit.NANOSECONDS);
            flow.whenComplete((answer, failure) -> deadline.cancel(false));
            flow.start();
        } catch (RejectedExecutionException e) {
            flow.completeExceptionally(closedFailure());
        }
        return flow;
    }

    private RequestFlow begin(NodeId peer, int service, byte[] body, RequestOptions options, boolean cancellable) {
        Wire.checkService(service);
        Wire.checkBody(body);
        OutboundPeers.Lanes lanes = enter(peer);
        RequestFlow flow = new RequestFlow(lanes.requests(), peer, service, body, options, cancellable);
        long beganNanos = System.nanoTime();
        flow.whenComplete((answer, failure) -> left(lanes, service, outcome(failure), beganNanos));
        return flow;
    }

    private static String outcome(@Nullable Throwable failure) {
        if (failure == null) {
            return TransportMetrics.OK;
        }
        return failure instanceof CancellationException
                ? "CANCELLED"
                : Failures.of(failure).code().name();
    }

    @Override
    public Call call(NodeId peer, int service, RequestOptions options) {
        Wire.checkService(service);
        OutboundPeers.Lanes lanes = enter(peer);
        long beganNanos = System.nanoTime();
        long endNanos = beganNanos + options.deadline().toNanos();
        try {
            Stream stream = open(lanes.requests(), options.idempotent(), endNanos);
            return new OutboundCall(
                    stream, peer, service, options, endNanos, outcome -> left(lanes, service, outcome, beganNanos));
        } catch (StoqException e) {
            left(lanes, service, e.code().name(), beganNanos);
            throw e;
        }
    }

    private static Stream open(Lane lane, boolean patient, long endNanos) {
        Connection connection = lane.await(patient, endNanos);
        try {
            return connection.open();
        } catch (StoqException e) {
            // it closed between the look and the use; nothing was sent
            return lane.await(patient, endNanos).open();
        }
    }

    /** Counts a request to a peer, or refuses it. */
    private OutboundPeers.Lanes enter(NodeId peer) {
        if (closed.get() || draining) {
            throw closedFailure();
        }
        OutboundPeers.Lanes lanes = outbound.lanes(peer);
        if (lanes.underWay().incrementAndGet() > config.maxRequestsPerPeer()) {
            lanes.underWay().decrementAndGet();
            throw new StoqException(
                    StoqException.Code.BUSY,
                    Retry.SAME_CALL,
                    config.maxRequestsPerPeer() + " requests to node " + peer.toShortString()
                            + " are under way already; wait for answers");
        }
        underWay.enter();
        return lanes;
    }

    private void left(OutboundPeers.Lanes lanes, int service, String outcome, long beganNanos) {
        lanes.underWay().decrementAndGet();
        underWay.leave();
        config.metrics().requestAsked(service, outcome, System.nanoTime() - beganNanos);
    }

    @Override
    public boolean send(NodeId peer, int service, byte[] body) {
        Wire.checkService(service);
        Wire.checkBody(body);
        if (closed.get() || (!outbound.routed(peer) && outbound.inbound(peer).isEmpty())) {
            return false;
        }
        return outbound.lanes(peer).outbox().send(Wire.message(service, body));
    }

    @Override
    public Optional<PeerIdentity> connected(NodeId peer) {
        return outbound.newest(peer, true).map(Connection::peer);
    }

    @Override
    public void reconnect() {
        outbound.reconnect();
    }

    @Override
    public void close(Duration longest) {
        draining = true;
        if (!closed.get()) {
            outbound.retire(longest);
            try {
                underWay.awaitNone(longest.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        close();
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        timer.shutdownNow();
        outbound.close(closedFailure());
        transport.close();
        inbound.close();
    }

    private StoqException closedFailure() {
        return new StoqException(
                StoqException.Code.CLOSED, Retry.NEVER, "the messenger of " + self().toShortString() + " was closed");
    }
}
