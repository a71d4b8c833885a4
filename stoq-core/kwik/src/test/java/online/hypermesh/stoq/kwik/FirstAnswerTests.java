package online.hypermesh.stoq.kwik;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.session.Transports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Kwik throws away an answer to its ClientHello that comes before it noted that it sent one: see {@link NoEarlyData}. */
@Timeout(60)
class FirstAnswerTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {7}));
    private static final Duration WAIT = Duration.ofSeconds(30);
    private static final int DIALS = 10;

    @Test
    void aDialingSocketHandsNothingOutBeforeItsAnswersCanBeTaken() throws Exception {
        KwikHealth health = new KwikHealth();
        InetAddress loopback = InetAddress.getByName("::1");
        try (DatagramSocket peer = new DatagramSocket(new InetSocketAddress(loopback, 0));
                GuardedSocket socket =
                        GuardedSocket.dialing(new InetSocketAddress(loopback, peer.getLocalPort()), health)) {
            peer.send(new DatagramPacket(new byte[] {1}, 1, loopback, socket.getLocalPort()));
            AtomicBoolean answerable = new AtomicBoolean();
            CompletableFuture<Boolean> received = CompletableFuture.supplyAsync(() -> {
                try {
                    socket.receive(new DatagramPacket(new byte[9], 9));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return answerable.get();
            });
            assertThat(received).isNotDone();
            answerable.set(true);
            socket.answerable();
            assertThat(received.get(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void kwikShowsByItsQuestionsWhenAnswersCanBeTaken() throws Exception {
        KwikEngine engine = new KwikEngine();
        try (Transport server = open(engine);
                Transport client = open(engine)) {
            for (int i = 0; i < DIALS; i++) {
                Connection connection = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
                connection.close(0, "enough");
            }
        }
        assertThat(engine.health().heldAnswers()).isZero();
    }

    private static Transport open(KwikEngine engine) throws Exception {
        SigningKey nodeKey = SigningKey.generate(new SecureRandom());
        Credentials credentials = SelfSignedLeaf.create(nodeKey, NETWORK, Duration.ofHours(1));
        return Transports.open(
                TransportConfig.builder(
                                NETWORK,
                                nodeKey.verifyKey(),
                                () -> credentials,
                                evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                        .bind(new InetSocketAddress(InetAddress.getByName("::1"), 0))
                        .build(),
                engine);
    }
}
