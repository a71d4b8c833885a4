package online.hypermesh.impl.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.TimeProof;
import online.hypermesh.impl.proof.driver.RoughtimeClient;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RoughtimeClientTests {
    private static final long SECONDS = 1_790_000_000;
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(20);

    private final List<DatagramSocket> sockets = new ArrayList<>();
    private final TimeChain chain = new TimeChain(context());

    private static ProofContext context() {
        return new ProofContext(
                new NetworkId(Digest.ZERO),
                1,
                "notes",
                Digest.ZERO,
                ProofNetwork.key(1).verifyKey(),
                Digest.ZERO,
                100,
                new byte[ProofContext.NONCE_LENGTH]);
    }

    @AfterEach
    void close() {
        sockets.forEach(DatagramSocket::close);
    }

    /** A server that sends what a script makes of each request. */
    private RoughtimeClient.Source serve(RoughtimeServer server, Function<byte[], List<byte[]>> script)
            throws IOException {
        DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getByName("::1"), 0));
        sockets.add(socket);
        Thread thread = new Thread(() -> {
            byte[] buffer = new byte[2048];
            while (!socket.isClosed()) {
                try {
                    DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                    socket.receive(packet);
                    for (byte[] answer : script.apply(Arrays.copyOf(buffer, packet.getLength()))) {
                        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                    }
                } catch (IOException e) {
                    return;
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
        return new RoughtimeClient.Source(server.key(), (InetSocketAddress) socket.getLocalSocketAddress());
    }

    private RoughtimeClient.Source honest(int seed) throws IOException {
        RoughtimeServer server = new RoughtimeServer(seed, SECONDS);
        return serve(server, request -> List.of(server.answer(request)));
    }

    private RoughtimeClient.Source silent(int seed) throws IOException {
        return serve(new RoughtimeServer(seed, SECONDS), request -> List.of());
    }

    private void holds(int samples) {
        TimeProof proof = chain.proof(SECONDS * 1000);
        assertThat(proof.samples()).hasSize(samples);
        assertThat(TimeChain.check(context(), proof, 0)).isEmpty();
    }

    @Test
    void answersOfSeveralSourcesFormAProof() throws IOException {
        List<RoughtimeClient.Source> sources = List.of(honest(60), honest(61), honest(62));

        List<RoughtimeClient.Answer> answers = new RoughtimeClient(LONG, 1).ask(chain, sources, 3);

        assertThat(answers).extracting(RoughtimeClient.Answer::source).containsExactlyElementsOf(sources);
        assertThat(answers.get(0).bounds()).isEqualTo(new Roughtime.Bounds(SECONDS, 3));
        holds(3);
    }

    @Test
    void whatIsLostIsAskedForAgainWithTheSamePacket() throws IOException {
        RoughtimeServer server = new RoughtimeServer(60, SECONDS);
        List<byte[]> requests = new ArrayList<>();
        RoughtimeClient.Source source = serve(server, request -> {
            synchronized (requests) {
                requests.add(request);
                return requests.size() < 3 ? List.of() : List.of(server.answer(request));
            }
        });

        new RoughtimeClient(SHORT, 10).ask(chain, source);

        synchronized (requests) {
            assertThat(requests).hasSizeGreaterThanOrEqualTo(3).allMatch(r -> Arrays.equals(r, requests.get(0)));
        }
        holds(1);
    }

    @Test
    void packetsThatDoNotHoldArePassedOver() throws IOException {
        RoughtimeServer server = new RoughtimeServer(60, SECONDS);
        RoughtimeServer stranger = new RoughtimeServer(61, SECONDS + 86_400);
        RoughtimeClient.Source source = serve(server, request -> {
            byte[] broken = server.answer(request);
            broken[broken.length - 1] ^= 1;
            return List.of(
                    new byte[0],
                    new byte[1400],
                    broken,
                    stranger.answer(request),
                    server.answer(Roughtime.request(server.key(), new byte[32])),
                    server.answer(request));
        });

        assertThat(new RoughtimeClient(LONG, 1).ask(chain, source)).isEqualTo(new Roughtime.Bounds(SECONDS, 3));
        holds(1);
    }

    @Test
    void sourcesThatAreSilentAreLeftOut() throws IOException {
        List<RoughtimeClient.Source> sources = List.of(honest(60), silent(61), honest(62));

        assertThat(new RoughtimeClient(Duration.ofMillis(300), 1).ask(chain, sources, 2))
                .extracting(RoughtimeClient.Answer::source)
                .containsExactly(sources.get(0), sources.get(2));
        holds(2);
    }

    @Test
    void tooFewAnswersAreATimeoutThatNamesTheSilent() throws IOException {
        List<RoughtimeClient.Source> sources = List.of(silent(60), silent(61), honest(62));

        HypermeshException e = catchThrowableOfType(
                HypermeshException.class, () -> new RoughtimeClient(SHORT, 2).ask(chain, sources, 2));

        assertThat(e.code()).isEqualTo(Code.TIMEOUT);
        assertThat(e)
                .hasMessageContaining("2 must answer")
                .hasMessageContaining(sources.get(0).toString())
                .hasMessageContaining(sources.get(1).toString())
                .hasMessageContaining("asked 2 times");
    }

    @Test
    void aPortWhereNobodyListensIsNamed() throws IOException {
        RoughtimeClient.Source source = honest(60);
        close();

        assertThatThrownBy(() -> new RoughtimeClient(SHORT, 3).ask(chain, source))
                .isInstanceOf(HypermeshException.class)
                .hasMessageContaining("nobody listens there");
    }

    @Test
    void anInterruptEndsTheWait() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Thread waiting = Thread.currentThread();
        RoughtimeClient.Source source = serve(new RoughtimeServer(60, SECONDS), request -> {
            asked.incrementAndGet();
            waiting.interrupt();
            return List.of();
        });
        List<RoughtimeClient.Source> sources = List.of(source, source);

        HypermeshException e = catchThrowableOfType(
                HypermeshException.class, () -> new RoughtimeClient(LONG, 1).ask(chain, sources, 1));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(e.code()).isEqualTo(Code.BUSY);
        assertThat(asked).hasValue(1);
    }

    @Test
    void whatCannotBeAskedIsRefusedBefore() throws IOException {
        RoughtimeClient client = new RoughtimeClient(LONG, 1);
        RoughtimeClient.Source source = honest(60);
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new RoughtimeClient.Source(source.key(), InetSocketAddress.createUnresolved("time", 2002)))
                .withMessageContaining("look its name up");
        assertThatIllegalArgumentException().isThrownBy(() -> client.ask(chain, List.of(), 1));
        assertThatIllegalArgumentException().isThrownBy(() -> client.ask(chain, List.of(source), 2));
        assertThatIllegalArgumentException().isThrownBy(() -> new RoughtimeClient(Duration.ZERO, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new RoughtimeClient(LONG, 11));
        for (int i = 0; i < TimeProof.MAX_SAMPLES; i++) {
            client.ask(chain, source);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> client.ask(chain, source))
                .withMessageContaining("the limit");
    }
}
