package online.hypermesh.tck.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.TlsIdentity;
import online.hypermesh.stoq.spi.TransportEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Ends of streams that are told on the control stream, well or badly, by a peer that does so by hand over any
 * {@link TransportEngine}; extend and supply the engine.
 */
@Timeout(120)
public abstract class ToldEndsContract {
    private static final Duration WAIT = Facts.WAIT;
    private static final List<RawPeer.Offer> PLAIN = RawPeer.plainOffers();
    private static final List<RawPeer.Offer> WITH_ENDS =
            List.of(PLAIN.get(0), PLAIN.get(1), new RawPeer.Offer(4, false, new byte[0]));

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Party server = new Party();
    private final Party client = new Party();
    private RawPeer raw;
    private Connection accepted;

    /** For subclasses. */
    protected ToldEndsContract() {}

    /**
     * The engine under test, in which {@code [::1]} reaches every endpoint of one test.
     *
     * @return an engine that can run here
     */
    protected abstract TransportEngine engine();

    @BeforeEach
    void begin() throws Exception {
        connect(WITH_ENDS);
    }

    @AfterEach
    void end() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    private void connect(List<RawPeer.Offer> offers) throws Exception {
        TransportEngine engine = engine();
        Transport listening = server.open(engine, Party.ANYBODY);
        open.push(listening);
        RawEndpoint endpoint = engine.open(
                new EngineConfig(
                        Party.loopback(0),
                        List.of("stoq/1"),
                        () -> new TlsIdentity(
                                client.credentials.get().chain(),
                                client.credentials.get().leafKey()),
                        () -> OptionalLong.of(1),
                        PostQuantum.PREFERRED,
                        TransportLimits.DEFAULT,
                        Optional.empty()),
                RawPeer::accept);
        open.push(endpoint);
        raw = RawPeer.dial(endpoint, listening.localAddress());
        Digest leaf = Digest.sha256(RawPeer.der(server.credentials.get().chain().get(0)));
        raw.send(RawPeer.clientHello(client, server.id, leaf, raw.receive(), offers));
        assertThat(RawPeer.proofOf(raw.receive())).isZero();
        raw.listen();
        raw.send(new byte[] {(byte) 0x81, 4});
        accepted = listening.accept(WAIT);
    }

    private RawStream begin(String text) {
        RawPeer answers = new RawPeer();
        answers.listen();
        RawStream stream = raw.connection().open(false, answers);
        stream.demand();
        send(stream, text);
        return stream;
    }

    private static void send(RawStream stream, String text) {
        assertThat(stream.offer(text.getBytes(UTF_8), 0, text.length(), false)).isTrue();
    }

    private void tellEnd(long stream, long bytes) throws Exception {
        raw.sendBytes(ByteBuffer.allocate(17)
                .put((byte) 5)
                .putLong(stream)
                .putLong(bytes)
                .array());
    }

    private void assertClosedAsAViolation() throws Exception {
        assertThat(raw.closed.get(WAIT.toSeconds(), TimeUnit.SECONDS).remoteCode())
                .isEqualTo(Integer.toString(0x7000_0004));
    }

    @Test
    void aStreamEndsWhereThePeerTold() throws Exception {
        begin("whole");
        Stream stream = accepted.accept(WAIT);
        tellEnd(stream.id(), 5);
        assertThat(stream.readToEnd(100, WAIT)).isEqualTo("whole".getBytes(UTF_8));
        // the other direction goes on
        stream.write("answer".getBytes(UTF_8), 0, 6, true, WAIT);
        assertThat(accepted.closed()).isEmpty();
    }

    @Test
    void bytesThatComeAfterTheirEndWasToldAreNotCutOff() throws Exception {
        RawStream sending = begin("first, ");
        Stream stream = accepted.accept(WAIT);
        tellEnd(stream.id(), 13);
        assertThat(stream.readExactly(7, WAIT)).isEqualTo("first, ".getBytes(UTF_8));
        send(sending, "second");
        assertThat(stream.readToEnd(100, WAIT)).isEqualTo("second".getBytes(UTF_8));
    }

