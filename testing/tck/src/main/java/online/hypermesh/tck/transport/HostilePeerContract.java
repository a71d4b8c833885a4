package online.hypermesh.tck.transport;

import static online.hypermesh.tck.transport.Parties.WAIT;
import static online.hypermesh.tck.transport.Parties.await;
import static online.hypermesh.tck.transport.Parties.failure;
import static online.hypermesh.tck.transport.Parties.introduce;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import online.hypermesh.stoq.Call;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.ServiceLimits;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportMetrics;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.messaging.MessengerConfig;
import online.hypermesh.stoq.spi.TransportEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a {@link Messenger} does with an authenticated peer that does not keep to the protocol: frames are written by hand here,
 * from the specification, over any {@link TransportEngine}. After each the messenger must still serve others.
 */
@Timeout(120)
public abstract class HostilePeerContract {
    private static final int ECHO = 7;
    private static final int STREAMED = 8;
    private static final int MESSAGES = 9;
    private static final int LARGE = 10;

    private Parties parties;
    private Parties.Node alice;
    private Parties.Node bob;
    private NodeId bobId;
    private Party mallory;
    private Transport hostile;
    private final AtomicInteger received = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicReference<Consumer<Stream>> answer = new AtomicReference<>(stream -> {});

    /** For subclasses. */
    protected HostilePeerContract() {}

    /**
     * The engine under test, in which {@code [::1]} reaches every endpoint of one test.
     *
     * @return an engine that can run here
     */
    protected abstract TransportEngine engine();

    @BeforeEach
    void begin() {
        parties = new Parties(engine());
        alice = parties.open();
        bob = parties.open(new Party(), 0, MessengerConfig.DEFAULT.withMetrics(new TransportMetrics() {
            @Override
            public void requestServed(int service, String outcome, long nanos) {
                refused.addAndGet(outcome.equals("REFUSED") ? 1 : 0);
            }
        }));
        bobId = bob.party().id;
        bob.messenger().serve(ECHO, 1000, false, (peer, body) -> body);
        bob.messenger()
                .serve(
                        STREAMED,
                        ServiceLimits.DEFAULT,
                        exchange -> exchange.body().transferTo(exchange.answer()));
        bob.messenger().serve(LARGE, 10, false, (peer, body) -> new byte[Messenger.MAX_BODY_BYTES]);
        bob.messenger().receive(MESSAGES, 1000, false, (peer, body) -> {
            received.incrementAndGet();
            return body;
        });
        introduce(alice, bob);
        mallory = new Party();
        hostile = parties.transport(mallory, 0);
    }

    @AfterEach
    void end() throws Exception {
        parties.close();
    }

    private Connection dial() {
        return hostile.connect(bob.party().at(bob.transport()), WAIT);
    }

    private void othersAreServed() {
        assertThat(alice.messenger().request(bobId, ECHO, new byte[10], WAIT)).hasSize(10);
    }

    private static byte[] request(int service, int millis, int length, byte... body) {
        return ByteBuffer.allocate(11 + body.length)
                .put((byte) 1)
                .putShort((short) service)
                .putInt(millis)
                .putInt(length)
                .put(body)
                .array();
    }

    private static Stream sent(Connection connection, byte[] bytes, boolean last) {
        Stream stream = connection.open();
        stream.write(bytes, 0, bytes.length, last, WAIT);
        return stream;
    }

    private static StoqException.Code reading(Stream stream) {
        return failure(() -> stream.readToEnd(1 << 20, WAIT)).code();
    }

    /** Status and code of a refusal. */
    private static String refusal(Stream stream) {
        byte[] answer = stream.readToEnd(10_000, WAIT);
        assertThat(answer[0]).as("not handled").isEqualTo((byte) 2);
        int length = answer[6] & 0x1f;
        return new String(answer, 7, length, StandardCharsets.US_ASCII);
    }

    @Test
    void whatIsNoRequestIsReset() {
        Connection connection = dial();
        assertThat(reading(sent(connection, new byte[] {9, 1, 2, 3}, true))).isEqualTo(StoqException.Code.STREAM_RESET);
        assertThat(reading(sent(connection, new byte[] {0, 0, 0, 0, 1, 65}, true)))
                .as("a response nobody asked for")
                .isEqualTo(StoqException.Code.STREAM_RESET);
        othersAreServed();
        assertThat(connection.closed()).isEmpty();
    }

    @Test
    void aStreamThatIsResetBeforeItSaysAnythingIsClosedInBothDirections() {
        // Kwik tells the accepting side of a stream with its first byte only
        assumeFalse(engine().name().equals("kwik"));
        Connection connection = dial();
        for (int i = 0; i < 20; i++) {
            Stream stream = connection.open();
            stream.offer(new byte[0], 0, 0, false);
            stream.resetSending(i);
            assertThat(reading(stream)).isEqualTo(StoqException.Code.STREAM_RESET);
        }
        othersAreServed();
    }

