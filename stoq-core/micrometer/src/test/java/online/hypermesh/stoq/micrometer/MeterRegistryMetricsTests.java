package online.hypermesh.stoq.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.memory.MemoryNetwork;
import online.hypermesh.stoq.messaging.MessengerConfig;
import online.hypermesh.stoq.messaging.Messengers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MeterRegistryMetricsTests {
    private static final Duration WAIT = Duration.ofSeconds(10);
    private static final int ECHO = 7;
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256("metrics".getBytes(StandardCharsets.UTF_8)));

    private final MemoryNetwork network = new MemoryNetwork();
    private final SigningKey aliceKey = SigningKey.generate(new SecureRandom());
    private final SigningKey bobKey = SigningKey.generate(new SecureRandom());
    private final NodeId aliceId = NodeId.of(aliceKey.verifyKey());
    private final NodeId bobId = NodeId.of(bobKey.verifyKey());
    private final MeterRegistry alices = new SimpleMeterRegistry();
    private final MeterRegistry bobs = new SimpleMeterRegistry();
    private Transport bobTransport;
    private Messenger alice;
    private Messenger bob;

    private Transport open(SigningKey key, Set<NodeId> welcome, MeterRegistryMetrics metrics) {
        Credentials leaf = SelfSignedLeaf.create(key, NETWORK, Duration.ofHours(1));
        return network.open(TransportConfig.builder(NETWORK, key.verifyKey(), () -> leaf, new PinnedPeers(welcome))
                .metrics(metrics)
                .build());
    }

    @BeforeEach
    void open() {
        MeterRegistryMetrics hers = new MeterRegistryMetrics(alices);
        MeterRegistryMetrics his = new MeterRegistryMetrics(bobs);
        bobTransport = open(bobKey, Set.of(aliceId), his);
        bob = Messengers.over(bobTransport, MessengerConfig.DEFAULT.withMetrics(his));
        alice = Messengers.over(open(aliceKey, Set.of(bobId), hers), MessengerConfig.DEFAULT.withMetrics(hers));
        bob.serve(ECHO, 100, false, (peer, body) -> body);
        alice.route(new Endpoint(bobTransport.localAddress(), bobId));
    }

    @AfterEach
    void close() {
        alice.close();
        bob.close();
    }

    private static double count(MeterRegistry registry, String name, String... tags) {
        return registry.get(name).tags(tags).counter().count();
    }

    private static long timed(MeterRegistry registry, String name, String... tags) {
        var timer = registry.find(name).tags(tags).timer();
        return timer == null ? 0 : timer.count();
    }

    @Test
    void requestsAreCountedByServiceAndOutcomeOnBothSides() {
        for (int i = 0; i < 5; i++) {
            alice.request(bobId, ECHO, new byte[64], WAIT);
        }
        assertThatThrownBy(() -> alice.request(bobId, 99, new byte[1], WAIT)).isInstanceOf(StoqException.class);
        assertThatThrownBy(() -> alice.request(bobId, ECHO, new byte[101], WAIT))
                .isInstanceOf(StoqException.class);

        assertThat(timed(alices, "stoq.requests.asked", "service", "7", "outcome", "OK"))
                .isEqualTo(5);
        assertThat(timed(alices, "stoq.requests.asked", "service", "99", "outcome", "UNKNOWN_SERVICE"))
                .isEqualTo(1);
        assertThat(timed(alices, "stoq.requests.asked", "service", "7", "outcome", "LIMIT_EXCEEDED"))
                .isEqualTo(1);
        await(() -> timed(bobs, "stoq.requests.served", "service", "7", "outcome", "OK") == 5);
        await(() -> timed(bobs, "stoq.requests.served", "service", "7", "outcome", "REFUSED") == 1);
        // a service that is not offered has no label of its own
        await(() -> timed(bobs, "stoq.requests.served", "service", "0", "outcome", "REFUSED") == 1);
    }

    @Test
    void handshakesConnectionsStreamsAndBytesAreCounted() {
        alice.request(bobId, ECHO, new byte[64], WAIT);

        assertThat(timed(alices, "stoq.handshakes", "side", "dialed", "outcome", "OK"))
                .isEqualTo(1);
        assertThat(timed(bobs, "stoq.handshakes", "side", "accepted", "outcome", "OK"))
                .isEqualTo(1);
        assertThat(alices.get("stoq.connections").tag("side", "dialed").gauge().value())
                .isEqualTo(1);
        assertThat(bobs.get("stoq.connections").tag("side", "accepted").gauge().value())
                .isEqualTo(1);
        assertThat(count(alices, "stoq.streams", "by", "self")).isEqualTo(1);
        assertThat(count(alices, "stoq.bytes", "direction", "sent")).isGreaterThan(64);
        assertThat(count(alices, "stoq.bytes", "direction", "received")).isGreaterThan(64);

        alice.close();
        await(() -> bobs.get("stoq.connections").tag("side", "accepted").gauge().value() == 0);
        assertThat(count(bobs, "stoq.connections.closed", "side", "accepted", "reason", "CLOSED"))
                .isEqualTo(1);
    }

    @Test
    void aRefusedHandshakeIsCountedByItsReason() {
        SigningKey strangerKey = SigningKey.generate(new SecureRandom());
        MeterRegistry strangers = new SimpleMeterRegistry();
        try (Transport stranger = open(strangerKey, Set.of(bobId), new MeterRegistryMetrics(strangers))) {
            assertThatThrownBy(() -> stranger.connect(new Endpoint(bobTransport.localAddress(), bobId), WAIT))
                    .isInstanceOf(StoqException.class);
        }
        assertThat(timed(strangers, "stoq.handshakes", "side", "dialed", "outcome", "REFUSED_BY_PEER"))
                .isEqualTo(1);
        await(() -> timed(bobs, "stoq.handshakes", "side", "accepted", "outcome", "PEER_REFUSED") == 1);
    }

    @Test
    void droppedMessagesAndReconnectsAreCounted() {
        alice.request(bobId, ECHO, new byte[1], WAIT);
        alice.reconnect();
        alice.request(bobId, ECHO, new byte[1], WAIT);
        await(() -> count(alices, "stoq.reconnects") >= 1);

        network.unplug(bobTransport.localAddress());
        alice.reconnect();
        byte[] large = new byte[1 << 20];
        await(() -> !alice.send(bobId, ECHO, large));
        assertThat(count(alices, "stoq.messages.dropped", "direction", "outbound"))
                .isGreaterThanOrEqualTo(1);
    }

    private interface Fact {
        boolean holds();
    }

    private static void await(Fact fact) {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!fact.holds()) {
            assertThat(System.nanoTime()).as("waited for the fact").isLessThan(deadline);
            LockSupport.parkNanos(1_000_000);
        }
    }
}
