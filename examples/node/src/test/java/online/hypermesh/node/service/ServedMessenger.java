package online.hypermesh.node.service;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import online.hypermesh.node.keys.NodeKeys;
import online.hypermesh.stoq.Call;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.ExchangeHandler;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.ServiceLimits;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.id.NodeId;

/** Remembers what is served, so that a test can ask it as any peer; reaches nobody. */
final class ServedMessenger implements Messenger {
    private final NodeId self;
    private final Map<Integer, RequestHandler> services = new HashMap<>();

    ServedMessenger(NodeId self) {
        this.self = self;
    }

    byte[] ask(int service, NodeKeys as) {
        return Optional.ofNullable(services.get(service))
                .orElseThrow()
                .handle(new PeerIdentity(as.id(), as.node().verifyKey(), List.of(), Standing.FULL), new byte[0]);
    }

    @Override
    public NodeId self() {
        return self;
    }

    @Override
    public void serve(int service, int maxRequestBytes, boolean memberOnly, RequestHandler handler) {
        services.put(service, handler);
    }

    @Override
    public void route(Endpoint endpoint) {}

    @Override
    public Optional<Endpoint> routeTo(NodeId peer) {
        return Optional.empty();
    }

    @Override
    public void serve(int service, ServiceLimits limits, ExchangeHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void route(NodeId peer, List<InetSocketAddress> addresses) {}

    @Override
    public byte[] request(NodeId peer, int service, byte[] body, RequestOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<byte[]> ask(NodeId peer, int service, byte[] body, RequestOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Call call(NodeId peer, int service, RequestOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean send(NodeId peer, int service, byte[] body) {
        return false;
    }

    @Override
    public Optional<PeerIdentity> connected(NodeId peer) {
        return Optional.empty();
    }

    @Override
    public void reconnect() {}

    @Override
    public void close(Duration longest) {}

    @Override
    public void close() {}
}
