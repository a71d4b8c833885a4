package online.hypermesh.stoq.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import online.hypermesh.stoq.spi.TransportEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class MemoryNetworkTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final TransportLimits SHORT =
            TransportLimits.DEFAULT.withIdleTimeout(Duration.ofMillis(1200), Duration.ofMillis(200));

    private final MemoryNetwork network = new MemoryNetwork();
    private Transport server;
    private Transport client;

    private static Transport open(TransportEngine engine, TransportLimits limits) {
        SigningKey nodeKey = SigningKey.generate(new SecureRandom());
        Credentials credentials = SelfSignedLeaf.create(nodeKey, NETWORK, Duration.ofHours(1));
        return Transports.open(
                TransportConfig.builder(
                                NETWORK,
                                nodeKey.verifyKey(),
                                () -> credentials,
                                e -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                        .limits(limits)
                        .build(),
                engine);
    }

    @AfterEach
    void end() {
        client.close();
        server.close();
    }

    @Test
    void aPeerThatFallsSilentIsGivenUpOnBothSides() throws Exception {
        server = open(network.engine(), SHORT);
        client = open(network.engine(), SHORT);
        Connection dialed = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
        Connection accepted = server.accept(WAIT);
        Stream reading = dialed.open();
        CompletableFuture<StoqException> dialedEnd = new CompletableFuture<>();
        CompletableFuture<StoqException> acceptedEnd = new CompletableFuture<>();
        dialed.onClosed(dialedEnd::complete);
        accepted.onClosed(acceptedEnd::complete);
        network.unplug(server.localAddress());
        assertThat(dialedEnd.get(60, TimeUnit.SECONDS).code()).isEqualTo(StoqException.Code.UNREACHABLE);
        assertThat(acceptedEnd.get(60, TimeUnit.SECONDS).code()).isEqualTo(StoqException.Code.UNREACHABLE);
        StoqException failure = catchThrowableOfType(StoqException.class, () -> reading.read(new byte[1], 0, 1, WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.UNREACHABLE);
        assertThat(catchThrowableOfType(
                                StoqException.class,
                                () -> client.connect(new Endpoint(server.localAddress(), server.self()), WAIT))
                        .code())
                .isEqualTo(StoqException.Code.UNREACHABLE);
        network.plug(server.localAddress());
        assertThat(client.connect(new Endpoint(server.localAddress(), server.self()), WAIT)
                        .closed())
                .isEmpty();
    }

    @Test
    void anIdleConnectionIsKeptAlive() throws Exception {
        server = open(network.engine(), SHORT);
        client = open(network.engine(), SHORT);
        Connection dialed = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
        CompletableFuture<StoqException> end = new CompletableFuture<>();
        dialed.onClosed(end::complete);
        // several idle times pass
        assertThat(catchThrowableOfType(StoqException.class, () -> dialed.accept(Duration.ofMillis(3500)))
                        .code())
                .isEqualTo(StoqException.Code.TIMEOUT);
        assertThat(end).isNotDone();
    }

    @Test
    void aRetiredConnectionServesWhatIsUnderWayAndThenCloses() throws Exception {
        server = open(network.engine(), TransportLimits.DEFAULT);
        client = open(network.engine(), TransportLimits.DEFAULT);
        Connection dialed = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
        Connection accepted = server.accept(WAIT);
        Stream stream = dialed.open();
        stream.write(new byte[] {1}, WAIT);
        CompletableFuture<StoqException> end = new CompletableFuture<>();
        accepted.onClosed(end::complete);
        dialed.retire(Duration.ofMillis(2000));
        Stream atServer = accepted.accept(WAIT);
        atServer.write(new byte[] {2}, 0, 1, true, WAIT);
        assertThat(stream.readToEnd(1, WAIT)).containsExactly(2);
        assertThat(dialed.retiring()).isTrue();
        assertThat(end.get(60, TimeUnit.SECONDS).code()).isEqualTo(StoqException.Code.CLOSED);
        assertThat(accepted.retiring()).isTrue();
    }

    /** An engine that, like some, cannot tell which leaf a server connection presented. */
    private record Forgetful(TransportEngine inner) implements TransportEngine {
        @Override
        public String name() {
            return "forgetful";
        }

        @Override
        public Optional<String> unavailable() {
            return Optional.empty();
        }

        @Override
        public RawEndpoint open(EngineConfig config, EngineListener listener) {
            return inner.open(config, raw -> listener.accepted(new WithoutLeaf(raw)));
        }
    }

    private record WithoutLeaf(RawConnection inner) implements RawConnection {
        @Override
        public InetSocketAddress remoteAddress() {
            return inner.remoteAddress();
        }

        @Override
        public String protocol() {
            return inner.protocol();
        }

        @Override
        public List<X509Certificate> peerChain() {
            return inner.peerChain();
        }

        @Override
        public Optional<X509Certificate> localLeaf() {
            return Optional.empty();
        }

        @Override
        public Protection protection() {
            return inner.protection();
        }

        @Override
        public void trust() {
            inner.trust();
        }

        @Override
        public RawStream open(boolean unidirectional, StreamSink sink) {
            return inner.open(unidirectional, sink);
        }

        @Override
        public int maxDatagramBytes() {
            return inner.maxDatagramBytes();
        }

        @Override
        public boolean sendDatagram(byte[] bytes) {
            return inner.sendDatagram(bytes);
        }

        @Override
        public CompletionStage<PathStatistics> statistics() {
            return inner.statistics();
        }

        @Override
        public void close(long code, String reason) {
            inner.close(code, reason);
        }
    }

    @Test
    void theHelloDoesWithoutAnEngineThatKnowsWhichLeafItPresented() {
        server = open(new Forgetful(network.engine()), TransportLimits.DEFAULT);
        client = open(network.engine(), TransportLimits.DEFAULT);
        Connection dialed = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
        assertThat(server.accept(WAIT).peer().id()).isEqualTo(client.self());
        assertThat(dialed.peer().id()).isEqualTo(server.self());
    }
}