    @Test
    void anEndMayBeToldBeforeTheStreamBegins() throws Exception {
        tellEnd(0, 5);
        raw.sendBytes(new byte[] {1});
        assertThat(raw.heard()).as("the answer to a ping").isEqualTo((byte) 2);
        begin("whole");
        Stream stream = accepted.accept(WAIT);
        assertThat(stream.id()).isZero();
        assertThat(stream.readToEnd(100, WAIT)).isEqualTo("whole".getBytes(UTF_8));
    }

    @Test
    void anEndBeforeWhatHasArrivedIsAViolation() throws Exception {
        begin("too long");
        Stream stream = accepted.accept(WAIT);
        assertThat(stream.readExactly(8, WAIT)).isEqualTo("too long".getBytes(UTF_8));
        tellEnd(stream.id(), 5);
        assertClosedAsAViolation();
    }

    @Test
    void bytesBehindTheEndThatWasToldAreAViolation() throws Exception {
        RawStream sending = begin("who");
        Stream stream = accepted.accept(WAIT);
        tellEnd(stream.id(), 5);
        raw.sendBytes(new byte[] {1});
        assertThat(raw.heard()).as("the answer to a ping").isEqualTo((byte) 2);
        send(sending, "le and more");
        assertClosedAsAViolation();
    }

    @Test
    void twoDifferentEndsAreAViolation() throws Exception {
        begin("who");
        Stream stream = accepted.accept(WAIT);
        tellEnd(stream.id(), 5);
        tellEnd(stream.id(), 6);
        assertClosedAsAViolation();
    }

    @Test
    void anEndOfAStreamOnWhichThisSideAloneSendsIsAViolation() throws Exception {
        tellEnd(3, 0);
        assertClosedAsAViolation();
    }

    @Test
    void anEndOfWhatCanBeNoStreamIsAViolation() throws Exception {
        tellEnd(-1, 5);
        assertClosedAsAViolation();
    }

    @Test
    void manyEndsOfStreamsThatNeverCameHarmNobody() throws Exception {
        for (int i = 0; i < 3000; i++) {
            tellEnd(4_000_000L + 4L * i, i);
            if (i % 500 == 0) {
                raw.sendBytes(new byte[] {1});
                assertThat(raw.heard()).as("the answer to a ping").isEqualTo((byte) 2);
            }
        }
        begin("whole");
        Stream stream = accepted.accept(WAIT);
        tellEnd(stream.id(), 5);
        assertThat(stream.readToEnd(100, WAIT)).isEqualTo("whole".getBytes(UTF_8));
    }

    @Test
    void anEndThatCanTravelWithBytesIsNotTold() throws Exception {
        RawStream asking = begin("a");
        Stream stream = accepted.accept(WAIT);
        assertThat(stream.readExactly(1, WAIT)).hasSize(1);
        CompletableFuture<Void> answered = new CompletableFuture<>();
        stream.onReadable(() -> {
            stream.offer("answer".getBytes(UTF_8), 0, 6, false);
            stream.offer(new byte[0], 0, 0, true);
            answered.complete(null);
        });
        send(asking, "b");
        answered.get(WAIT.toSeconds(), TimeUnit.SECONDS);
        for (int i = 0; i < 3; i++) {
            raw.sendBytes(new byte[] {1});
            assertThat(raw.heard()).as("nothing but answers to pings").isEqualTo((byte) 2);
        }
    }

    @Test
    void nothingIsToldToAPeerThatDoesNotKnowOfItAndNothingTakenFromIt() throws Exception {
        end();
        connect(PLAIN);
        begin("asked");
        Stream stream = accepted.accept(WAIT);
        List<Byte> heard = new ArrayList<>();
        stream.write("answer".getBytes(UTF_8), WAIT);
        raw.sendBytes(new byte[] {1});
        heard.add(raw.heard());
        stream.finish(WAIT);
        raw.sendBytes(new byte[] {1});
        heard.add(raw.heard());
        raw.sendBytes(new byte[] {1});
        heard.add(raw.heard());
        assertThat(heard).containsOnly((byte) 2);
        tellEnd(stream.id(), 5);
        assertClosedAsAViolation();
    }
}