    @Test
    void aTruncatedRequestIsResetAndReachesNoHandler() {
        Connection connection = dial();
        for (byte[] cut : List.of(new byte[] {1, 0}, request(ECHO, 5000, 10), request(ECHO, 5000, 10, new byte[9]))) {
            assertThat(reading(sent(connection, cut, true))).isEqualTo(StoqException.Code.STREAM_RESET);
        }
        byte[] chunked = request(ECHO, 5000, -1, new byte[] {0, 0, 0, 5, 1, 2});
        assertThat(reading(sent(connection, chunked, true))).isEqualTo(StoqException.Code.STREAM_RESET);
        othersAreServed();
    }

    @Test
    void announcedSizesBeyondTheLimitAreRefusedByNameAndCostNoMemory() {
        Connection connection = dial();
        assertThat(refusal(sent(connection, request(ECHO, 5000, 1001), true))).isEqualTo("LIMIT_EXCEEDED");
        assertThat(refusal(sent(connection, request(ECHO, 5000, Integer.MAX_VALUE), false)))
                .isEqualTo("LIMIT_EXCEEDED");
        assertThat(refusal(sent(connection, request(ECHO, 5000, -2), true))).isEqualTo("LIMIT_EXCEEDED");
        assertThat(refusal(sent(connection, request(999, 5000, 0), true))).isEqualTo("UNKNOWN_SERVICE");
        othersAreServed();
    }

    @Test
    void malformedChunksAreReset() {
        Connection connection = dial();
        for (int length : new int[] {65_537, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            byte[] chunk = ByteBuffer.allocate(4).putInt(length).array();
            for (int service : new int[] {ECHO, STREAMED}) {
                Stream stream = sent(connection, request(service, 5000, -1, chunk), false);
                byte[] answer = answerOrReset(stream);
                assertThat(answer.length == 0 || answer[0] != 0)
                        .as("no success")
                        .isTrue();
            }
        }
        othersAreServed();
    }

    private static byte[] answerOrReset(Stream stream) {
        try {
            return stream.readToEnd(10_000, WAIT);
        } catch (StoqException e) {
            assertThat(e.code()).isEqualTo(StoqException.Code.STREAM_RESET);
            return new byte[0];
        }
    }

    @Test
    void bytesAfterARequestResetItsStream() {
        Connection connection = dial();
        CountDownLatch release = new CountDownLatch(1);
        bob.messenger().serve(ECHO, 1000, false, (peer, body) -> {
            await(release);
            return body;
        });
        Stream stream = sent(connection, request(ECHO, 20_000, 1, (byte) 5, (byte) 6), false);
        assertThat(reading(stream)).isEqualTo(StoqException.Code.STREAM_RESET);
        release.countDown();
        bob.messenger().serve(ECHO, 1000, false, (peer, body) -> body);
        othersAreServed();
    }

    @Test
    void aRequestThatIsNeverFinishedEndsAtItsDeadline() {
        Connection connection = dial();
        for (int service : new int[] {ECHO, STREAMED}) {
            Stream stream = sent(connection, request(service, 300, 500, new byte[20]), false);
            long began = System.nanoTime();
            byte[] told = answerOrReset(stream);
            assertThat(told.length == 0 || told[0] == 2)
                    .as("given up, or told so")
                    .isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(WAIT);
        }
        othersAreServed();
    }

    @Test
    void aPeerThatNeverReadsHoldsNoThread() {
        Connection connection = dial();
        List<Stream> unread = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            unread.add(sent(connection, request(LARGE, 20_000, 0), true));
        }
        await(() ->
                unread.stream().filter(s -> s.readNow(new byte[1], 0, 1) == 1).count() >= 1);
        for (int i = 0; i < 50; i++) {
            othersAreServed();
        }
    }

    @Test
    void memoryOfOnePeersUnreadAnswersIsBounded() {
        Connection connection = dial();
        AtomicInteger made = new AtomicInteger();
        bob.messenger().serve(LARGE, 10, false, (peer, body) -> {
            made.incrementAndGet();
            return new byte[Messenger.MAX_BODY_BYTES];
        });
        for (int i = 0; i < 60; i++) {
            sent(connection, request(LARGE, 20_000, 0), true);
        }
        await(() -> refused.get() >= 60 - 17);
        assertThat(made.get()).as("64 MiB, and what eight workers add").isBetween(8, 17);
        othersAreServed();
    }

