package online.hypermesh.stoq.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.ConnectionEvent;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.session.Transports;
import online.hypermesh.stoq.spi.ConnectionSink;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import online.hypermesh.stoq.spi.TlsIdentity;
import online.hypermesh.tck.transport.FaultyPath;
import online.hypermesh.tck.transport.PathFaults;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the native engine does when the path changes, is narrow or dies, and while clients crowd in. */
@Timeout(120)
class NettyPathTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final int RETRY_BITS = 0xf0;
    private static final int INITIAL_BITS = 0xc0;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Queue<ConnectionEvent> events = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
        threads.shutdownNow();
    }

    private <T extends AutoCloseable> T keep(T resource) {
        open.push(resource);
        return resource;
    }

    private static InetSocketAddress loopback(int port) throws Exception {
        return new InetSocketAddress(Inet6Address.getByName("::1"), port);
    }

    private Transport open(TransportLimits limits, Optional<Path> export) throws Exception {
        SigningKey nodeKey = SigningKey.generate(new SecureRandom());
        Credentials credentials = SelfSignedLeaf.create(nodeKey, NETWORK, Duration.ofHours(1));
        TransportConfig.Builder config = TransportConfig.builder(
                        NETWORK,
                        nodeKey.verifyKey(),
                        () -> credentials,
                        e -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                .bind(loopback(0))
                .limits(limits)
                .listener((connection, event) -> events.add(event));
        export.ifPresent(config::insecureExport);
        return keep(Transports.open(config.build(), new NettyEngine()));
    }

    private Transport open(TransportLimits limits) throws Exception {
        return open(limits, Optional.empty());
    }

    private FaultyPath pathTo(Transport server, PathFaults faults) {
        return keep(FaultyPath.to(server.localAddress(), faults, 1));
    }

    private static void awaitFact(BooleanSupplier fact) {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!fact.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited for the fact").isLessThan(deadline);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static void carry(Connection from, Connection to, int bytes, ExecutorService threads) {
        Future<?> writing =
                threads.submit(() -> from.openUnidirectional().write(new byte[bytes], 0, bytes, true, WAIT));
        assertThat(to.acceptUnidirectional(WAIT).readToEnd(bytes, WAIT)).hasSize(bytes);
        assertThat(writing).succeedsWithin(WAIT);
    }

    @Test
    void aConnectionSurvivesARebindingNat() throws Exception {
        Transport server = open(TransportLimits.DEFAULT);
        FaultyPath path = pathTo(server, PathFaults.NONE);
        Connection dialed = open(TransportLimits.DEFAULT).connect(new Endpoint(path.address(), server.self()), WAIT);
        Connection accepted = server.accept(WAIT);
        carry(dialed, accepted, 100_000, threads);
        for (int i = 0; i < 5; i++) {
            int before = accepted.remoteAddress().getPort();
            path.rebind();
            carry(dialed, accepted, 100_000, threads);
            carry(accepted, dialed, 100_000, threads);
            int now = path.ports().get(0);
            assertThat(now).isNotEqualTo(before);
            awaitFact(() -> accepted.remoteAddress().getPort() == now);
        }
        assertThat(events.stream().filter(e -> e instanceof ConnectionEvent.PathChanged))
                .hasSize(5);
        assertThat(dialed.closed()).isEmpty();
    }

    @Test
    void theMtuIsDiscovered() throws Exception {
        Transport server = open(TransportLimits.DEFAULT);
        Transport client = open(TransportLimits.DEFAULT);
        Connection wide = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
        awaitFact(() -> wide.statistics(WAIT).path().pathMtuBytes().getAsLong()
                == TransportLimits.DEFAULT.maxUdpPayloadBytes());
        server.accept(WAIT);

        FaultyPath path = pathTo(server, PathFaults.NONE.withMaxDatagramBytes(1232));
        Connection narrow = client.connect(new Endpoint(path.address(), server.self()), WAIT);
        carry(narrow, server.accept(WAIT), 2_000_000, threads);
        assertThat(narrow.statistics(WAIT).path().pathMtuBytes().getAsLong()).isBetween(1200L, 1232L);
    }

    @Test
    void aPeerThatVanishesIsGivenUpOnBothSides() throws Exception {
        TransportLimits brisk = TransportLimits.DEFAULT.withIdleTimeout(Duration.ofSeconds(5), Duration.ofMillis(500));
        Transport server = open(brisk);
        FaultyPath path = pathTo(server, PathFaults.NONE);
        Connection dialed = open(brisk).connect(new Endpoint(path.address(), server.self()), WAIT);
        Connection accepted = server.accept(WAIT);
        online.hypermesh.stoq.Stream waiting = dialed.open();
        Future<StoqException> writer = threads.submit(() -> catchThrowableOfType(StoqException.class, () -> {
            while (true) {
                waiting.write(new byte[100_000], WAIT);
            }
        }));
        path.set(PathFaults.CUT);
        awaitFact(() -> dialed.closed().isPresent() && accepted.closed().isPresent());
        assertThat(dialed.closed().orElseThrow().code()).isEqualTo(StoqException.Code.UNREACHABLE);
        assertThat(accepted.closed().orElseThrow().code()).isEqualTo(StoqException.Code.UNREACHABLE);
        assertThat(writer)
                .succeedsWithin(WAIT)
                .satisfies(e -> assertThat(e.code()).isEqualTo(StoqException.Code.UNREACHABLE));
    }

    /** First packets of clients that never hear an answer. */
    private List<byte[]> firstPackets(DatagramSocket hole, int count) throws Exception {
        hole.setSoTimeout(60_000);
        List<byte[]> packets = new ArrayList<>();
        Transport client = open(TransportLimits.DEFAULT.withHandshakeTimeout(WAIT));
        InetSocketAddress nowhere = loopback(hole.getLocalPort());
        for (int i = 0; i < count; i++) {
            threads.submit(() -> client.connect(new Endpoint(nowhere, client.self()), WAIT));
        }
        List<Integer> seen = new ArrayList<>();
        while (packets.size() < count) {
            DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
            hole.receive(packet);
            if (!seen.contains(packet.getPort())) {
                seen.add(packet.getPort());
                packets.add(java.util.Arrays.copyOf(packet.getData(), packet.getLength()));
            }
        }
        client.close();
        return packets;
    }

    private int answerTo(DatagramSocket from, byte[] first, Transport server) throws Exception {
        from.send(new DatagramPacket(first, first.length, server.localAddress()));
        while (true) {
            DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
            from.receive(answer);
            if (answer.getPort() == server.localAddress().getPort()) {
                return answer.getData()[0] & 0xf0;
            }
        }
    }

    @Test
    void aboveTheThresholdClientsProveTheirAddressFirst() throws Exception {
        try (DatagramSocket hole = new DatagramSocket(loopback(0))) {
            byte[] first = firstPackets(hole, 1).get(0);
            Transport calm = open(TransportLimits.DEFAULT);
            assertThat(answerTo(hole, first, calm)).isEqualTo(INITIAL_BITS);
            Transport wary = open(
                    TransportLimits.DEFAULT.toBuilder().retryAboveHandshakes(0).build());
            assertThat(answerTo(hole, first, wary)).isEqualTo(RETRY_BITS);
            Connection dialed =
                    open(TransportLimits.DEFAULT).connect(new Endpoint(wary.localAddress(), wary.self()), WAIT);
            carry(dialed, wary.accept(WAIT), 1000, threads);
        }
    }

    @Test
    void handshakesThatGoNowhereEndAndNewOnesGetTheirPlaces() throws Exception {
        try (DatagramSocket hole = new DatagramSocket(loopback(0))) {
            List<byte[]> stalled = firstPackets(hole, 4);
            Transport server = open(TransportLimits.DEFAULT.toBuilder()
                    .handshakeTimeout(Duration.ofSeconds(5))
                    .maxHandshakes(4)
                    .retryAboveHandshakes(4)
                    .build());
            for (byte[] first : stalled) {
                assertThat(answerTo(hole, first, server)).isEqualTo(INITIAL_BITS);
            }
            TransportLimits patient =
                    TransportLimits.DEFAULT.withHandshakeTimeout(WAIT).withIdleTimeout(WAIT, Duration.ofSeconds(2));
            Connection dialed = open(patient).connect(new Endpoint(server.localAddress(), server.self()), WAIT);
            assertThat(dialed.closed()).isEmpty();
        }
    }

    @Test
    void aSocketThatIsTakenAwayEndsItsConnections() throws Exception {
        Transport server = open(TransportLimits.DEFAULT);
        SigningKey key = SigningKey.generate(new SecureRandom());
        Credentials credentials = SelfSignedLeaf.create(key, NETWORK, Duration.ofHours(1));
        RawEndpoint raw = keep(new NettyEngine()
                .open(
                        new EngineConfig(
                                loopback(0),
                                List.of("stoq/1"),
                                () -> new TlsIdentity(credentials.chain(), credentials.leafKey()),
                                OptionalLong::empty,
                                PostQuantum.PREFERRED,
                                TransportLimits.DEFAULT,
                                Optional.empty()),
                        connection -> {
                            throw new AssertionError("nobody connects");
                        }));
        CompletableFuture<StoqException> told = new CompletableFuture<>();
        RawConnection connection = raw.connect(
                server.localAddress(),
                "stoq/1",
                new ConnectionSink() {
                    @Override
                    public StreamSink stream(RawStream stream) {
                        return new Quiet();
                    }

                    @Override
                    public void datagram(byte[] bytes) {}

                    @Override
                    public void moved(InetSocketAddress from, InetSocketAddress to) {}

                    @Override
                    public void closed(StoqException reason) {
                        told.complete(reason);
                    }
                },
                WAIT);
        ((NettyConnection) connection).channel().parent().close();
        assertThat(told.get(60, TimeUnit.SECONDS).code())
                .isIn(StoqException.Code.CLOSED, StoqException.Code.UNREACHABLE);
    }

    private static final class Quiet implements StreamSink {
        @Override
        public void opened() {}

        @Override
        public void data(byte[] bytes) {}

        @Override
        public void end() {}

        @Override
        public void writable() {}

        @Override
        public void reset(java.util.OptionalLong code) {}

        @Override
        public void stopped(java.util.OptionalLong code) {}

        @Override
        public void failed(StoqException reason) {}
    }

    @Test
    void theInsecureExportWritesKeysAndQlogs(@TempDir Path directory) throws Exception {
        Transport server = open(TransportLimits.DEFAULT, Optional.of(directory));
        Connection dialed =
                open(TransportLimits.DEFAULT).connect(new Endpoint(server.localAddress(), server.self()), WAIT);
        carry(dialed, server.accept(WAIT), 1000, threads);
        dialed.close();
        assertThat(Files.readString(directory.resolve("keys.log"), UTF_8))
                .contains("CLIENT_TRAFFIC_SECRET_0 ")
                .contains("SERVER_TRAFFIC_SECRET_0 ");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .anySatisfy(name -> assertThat(name).endsWith(".qlog"));
        }
    }
}
