package online.hypermesh.impl.consensus.driver;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
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

/** Messengers inside one process: one delivery thread per node; nodes can be unplugged. */
final class LocalNetwork {
    private final Map<NodeId, LocalMessenger> members = new ConcurrentHashMap<>();
    private final Set<NodeId> unplugged = ConcurrentHashMap.newKeySet();

    Messenger join(VerifyKey nodeKey) {
        LocalMessenger m = new LocalMessenger(NodeId.of(nodeKey), nodeKey);
        members.put(m.self, m);
        return m;
    }

    void unplug(NodeId node) {
        unplugged.add(node);
    }

    void plug(NodeId node) {
        unplugged.remove(node);
    }

    private final class LocalMessenger implements Messenger {
        private final NodeId self;
        private final PeerIdentity identity;
        private final Map<Integer, RequestHandler> services = new ConcurrentHashMap<>();
        private final ExecutorService delivery = Executors.newSingleThreadExecutor(r -> {
            Thread t = new Thread(r, "delivery");
            t.setDaemon(true);
            return t;
        });

        LocalMessenger(NodeId self, VerifyKey key) {
            this.self = self;
            this.identity = new PeerIdentity(self, key, List.of(), Standing.FULL);
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

        private Optional<LocalMessenger> reach(NodeId peer) {
            return unplugged.contains(self) || unplugged.contains(peer)
                    ? Optional.empty()
                    : Optional.ofNullable(members.get(peer));
        }

        @Override
        public byte[] request(NodeId peer, int service, byte[] body, RequestOptions options) {
            RequestHandler handler =
                    reach(peer).map(m -> m.services.get(service)).orElse(null);
            if (handler == null) {
                throw new StoqException(StoqException.Code.UNREACHABLE, Retry.SAME_CALL, "unplugged");
            }
            try {
                return handler.handle(identity, body);
            } catch (CodedException e) {
                throw new StoqException(
                        StoqException.Code.REMOTE_FAILURE, e.retry(), String.valueOf(e.getMessage()), e, e.codeName());
            }
        }

        @Override
        public boolean send(NodeId peer, int service, byte[] body) {
            LocalMessenger to = reach(peer).orElse(null);
            RequestHandler handler = to == null ? null : to.services.get(service);
            if (to == null || handler == null) {
                return false;
            }
            try {
                to.delivery.execute(() -> {
                    try {
                        handler.handle(identity, body);
                    } catch (CodedException e) {
                        System.getLogger("test").log(System.Logger.Level.WARNING, "refused by " + to.self, e);
                    }
                });
                return true;
            } catch (RejectedExecutionException closed) {
                return false;
            }
        }

        @Override
        public Optional<PeerIdentity> connected(NodeId peer) {
            return reach(peer).map(m -> m.identity);
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
        public void close() {
            members.remove(self, this);
            delivery.shutdownNow();
        }
    }
}
