package online.hypermesh.stoq.kwik;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Transport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Kwik throws away an answer to its ClientHello that comes before it noted that it sent one: see {@link NoEarlyData}. */
@Timeout(60)
class FirstAnswerTests {
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
            FutureTask<Boolean> receiving = new FutureTask<>(() -> {
                socket.receive(new DatagramPacket(new byte[9], 9));
                return answerable.get();
            });
            Thread receiver = new Thread(receiving, "first-answer");
            receiver.start();
            long end = System.nanoTime() + WAIT.toNanos();
            while (receiver.getState() != Thread.State.TIMED_WAITING && !receiving.isDone()) {
                assertThat(System.nanoTime()).as("the datagram arrives").isLessThan(end);
                Thread.onSpinWait();
            }
            answerable.set(true);
            socket.answerable();
            boolean held = receiving.get(30, TimeUnit.SECONDS);
            assertThat(held || health.heldAnswers() == 1).isTrue();
        }
    }

    @Test
    void kwikShowsByItsQuestionsWhenAnswersCanBeTaken() throws Exception {
        KwikEngine engine = new KwikEngine();
        try (Transport server = Loopback.open(engine, PostQuantum.PREFERRED);
                Transport client = Loopback.open(engine, PostQuantum.PREFERRED)) {
            for (int i = 0; i < DIALS; i++) {
                Connection connection = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
                connection.close(0, "enough");
            }
        }
        assertThat(engine.health().heldAnswers()).isZero();
    }
}
