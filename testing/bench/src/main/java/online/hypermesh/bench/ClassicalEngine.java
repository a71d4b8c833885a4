package online.hypermesh.bench;

import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import online.hypermesh.stoq.spi.TransportEngine;

/**
 * An engine that proves no more than a classical key exchange, whatever the engine beneath can prove: with a post-quantum
 * policy its streams are sealed. Immutable.
 */
record ClassicalEngine(TransportEngine beneath) implements TransportEngine {
    @Override
    public String name() {
        return beneath.name();
    }

    @Override
    public Optional<String> unavailable() {
        return beneath.unavailable();
    }

    @Override
    public RawEndpoint open(EngineConfig config, EngineListener listener) {
        RawEndpoint endpoint = beneath.open(config, accepted -> listener.accepted(new Classical(accepted)));
        return new RawEndpoint() {
            @Override
            public InetSocketAddress localAddress() {
                return endpoint.localAddress();
            }

            @Override
            public RawConnection connect(
                    InetSocketAddress remote, String protocol, ConnectionSink sink, Duration deadline) {
                return new Classical(endpoint.connect(remote, protocol, sink, deadline));
            }

            @Override
            public void close() {
                endpoint.close();
            }
        };
    }

    private record Classical(RawConnection beneath) implements RawConnection {
        @Override
        public Protection protection() {
            return Protection.CLASSICAL;
        }

        @Override
        public String protocol() {
            return beneath.protocol();
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return beneath.remoteAddress();
        }

        @Override
        public List<X509Certificate> peerChain() {
            return beneath.peerChain();
        }

        @Override
        public Optional<X509Certificate> localLeaf() {
            return beneath.localLeaf();
        }

        @Override
        public RawStream open(boolean unidirectional, StreamSink sink) {
            return beneath.open(unidirectional, sink);
        }

        @Override
        public int maxDatagramBytes() {
            return beneath.maxDatagramBytes();
        }

        @Override
        public boolean sendDatagram(byte[] bytes) {
            return beneath.sendDatagram(bytes);
        }

        @Override
        public CompletionStage<PathStatistics> statistics() {
            return beneath.statistics();
        }

        @Override
        public void close(long code, String reason) {
            beneath.close(code, reason);
        }
    }
}
