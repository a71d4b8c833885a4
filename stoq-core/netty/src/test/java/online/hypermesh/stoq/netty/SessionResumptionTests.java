package online.hypermesh.stoq.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.quic.QuicChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSessionContext;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.Resumption;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.EngineListener;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.TransportEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class SessionResumptionTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final NetworkId ELSEWHERE = new NetworkId(Digest.sha256(new byte[] {2}));
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final int ATTEMPTS = 50;

    private final Deque<Transport> open = new ArrayDeque<>();
    private final AtomicReference<NettyConnection> dialed = new AtomicReference<>();

    /** The engine, watched. */
    private final TransportEngine engine = new TransportEngine() {
        private final NettyEngine netty = new NettyEngine();

        @Override
        public String name() {
            return netty.name();
        }

        @Override
        public java.util.Optional<String> unavailable() {
            return netty.unavailable();
        }

        @Override
        public RawEndpoint open(EngineConfig config, EngineListener listener) {
            RawEndpoint endpoint = netty.open(config, listener);
            return new RawEndpoint() {
                @Override
                public InetSocketAddress localAddress() {
                    return endpoint.localAddress();
                }

                @Override
                public RawConnection connect(
                        InetSocketAddress remote, String protocol, ConnectionSink sink, Duration deadline) {
                    RawConnection made = endpoint.connect(remote, protocol, sink, deadline);
                    dialed.set((NettyConnection) made);
                    return made;
                }

                @Override
                public void close() {
                    endpoint.close();
                }
            };
        }
    };

    /** A node with what a test changes about it. */
    private final class Node {
        final SigningKey key = SigningKey.generate(new SecureRandom());
        final NetworkId network;
        final AtomicReference<Credentials> credentials = new AtomicReference<>();
        final AtomicLong phase = new AtomicLong();
        final AtomicLong aheadMillis = new AtomicLong();
        final AtomicInteger asked = new AtomicInteger();
        PostQuantum policy = PostQuantum.REQUIRED;
        Resumption resumption = new Resumption(Duration.ofHours(1), phase::get);

        Node(NetworkId network) {
            this.network = network;
            renew();
        }

        Node() {
            this(NETWORK);
        }

        void renew() {
            credentials.set(SelfSignedLeaf.create(key, network, Duration.ofHours(2)));
        }

        Transport open(int port) throws Exception {
            Transport transport = Transports.open(
                    TransportConfig.builder(network, key.verifyKey(), credentials::get, evidence -> {
                                asked.incrementAndGet();
                                return new PeerVerifier.Judgement.Accepted(Standing.FULL);
                            })
                            .bind(new InetSocketAddress(InetAddress.getByName("::1"), port))
                            .resumption(resumption)
                            .postQuantum(policy)
                            .clock(new Ahead(aheadMillis))
                            .build(),
                    engine);
            open.push(transport);
            return transport;
        }

        byte[] leaf() throws Exception {
            return credentials.get().chain().get(0).getEncoded();
        }
    }

    /** The system's clock, ahead of its time. */
    private static final class Ahead extends Clock {
        private final AtomicLong millis;

        Ahead(AtomicLong millis) {
            this.millis = millis;
        }

        @Override
        public java.time.ZoneId getZone() {
            return java.time.ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }

        @Override
        public java.time.Instant instant() {
            return Clock.systemUTC().instant().plusMillis(millis.get());
        }
    }

    private final Node serving = new Node();
    private final Node dialing = new Node();
    private Protection expected = Protection.HYBRID;

    @AfterEach
    void end() {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    /** Connects and closes; whether TLS resumed a session. */
    private boolean resumes(Transport client, Transport server) throws Exception {
        Connection made = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
        Connection accepted = server.accept(WAIT);
        assertThat(made.protection()).isEqualTo(expected);
        assertThat(accepted.protection()).isEqualTo(expected);
        assertThat(accepted.peer().id()).isEqualTo(client.self());
        assertThat(made.tlsPeer().get(0).getEncoded()).isEqualTo(serving.leaf());
        made.close();
        return dialed.get().resumed();
    }

    /** The ticket of a connection comes a moment after its handshake, so that not every second connection finds one. */
    private void connectUntilResumed(Transport client, Transport server) throws Exception {
        for (int i = 0; i < ATTEMPTS; i++) {
            if (resumes(client, server)) {
                return;
            }
        }
        throw new AssertionError("no session was resumed in " + ATTEMPTS + " connections");
    }

    @Test
    void aSessionIsResumedUnderTheSameGroupAndTheVerifiersAreAskedAllTheSame() throws Exception {
        Transport server = serving.open(0);
        Transport client = dialing.open(0);
        assertThat(resumes(client, server)).isFalse();
        connectUntilResumed(client, server);
        int asked = serving.asked.get();
        int askedHere = dialing.asked.get();
        Connection made = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
        Connection accepted = server.accept(WAIT);
        Stream asking = made.open();
        asking.write("still here".getBytes(UTF_8), 0, 10, true, WAIT);
        assertThat(accepted.accept(WAIT).readToEnd(10, WAIT)).isEqualTo("still here".getBytes(UTF_8));
        assertThat(serving.asked.get()).isGreaterThan(asked);
        assertThat(dialing.asked.get()).isGreaterThan(askedHere);
    }

    @Test
    void aSessionOfAnotherLeafIsNotResumed() throws Exception {
        Transport server = serving.open(0);
        Transport client = dialing.open(0);
        connectUntilResumed(client, server);
        serving.renew();
        assertThat(resumes(client, server)).isFalse();
        connectUntilResumed(client, server);
        dialing.renew();
        // the client's own leaf is no part of TLS: its ticket goes, the session stays
        connectUntilResumed(client, server);
    }

    @Test
    void noSessionOutlivesATicketOrThePhaseOnEitherSide() throws Exception {
        for (Node changing : new Node[] {serving, dialing}) {
            Transport server = serving.open(0);
            Transport client = dialing.open(0);
            connectUntilResumed(client, server);
            changing.phase.incrementAndGet();
            assertThat(resumes(client, server)).isFalse();
            connectUntilResumed(client, server);
            changing.aheadMillis.addAndGet(Duration.ofHours(1).toMillis());
            assertThat(resumes(client, server)).isFalse();
            connectUntilResumed(client, server);
        }
    }

    @Test
    void connectionsOfOneContextAreOnOneLoop() throws Exception {
        Transport server = serving.open(0);
        Transport client = dialing.open(0);
        Map<SSLSessionContext, EventLoop> loops = new HashMap<>();
        for (int i = 0; i < 8; i++) {
            client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
            QuicChannel channel = dialed.get().channel();
            EventLoop loop = channel.eventLoop();
            assertThat(loops.computeIfAbsent(channel.sslEngine().getSession().getSessionContext(), context -> loop))
                    .as("the library mixes up connections of one context on several loops")
                    .isSameAs(loop);
        }
        assertThat(loops).hasSize(2);
    }

    @Test
    void withoutResumptionOnTheDialingSideEveryHandshakeIsAFullOne() throws Exception {
        dialing.resumption = Resumption.OFF;
        Transport server = serving.open(0);
        Transport client = dialing.open(0);
        for (int i = 0; i < 5; i++) {
            assertThat(resumes(client, server)).isFalse();
        }
    }

    @Test
    void aServerThatWasStartedAgainGetsAFullHandshake() throws Exception {
        Transport first = serving.open(0);
        Transport client = dialing.open(0);
        connectUntilResumed(client, first);
        int port = first.localAddress().getPort();
        first.close();
        assertThat(resumes(client, serving.open(port))).isFalse();
    }

    @Test
    void anotherNodeAtTheAddressOfAKnownServerIsRecognised() throws Exception {
        Transport first = serving.open(0);
        Transport client = dialing.open(0);
        connectUntilResumed(client, first);
        Endpoint known = new Endpoint(first.localAddress(), first.self());
        first.close();
        Transport other = new Node().open(known.address().getPort());
        for (int i = 0; i < 3; i++) {
            assertThat(catchThrowableOfType(StoqException.class, () -> client.connect(known, WAIT))
                            .code())
                    .isEqualTo(StoqException.Code.WRONG_IDENTITY);
        }
        assertThat(catchThrowableOfType(StoqException.class, () -> other.accept(Duration.ofMillis(1)))
                        .code())
                .isEqualTo(StoqException.Code.TIMEOUT);
    }

    @Test
    void noSessionIsKeptOfAServerThatFailedTheHello() throws Exception {
        Transport foreign = new Node(ELSEWHERE).open(0);
        Transport client = dialing.open(0);
        Endpoint there = new Endpoint(foreign.localAddress(), foreign.self());
        for (int i = 0; i < 5; i++) {
            assertThat(catchThrowableOfType(StoqException.class, () -> client.connect(there, WAIT))
                            .code())
                    .isEqualTo(StoqException.Code.WRONG_NETWORK);
            assertThat(dialed.get().resumed()).isFalse();
        }
    }

    @Test
    void aClientThatAsksForNothingPostQuantumResumesClassicalSessions() throws Exception {
        dialing.policy = PostQuantum.OFF;
        serving.policy = PostQuantum.PREFERRED;
        expected = Protection.CLASSICAL;
        Transport server = serving.open(0);
        Transport client = dialing.open(0);
        assertThat(resumes(client, server)).isFalse();
        connectUntilResumed(client, server);
    }
}
