package online.hypermesh.tck.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.spi.TransportEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a {@link Transport} over a real {@link TransportEngine} owes its callers on a path that loses, reorders, duplicates
 * and corrupts datagrams; extend and supply the engine. {@code -Dstoq.faults.megabytes=N} makes every transfer N MB long,
 * {@code -Dstoq.faults.seed=N} chooses other chances.
 */
@Timeout(120)
public abstract class FaultyPathContract {
    private static final Duration WAIT = Duration.ofSeconds(60);

    /** Patient enough for a path on which every third datagram is lost. */
    private static final TransportLimits PATIENT = TransportLimits.DEFAULT
            .withHandshakeTimeout(Duration.ofSeconds(40))
            .withIdleTimeout(Duration.ofSeconds(30), Duration.ofSeconds(2));

    private static final int HANDSHAKES = 60;
    private static final int MEGABYTES = Integer.getInteger("stoq.faults.megabytes", 0);
    private static final long SEED = Long.getLong("stoq.faults.seed", 1);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private TransportEngine engine;
    private ExecutorService threads;

    /** For subclasses. */
    protected FaultyPathContract() {}

    /**
     * The engine under test.
     *
     * @return an engine that sends UDP datagrams
     */
    protected abstract TransportEngine engine();

    /** Supplies a fresh engine and threads. */
    @BeforeEach
    protected void begin() {
        engine = engine();
        threads = Executors.newCachedThreadPool();
    }

    /**
     * Closes what the test opened.
     *
     * @throws Exception if closing fails
     */
    @AfterEach
    protected void end() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
        threads.shutdownNow();
    }

    private record Link(FaultyPath path, Connection dialed, Connection accepted) {}

    private Link link(PathFaults faults) {
        Party server = new Party();
        Party client = new Party();
        PinnedPeers both = new PinnedPeers(Set.of(server.id, client.id));
        Transport listening = server.open(engine, both, 0, PATIENT);
        open.push(listening);
        FaultyPath path = FaultyPath.to(listening.localAddress(), faults, SEED);
        open.push(path);
        Transport dialing = client.open(engine, both, 0, PATIENT);
        open.push(dialing);
        Connection dialed = dialing.connect(new Endpoint(path.address(), server.id), WAIT);
        return new Link(path, dialed, listening.accept(WAIT));
    }

    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) random.nextInt();
        }
        return bytes;
    }

    /** Sends up and down at the same time, so that data and acknowledgements suffer in both directions. */
    private void exchange(Link link, int bytes) throws Exception {
        echo(link, MEGABYTES > 0 ? MEGABYTES * 1_000_000 : bytes);
    }

    private void echo(Link link, int bytes) throws Exception {
        byte[] sent = pattern(bytes);
        Future<?> echo = threads.submit(() -> {
            Stream stream = link.accepted.accept(WAIT);
            byte[] buffer = new byte[16 * 1024];
            for (int n = stream.read(buffer, 0, buffer.length, WAIT);
                    n >= 0;
                    n = stream.read(buffer, 0, buffer.length, WAIT)) {
                stream.write(buffer, 0, n, false, WAIT);
            }
            // the bytes leave, so that the end travels alone, but are on their way yet
            Facts.lookAgainSoon();
            stream.finish(WAIT);
        });
        Stream stream = link.dialed.open();
        Future<?> writing = threads.submit(() -> stream.write(sent, 0, sent.length, true, WAIT));
        assertThat(stream.readToEnd(sent.length, WAIT)).isEqualTo(sent);
        writing.get(WAIT.toSeconds(), TimeUnit.SECONDS);
        echo.get(WAIT.toSeconds(), TimeUnit.SECONDS);
    }

    /**
     * One in a hundred datagrams suffers each kind of fault, from the first handshake datagram on.
     *
     * @throws Exception if a transfer fails
     */
    @Test
    protected void dataIsIntactWhenOneInAHundredDatagramsIsLostReorderedDuplicatedOrCorrupted() throws Exception {
        Link link = link(PathFaults.ofEveryKind(10));
        exchange(link, 4_000_000);
        assertThat(link.path.counts().corrupted()).isPositive();
        assertThat(link.path.counts().lost()).isPositive();
    }

    /**
     * Connections are made, and streams end, where one in twenty-five datagrams is lost, although ends often travel alone.
     *
     * @throws Exception if a handshake fails or an end gets lost
     */
    @Test
    protected void handshakesCompleteAndEndsArriveWhereOneInTwentyFiveDatagramsIsLost() throws Exception {
        Party server = new Party();
        Party client = new Party();
        PinnedPeers both = new PinnedPeers(Set.of(server.id, client.id));
        Transport listening = server.open(engine, both, 0, PATIENT);
        open.push(listening);
        FaultyPath path = FaultyPath.to(
                listening.localAddress(), PathFaults.NONE.withLoss(40).withDelay(Duration.ofMillis(2)), SEED);
        open.push(path);
        Transport dialing = client.open(engine, both, 0, PATIENT);
        open.push(dialing);
        for (int i = 0; i < HANDSHAKES; i++) {
            Connection dialed = dialing.connect(new Endpoint(path.address(), server.id), WAIT);
            echo(new Link(path, dialed, listening.accept(WAIT)), 100);
            dialed.close();
        }
        assertThat(path.counts().lost()).isPositive();
    }

    /**
     * One in twenty datagrams suffers each kind of fault.
     *
     * @throws Exception if a transfer fails
     */
    @Test
    protected void dataIsIntactWhenOneInTwentyDatagramsIsLostReorderedDuplicatedOrCorrupted() throws Exception {
        Link link = link(PathFaults.ofEveryKind(50));
        exchange(link, 1_000_000);
        assertThat(link.path.counts().corrupted()).isPositive();
        assertThat(link.path.counts().lost()).isPositive();
    }

    /**
     * One in five datagrams suffers each kind of fault, once the handshake is done.
     *
     * @throws Exception if a transfer fails
     */
    @Test
    protected void dataIsIntactWhenOneInFiveDatagramsIsLostReorderedDuplicatedOrCorrupted() throws Exception {
        Link link = link(PathFaults.NONE);
        link.path.set(PathFaults.ofEveryKind(200));
        exchange(link, 100_000);
        assertThat(link.path.counts().corrupted()).isPositive();
        assertThat(link.path.counts().lost()).isPositive();
    }

    /**
     * An IPv6 path of the smallest permitted MTU carries everything.
     *
     * @throws Exception if a transfer fails
     */
    @Test
    protected void aPathOfMtu1280IsEnough() throws Exception {
        Link link = link(PathFaults.NONE.withMaxDatagramBytes(1232));
        exchange(link, 1_000_000);
    }
}
