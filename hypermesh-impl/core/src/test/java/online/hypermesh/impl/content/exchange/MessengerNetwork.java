package online.hypermesh.impl.content.exchange;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import online.hypermesh.stoq.Call;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.ExchangeHandler;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.ServiceLimits;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;

/** Messengers that call each other directly, with peers that can be dead (refusing at once) or mute (never answering). */
final class MessengerNetwork {
    final Set<NodeId> dead = ConcurrentHashMap.newKeySet();
    final Set<NodeId> mute = ConcurrentHashMap.newKeySet();
    final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();
    private final Map<NodeId, Node> nodes = new ConcurrentHashMap<>();
    private final CountDownLatch never = new CountDownLatch(1);

    Messenger join(VerifyKey key) {
        Node node = new Node(key);
        nodes.put(node.self(), node);
        return node;
    }

    int calls(NodeId to, int service) {
        return calls.computeIfAbsent(to + "/" + service, k -> new AtomicInteger())
                .get();
    }

    private record Service(int maxRequestBytes, RequestHandler handler) {}

    private final class Node implements Messenger {
        private final VerifyKey key;
        private final Map<Integer, Service> services = new HashMap<>();

        Node(VerifyKey key) {
            this.key = key;
        }

        @Override
        public NodeId self() {
            return NodeId.of(key);
        }

        @Override
        public void serve(int service, int maxRequestBytes, boolean memberOnly, RequestHandler handler) {
            services.put(service, new Service(maxRequestBytes, handler));
        }

        @Override
        public byte[] request(NodeId peer, int service, byte[] body, RequestOptions options) {
            calls.computeIfAbsent(peer + "/" + service, k -> new AtomicInteger())
                    .incrementAndGet();
            Node target = nodes.get(peer);
            if (target == null || dead.contains(peer)) {
                throw new StoqException(StoqException.Code.UNREACHABLE, Retry.WHOLE_OPERATION, "nobody there");
            }
            if (mute.contains(peer)) {
                awaitDeadline(options.deadline());
            }
            Service offered = target.services.get(service);
            if (offered == null) {
                throw new StoqException(StoqException.Code.UNKNOWN_SERVICE, Retry.NEVER, "service " + service);
            }
            if (body.length > offered.maxRequestBytes()) {
                throw new StoqException(StoqException.Code.LIMIT_EXCEEDED, Retry.NEVER, body.length + " bytes");
            }
            try {
                return offered.handler().handle(new PeerIdentity(self(), key, List.of(), Standing.FULL), body);
            } catch (CodedException e) {
                throw new StoqException(
                        StoqException.Code.REMOTE_FAILURE, e.retry(), e.getMessage(), null, e.codeName());
            }
        }

        private void awaitDeadline(Duration deadline) {
            try {
                never.await(deadline.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new StoqException(StoqException.Code.TIMEOUT, Retry.WHOLE_OPERATION, "no answer");
        }

        @Override
        public boolean send(NodeId peer, int service, byte[] body) {
            throw new UnsupportedOperationException("the exchange only asks");
        }

        @Override
        public void route(Endpoint endpoint) {
            throw new UnsupportedOperationException("everybody is known");
        }

        @Override
        public Optional<Endpoint> routeTo(NodeId peer) {
            return Optional.empty();
        }

        @Override
        public Optional<PeerIdentity> connected(NodeId peer) {
            return Optional.empty();
        }

        @Override
        public void serve(int service, ServiceLimits limits, ExchangeHandler handler) {
            throw new UnsupportedOperationException("bodies are arrays here");
        }

        @Override
        public void route(NodeId peer, List<InetSocketAddress> addresses) {
            throw new UnsupportedOperationException("everybody is known");
        }

        @Override
        public CompletableFuture<byte[]> ask(NodeId peer, int service, byte[] body, RequestOptions options) {
            throw new UnsupportedOperationException("requests are waited for here");
        }

        @Override
        public Call call(NodeId peer, int service, RequestOptions options) {
            throw new UnsupportedOperationException("bodies are arrays here");
        }

        @Override
        public void close(Duration longest) {
            close();
        }

        @Override
        public void reconnect() {}

        @Override
        public void close() {}
    }
}
