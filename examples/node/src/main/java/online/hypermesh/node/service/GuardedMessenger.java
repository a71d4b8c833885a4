package online.hypermesh.node.service;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.stoq.Call;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.ExchangeHandler;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.ServiceLimits;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A messenger whose services, except those of consensus, are closed to peers that are cut off, and whose requests wait while
 * this node is a bare member to its peers. Every part of the node serves and asks through it, so that none can forget either.
 * Thread-safe.
 */
final class GuardedMessenger implements Messenger {
    private static final Set<Integer> FOR_EVERY_VALIDATOR =
            Set.of(ConsensusNode.MESSAGE_SERVICE, ConsensusNode.CATCH_UP_SERVICE);

    private final Messenger messenger;
    private final Function<NodeId, Optional<HypermeshException>> refusal;
    private final Recognition recognition;

    GuardedMessenger(
            Messenger messenger, Function<NodeId, Optional<HypermeshException>> refusal, Recognition recognition) {
        this.messenger = messenger;
        this.refusal = refusal;
        this.recognition = recognition;
    }

    private RequestHandler guarded(int service, RequestHandler handler) {
        if (FOR_EVERY_VALIDATOR.contains(service)) {
            return handler;
        }
        return (peer, body) -> {
            check(peer.id());
            return handler.handle(peer, body);
        };
    }

    private void check(NodeId peer) {
        Optional<HypermeshException> why = refusal.apply(peer);
        if (why.isPresent()) {
            throw why.get();
        }
    }

    @Override
    public NodeId self() {
        return messenger.self();
    }

    @Override
    public void serve(int service, int maxRequestBytes, boolean memberOnly, RequestHandler handler) {
        messenger.serve(service, maxRequestBytes, memberOnly, guarded(service, handler));
    }

    @Override
    public void serve(int service, ServiceLimits limits, ExchangeHandler handler) {
        messenger.serve(
                service,
                limits,
                FOR_EVERY_VALIDATOR.contains(service)
                        ? handler
                        : exchange -> {
                            check(exchange.peer().id());
                            handler.handle(exchange);
                        });
    }

    @Override
    public void receive(int service, int maxBytes, boolean memberOnly, RequestHandler handler) {
        messenger.receive(service, maxBytes, memberOnly, guarded(service, handler));
    }

    @Override
    public void route(Endpoint endpoint) {
        messenger.route(endpoint);
    }

    @Override
    public void route(NodeId peer, List<InetSocketAddress> addresses) {
        messenger.route(peer, addresses);
    }

    @Override
    public Optional<Endpoint> routeTo(NodeId peer) {
        return messenger.routeTo(peer);
    }

    @Override
    public byte[] request(NodeId peer, int service, byte[] body, RequestOptions options) {
        return recognition.patiently(
                options.deadline(),
                left -> messenger.request(
                        peer, service, body, new RequestOptions(left, options.idempotent(), options.maxAnswerBytes())));
    }

    @Override
    public CompletableFuture<byte[]> ask(NodeId peer, int service, byte[] body, RequestOptions options) {
        return messenger.ask(peer, service, body, options);
    }

    @Override
    public Call call(NodeId peer, int service, RequestOptions options) {
        return messenger.call(peer, service, options);
    }

    @Override
    public boolean send(NodeId peer, int service, byte[] body) {
        return messenger.send(peer, service, body);
    }

    @Override
    public Optional<online.hypermesh.stoq.PeerIdentity> connected(NodeId peer) {
        return messenger.connected(peer);
    }

    @Override
    public void reconnect() {
        messenger.reconnect();
    }

    @Override
    public void close(Duration longest) {
        messenger.close(longest);
    }

    @Override
    public void close() {
        messenger.close();
    }
}
