package online.hypermesh.node.service;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.consensus.driver.ConsensusNode;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A messenger whose services, except those of consensus, are closed to peers that are cut off. Every part of the node serves
 * through it, so that none can forget to ask. Thread-safe.
 */
final class GuardedMessenger implements Messenger {
    private static final Set<Integer> FOR_EVERY_VALIDATOR =
            Set.of(ConsensusNode.MESSAGE_SERVICE, ConsensusNode.CATCH_UP_SERVICE);

    private final Messenger messenger;
    private final Function<NodeId, Optional<HypermeshException>> refusal;

    GuardedMessenger(Messenger messenger, Function<NodeId, Optional<HypermeshException>> refusal) {
        this.messenger = messenger;
        this.refusal = refusal;
    }

    private RequestHandler guarded(int service, RequestHandler handler) {
        if (FOR_EVERY_VALIDATOR.contains(service)) {
            return handler;
        }
        return (peer, body) -> {
            Optional<HypermeshException> why = refusal.apply(peer.id());
            if (why.isPresent()) {
                throw why.get();
            }
            return handler.handle(peer, body);
        };
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
    public void receive(int service, int maxBytes, boolean memberOnly, RequestHandler handler) {
        messenger.receive(service, maxBytes, memberOnly, guarded(service, handler));
    }

    @Override
    public void route(Endpoint endpoint) {
        messenger.route(endpoint);
    }

    @Override
    public Optional<Endpoint> routeTo(NodeId peer) {
        return messenger.routeTo(peer);
    }

    @Override
    public byte[] request(NodeId peer, int service, byte[] body, Duration deadline) {
        return messenger.request(peer, service, body, deadline);
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
    public void close() {
        messenger.close();
    }
}
