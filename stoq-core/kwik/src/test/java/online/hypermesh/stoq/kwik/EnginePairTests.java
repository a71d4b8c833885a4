package online.hypermesh.stoq.kwik;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.SendStream;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.netty.NettyEngine;
import online.hypermesh.stoq.spi.TransportEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Both engines at both ends, with and without post-quantum protection. */
@Timeout(120)
class EnginePairTests {
    private static final Duration WAIT = Duration.ofSeconds(60);

    private final ExecutorService threads = Executors.newCachedThreadPool();

    static Stream<Arguments> pairs() {
        TransportEngine kwik = new KwikEngine();
        TransportEngine netty = new NettyEngine();
        return Stream.of(
                Arguments.of("netty", netty, "netty", netty, PostQuantum.REQUIRED),
                Arguments.of("netty", netty, "kwik", kwik, PostQuantum.REQUIRED),
                Arguments.of("kwik", kwik, "netty", netty, PostQuantum.REQUIRED),
                Arguments.of("kwik", kwik, "kwik", kwik, PostQuantum.REQUIRED),
                Arguments.of("netty", netty, "kwik", kwik, PostQuantum.OFF),
                Arguments.of("kwik", kwik, "netty", netty, PostQuantum.OFF),
                Arguments.of("kwik", kwik, "kwik", kwik, PostQuantum.OFF));
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    @ParameterizedTest(name = "{0} dials {2}, post-quantum {4}")
    @MethodSource("pairs")
    void enginesUnderstandEachOther(
            String dialing, TransportEngine dials, String accepting, TransportEngine accepts, PostQuantum policy)
            throws Exception {
        try (Transport server = Loopback.open(accepts, policy);
                Transport client = Loopback.open(dials, policy)) {
            Connection near = client.connect(new Endpoint(server.localAddress(), server.self()), WAIT);
            Connection far = server.accept(WAIT);
            assertThat(near.peer().id()).isEqualTo(server.self());
            assertThat(far.peer().id()).isEqualTo(client.self());
            Protection expected = policy == PostQuantum.OFF ? Protection.CLASSICAL : Protection.HYBRID;
            assertThat(near.protection()).isEqualTo(expected);
            assertThat(far.protection()).isEqualTo(expected);
            carriesBytes(near, far);
            carriesBytes(far, near);
            tellsResets(near, far);
            tellsResets(far, near);
            near.close(7, "enough");
            StoqException closed = catchThrowableOfType(StoqException.class, () -> far.accept(WAIT));
            assertThat(closed.code()).isEqualTo(StoqException.Code.CLOSED);
            assertThat(closed.remoteCode()).isEqualTo("7");
        }
    }

    private void carriesBytes(Connection from, Connection to) throws Exception {
        byte[] sent = new byte[1_000_000];
        for (int i = 0; i < sent.length; i += 4096) {
            sent[i] = (byte) (i >> 12);
        }
        var asking = from.open();
        Future<?> writing = threads.submit(() -> asking.write(sent, 0, sent.length, true, WAIT));
        var answering = to.accept(WAIT);
        assertThat(answering.readToEnd(sent.length, WAIT)).isEqualTo(sent);
        writing.get(60, TimeUnit.SECONDS);
        answering.write("got it".getBytes(UTF_8), 0, 6, true, WAIT);
        assertThat(asking.readToEnd(10, WAIT)).isEqualTo("got it".getBytes(UTF_8));
        SendStream oneWay = from.openUnidirectional();
        oneWay.write("one way".getBytes(UTF_8), 0, 7, true, WAIT);
        assertThat(to.acceptUnidirectional(WAIT).readToEnd(10, WAIT)).isEqualTo("one way".getBytes(UTF_8));
    }

    private static void tellsResets(Connection from, Connection to) {
        var broken = from.open();
        broken.write("begin".getBytes(UTF_8), WAIT);
        var seen = to.accept(WAIT);
        assertThat(seen.readExactly(5, WAIT)).isEqualTo("begin".getBytes(UTF_8));
        broken.resetSending(77);
        StoqException reset = catchThrowableOfType(StoqException.class, () -> seen.read(new byte[1], 0, 1, WAIT));
        assertThat(reset.code()).isEqualTo(StoqException.Code.STREAM_RESET);
        assertThat(reset.remoteCode()).isEqualTo("77");
        // the other direction goes on
        seen.write("still".getBytes(UTF_8), 0, 5, true, WAIT);
        assertThat(broken.readToEnd(10, WAIT)).isEqualTo("still".getBytes(UTF_8));
    }
}