    @Test
    void aPeerThatConnectsAgainHasNoFreshShare() {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        bob.messenger().serve(LARGE, 10, false, (peer, body) -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            await(release);
            running.decrementAndGet();
            return body;
        });
        for (int round = 0; round < 3; round++) {
            Connection connection = dial();
            for (int i = 0; i < 8; i++) {
                sent(connection, request(LARGE, 20_000, 0), true);
            }
            await(() -> running.get() == 8);
            // the last of them is answered at once, so those before have been looked at
            refusal(sent(connection, request(999, 5000, 0), true));
            connection.close(0, "");
        }
        othersAreServed();
        assertThat(most.get()).as("half of the workers").isEqualTo(8);
        release.countDown();
        await(() -> running.get() == 0);
    }

    @Test
    void oversizedAndCutMessagesEndTheirStreamAlone() {
        Connection connection = dial();
        byte[] good = ByteBuffer.allocate(7)
                .putShort((short) MESSAGES)
                .putInt(1)
                .put((byte) 1)
                .array();
        byte[] large =
                ByteBuffer.allocate(6).putShort((short) MESSAGES).putInt(1001).array();
        byte[] negative =
                ByteBuffer.allocate(6).putShort((short) MESSAGES).putInt(-1).array();
        byte[] elsewhere =
                ByteBuffer.allocate(9).putShort((short) 500).putInt(3).array();
        for (byte[] bad : List.of(large, negative)) {
            int before = received.get();
            byte[] bytes = ByteBuffer.allocate(1 + good.length + elsewhere.length + good.length + bad.length)
                    .put((byte) 2)
                    .put(good)
                    .put(elsewhere)
                    .put(good)
                    .put(bad)
                    .array();
            Stream stream = sent(connection, bytes, false);
            assertThat(reading(stream)).isEqualTo(StoqException.Code.STREAM_RESET);
            await(() -> received.get() == before + 2);
        }
        othersAreServed();
    }

    /** Mallory answers; Alice asks. */
    private void maliciousServer(Consumer<Stream> behaviour) {
        answer.set(behaviour);
        hostile.onConnection(connection -> connection.onStream(
                stream -> stream.onReadable(() -> answer.get().accept(stream))));
        alice.messenger().route(mallory.at(hostile));
    }

    private static void offer(Stream stream, boolean last, int... bytes) {
        byte[] out = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            out[i] = (byte) bytes[i];
        }
        stream.offer(out, 0, out.length, last);
    }

    private StoqException asked(Duration deadline) {
        StoqException streamed;
        try (Call call = alice.messenger().call(mallory.id, ECHO, RequestOptions.within(deadline))) {
            streamed = failure(() -> {
                call.body().close();
                call.answer().readAllBytes();
            });
        }
        StoqException whole = failure(() -> alice.messenger().request(mallory.id, ECHO, new byte[1], deadline));
        assertThat(streamed.code()).isEqualTo(whole.code());
        return whole;
    }

    @Test
    void answersThatAreNoneFailTyped() {
        maliciousServer(stream -> offer(stream, true, 99, 0, 0, 0, 0));
        assertThat(asked(WAIT).code()).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        maliciousServer(stream -> offer(stream, true, 0, 0xff, 0, 0, 0));
        assertThat(asked(WAIT).code()).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        maliciousServer(stream -> offer(stream, true, 0, 0, 0, 0, 5, 1, 2));
        assertThat(asked(WAIT).code()).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        maliciousServer(stream -> offer(stream, true, 1, 0, 0, 0, 2, 0x80, 0x80));
        assertThat(asked(WAIT).code()).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        maliciousServer(stream -> offer(stream, true, 3, 0, 0, 0, 0, 0x7f, 0, 0, 0));
        assertThat(asked(WAIT).code()).isEqualTo(StoqException.Code.MALFORMED_FRAME);
        maliciousServer(stream -> offer(stream, true, 0, 0x7f, 0, 0, 0));
        assertThat(asked(WAIT).code()).isEqualTo(StoqException.Code.LIMIT_EXCEEDED);
        maliciousServer(stream -> stream.reset(77));
        assertThat(asked(WAIT).code()).isEqualTo(StoqException.Code.STREAM_RESET);
    }

    @Test
    void anAnswerThatNeverComesEndsAtTheDeadline() {
        maliciousServer(stream -> stream.reset(77));
        assertThat(asked(WAIT).code()).as("connected from now on").isEqualTo(StoqException.Code.STREAM_RESET);
        maliciousServer(stream -> offer(stream, false, 0, 0, 0));
        assertThat(asked(Duration.ofMillis(400)).code()).isEqualTo(StoqException.Code.TIMEOUT);
    }

    @Test
    void bytesAfterAnAnswerDoNoHarm() {
        maliciousServer(stream -> offer(stream, false, 0, 0, 0, 0, 1, 42, 1, 2, 3));
        assertThat(alice.messenger().request(mallory.id, ECHO, new byte[1], WAIT))
                .containsExactly(42);
        othersAreServed();
    }
}
