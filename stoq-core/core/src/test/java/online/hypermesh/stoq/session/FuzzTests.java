package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import online.hypermesh.stoq.Credentials;
import online.hypermesh.stoq.LeafBinding;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.SelfSignedLeaf;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MlKem768;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Feeds every decoder of the package damaged and made-up bytes, a fraction of a second each, or {@code -Dfuzz.minutes} each:
 * it takes them and writes the same again, or refuses them with a code, and nothing else.
 */
class FuzzTests {
    private static final long SEED = Long.getLong("fuzz.seed", 20261122L);
    private static final Duration TIME =
            Duration.ofMillis((long) (60_000 * Double.parseDouble(System.getProperty("fuzz.minutes", "0.0033"))));
    private static final int MAX_ROUNDS_BETWEEN_CLOCKS = 64;
    private static final Set<StoqException.Code> REFUSALS = Set.of(
            StoqException.Code.MALFORMED_FRAME,
            StoqException.Code.LIMIT_EXCEEDED,
            StoqException.Code.VERSION_MISMATCH,
            StoqException.Code.UNKNOWN_CAPABILITY,
            StoqException.Code.HANDSHAKE_FAILED);

    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final SigningKey KEY = SigningKey.fromSeed(new byte[32]);
    private static final Credentials CREDENTIALS = SelfSignedLeaf.create(KEY, NETWORK, Duration.ofHours(1));
    private static final List<byte[]> CHAIN = PeerLeaves.encoded(CREDENTIALS.chain());
    private static final HelloProof SIGNED = new HelloProof.Signed(Signature.of(new byte[64]));
    private static final Terms TERMS = new Terms(
            Protection.CLASSICAL,
            PostQuantum.REQUIRED,
            MlKem768.fromSeed(new byte[64]).encapsulationKey(),
            true,
            true);
    private static final HeldTickets.Given GIVEN = new HeldTickets.Given(new byte[100], new byte[32], 60);
    private static final Selection SELECTION =
            new Selection(Optional.of(new byte[MlKem768.CIPHERTEXT_LENGTH]), Optional.of(GIVEN));
    private static final HelloFrame.ClientCore CLIENT_CORE = new HelloFrame.ClientCore(
            List.of(1, 3),
            NETWORK,
            NodeId.of(KEY.verifyKey()),
            Digest.ZERO,
            new byte[32],
            TERMS.offers(),
            CHAIN,
            new byte[100]);
    private static final HelloFrame.ServerCore SERVER_CORE =
            new HelloFrame.ServerCore(SELECTION.offers(), CHAIN, new byte[5]);

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);

    @AfterEach
    void end() {
        timer.shutdownNow();
    }

    /**
     * A decoder.
     *
     * @param name for people
     * @param samples what it takes
     * @param again decodes and encodes; null if the bytes were refused without a code
     */
    private record Decoder(String name, List<byte[]> samples, UnaryOperator<byte[]> again) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Decoder> decoders() {
        return Stream.of(
                new Decoder(
                        "frames",
                        List.of(
                                new HelloFrame.Challenge(List.of(1), new byte[32], TERMS.offers()).encode(),
                                new HelloFrame.ClientHello(1, CLIENT_CORE.encode(), SIGNED).encode(),
                                new HelloFrame.ClientHello(
                                                1, new byte[9], new HelloProof.Resumed(new byte[100], Digest.ZERO))
                                        .encode(),
                                new HelloFrame.ServerHello(SERVER_CORE.encode(), SIGNED).encode(),
                                new HelloFrame.Accepted().encode(),
                                new HelloFrame.Refusal("BUSY", "later").encode(),
                                new HelloFrame.SignInstead().encode()),
                        bytes -> HelloFrame.decode(bytes).encode()),
                new Decoder(
                        "client cores",
                        List.of(CLIENT_CORE.encode()),
                        bytes -> HelloFrame.ClientCore.decode(bytes).encode()),
                new Decoder(
                        "server cores",
                        List.of(SERVER_CORE.encode()),
                        bytes -> HelloFrame.ServerCore.decode(bytes).encode()),
                new Decoder(
                        "given tickets",
                        List.of(GIVEN.encode()),
                        bytes -> HeldTickets.Given.decode(bytes).encode()),
                new Decoder("offers", List.of(CLIENT_CORE.encode()), bytes -> {
                    HelloFrame.ClientCore core = HelloFrame.ClientCore.decode(bytes);
                    Terms terms = Terms.of(core.offers());
                    assertThat(Terms.of(terms.offers()).offers()).hasSameSizeAs(terms.offers());
                    return bytes;
                }),
                new Decoder("selections", List.of(SERVER_CORE.encode()), bytes -> {
                    Selection.of(HelloFrame.ServerCore.decode(bytes).selection());
                    return bytes;
                }),
                new Decoder("leaves", List.of(CHAIN.get(0)), bytes -> {
                    PeerLeaves.Leaf leaf = new PeerLeaves().of(bytes);
                    assertThat(leaf.hash()).isEqualTo(Digest.sha256(bytes));
                    return bytes;
                }),
                new Decoder(
                        "bindings",
                        List.of(LeafBinding.of(CREDENTIALS.chain().get(0)).encode()),
                        bytes -> LeafBinding.decode(bytes).encode()),
                new Decoder(
                        "control frames",
                        List.of(new byte[] {
                            1, 4, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 5, 2, 5, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 1, 2,
                            3, 3
                        }),
                        FuzzTests::controlFrames),
                tickets());
    }

    /** Reads frames and writes them again; what is cut off at the end is left as it is. */
    private static byte[] controlFrames(byte[] bytes) {
        ControlReader reader = new ControlReader(true);
        ByteBuffer again = ByteBuffer.wrap(bytes.clone());
        for (byte next : bytes) {
            ControlFrame frame = reader.next(next);
            if (frame != null) {
                again.put(frame.encode());
            }
        }
        return again.array();
    }

    private static Decoder tickets() {
        TicketIssuer issuer = new TicketIssuer(TransportConfig.builder(
                        NETWORK,
                        KEY.verifyKey(),
                        () -> CREDENTIALS,
                        evidence -> new PeerVerifier.Judgement.Accepted(Standing.FULL))
                .build());
        byte[] genuine =
                issuer.issue(issuer.claim(new PeerLeaves().of(CHAIN.get(0))).orElseThrow());
        return new Decoder("tickets", List.of(genuine), bytes -> {
            if (issuer.redeem(bytes).isPresent()) {
                return genuine;
            }
            return bytes;
        });
    }

    private static byte[] damaged(List<byte[]> samples, SplittableRandom random) {
        byte[] bytes = samples.get(random.nextInt(samples.size())).clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(bytes.length + 1);
            switch (random.nextInt(6)) {
                case 0 -> bytes = Arrays.copyOf(bytes, at);
                case 1 -> {
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(40));
                    System.arraycopy(bytes, at, longer, longer.length - (bytes.length - at), bytes.length - at);
                    bytes = longer;
                }
                case 2 -> {
                    byte[] other = samples.get(random.nextInt(samples.size()));
                    int from = random.nextInt(other.length + 1);
                    byte[] joined = Arrays.copyOf(bytes, at + other.length - from);
                    System.arraycopy(other, from, joined, at, other.length - from);
                    bytes = joined;
                }
                default -> {
                    if (bytes.length > 0) {
                        int changed = random.nextInt(Math.min(bytes.length, random.nextBoolean() ? 64 : 1 << 20));
                        bytes[changed] = (byte)
                                (random.nextBoolean() ? random.nextInt() : bytes[changed] ^ 1 << random.nextInt(8));
                    }
                }
            }
        }
        return bytes;
    }

    @ParameterizedTest
    @MethodSource("decoders")
    void whateverArrivesIsTakenAsItIsOrRefusedWithACode(Decoder decoder) {
        SplittableRandom random = new SplittableRandom(SEED);
        decoder.samples()
                .forEach(sample -> assertThat(decoder.again().apply(sample)).isEqualTo(sample));
        rounds(() -> {
            byte[] bytes = damaged(decoder.samples(), random);
            try {
                assertThat(decoder.again().apply(bytes)).isEqualTo(bytes);
            } catch (StoqException e) {
                assertThat(e.code()).isIn(REFUSALS);
            }
        });
    }

    private static void rounds(Runnable round) {
        long end = System.nanoTime() + TIME.toNanos();
        while (System.nanoTime() < end) {
            for (int i = 0; i < MAX_ROUNDS_BETWEEN_CLOCKS; i++) {
                round.run();
            }
        }
    }

    /** An engine's stream that takes everything and gives nothing. */
    private static final class Sponge implements RawStream {
        @Override
        public long id() {
            return 0;
        }

        @Override
        public boolean unidirectional() {
            return false;
        }

        @Override
        public void demand() {}

        @Override
        public boolean offer(byte[] bytes, int offset, int length, boolean last) {
            return true;
        }

        @Override
        public void resetSending(long code) {}

        @Override
        public void stopSending(long code) {}

        @Override
        public void reset(long code) {}
    }

    private BufferedStream stream() {
        PlainConnection connection = new PlainConnection("peer", true, TransportLimits.DEFAULT, timer, Observers.NONE);
        return new BufferedStream(connection, true, true, null);
    }

    @ParameterizedTest
    @MethodSource("pieces")
    void framesComeThroughInAnyPiecesAndLengthsAreLimited(int longest) {
        SplittableRandom random = new SplittableRandom(SEED + longest);
        List<byte[]> frames = List.of(CLIENT_CORE.encode(), new byte[1], new byte[] {1, 2, 3});
        rounds(() -> {
            BufferedStream stream = stream();
            stream.attach(new Sponge());
            FrameChannel channel = new FrameChannel(stream);
            byte[] sent = frames.get(random.nextInt(frames.size()));
            byte[] wire = ByteBuffer.allocate(4 + sent.length)
                    .putInt(sent.length)
                    .put(sent)
                    .array();
            boolean broken = random.nextInt(4) == 0;
            if (broken) {
                wire[random.nextInt(3)] ^= (byte) (1 + random.nextInt(255));
            }
            List<byte[]> received = new ArrayList<>();
            try {
                for (int at = 0; at < wire.length; ) {
                    int n = Math.min(wire.length - at, 1 + random.nextInt(longest));
                    stream.data(Arrays.copyOfRange(wire, at, at + n));
                    at += n;
                    for (byte[] frame = channel.poll(); frame != null; frame = channel.poll()) {
                        received.add(frame);
                    }
                }
                if (!broken) {
                    assertThat(received).hasSize(1);
                    assertThat(received.get(0)).isEqualTo(sent);
                }
            } catch (StoqException e) {
                assertThat(broken).isTrue();
                assertThat(e.code()).isEqualTo(StoqException.Code.LIMIT_EXCEEDED);
            }
        });
    }

    static Stream<Integer> pieces() {
        return Stream.of(1 << 16, 5);
    }

    /** What follows the hello on its stream: pings, farewells, codes of stopped streams, ends; anything else ends the connection. */
    @ParameterizedTest
    @MethodSource("pieces")
    void theControlStreamTakesItsMessagesOrEndsTheConnection(int longest) {
        SplittableRandom random = new SplittableRandom(SEED + 2L * longest);
        PeerIdentity peer = new PeerIdentity(NodeId.of(KEY.verifyKey()), KEY.verifyKey(), List.of(), Standing.FULL);
        rounds(() -> {
            AuthenticatedConnection connection =
                    new AuthenticatedConnection(false, TransportLimits.DEFAULT, timer, Observers.NONE);
            connection.attach(new NoConnection());
            BufferedStream control = connection.openControl();
            connection.establish(
                    peer, new Agreement(Protection.CLASSICAL, false, true), () -> Optional.of(Standing.FULL), null);
            byte[] genuine = {
                1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 5, 1, 5, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 3, 0, 3, 2
            };
            byte[] bytes = damaged(List.of(genuine), random);
            for (int at = 0; at < bytes.length; ) {
                int n = Math.min(bytes.length - at, 1 + random.nextInt(longest));
                control.data(Arrays.copyOfRange(bytes, at, at + n));
                at += n;
            }
            if (Arrays.equals(bytes, genuine)) {
                assertThat(connection.closed()).isEmpty();
                assertThat(connection.retiring()).isTrue();
            }
            control.end();
            assertThat(connection.closed()).isPresent();
        });
    }

    /** An engine's connection that goes nowhere. */
    private static final class NoConnection implements RawConnection {
        @Override
        public String protocol() {
            return StoqProtocol.ALPN;
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        }

        @Override
        public List<X509Certificate> peerChain() {
            return List.of();
        }

        @Override
        public Optional<X509Certificate> localLeaf() {
            return Optional.empty();
        }

        @Override
        public RawStream open(boolean unidirectional, StreamSink sink) {
            return new Sponge();
        }

        @Override
        public int maxDatagramBytes() {
            return 0;
        }

        @Override
        public boolean sendDatagram(byte[] bytes) {
            return false;
        }

        @Override
        public CompletionStage<PathStatistics> statistics() {
            return CompletableFuture.completedStage(PathStatistics.UNKNOWN);
        }

        @Override
        public void close(long code, String reason) {}
    }

    /** Above a sealed stream: counts what comes up. */
    private static final class Counted implements StreamSink {
        private int bytes;
        private boolean ended;

        @Override
        public void opened() {}

        @Override
        public void data(byte[] content) {
            bytes += content.length;
        }

        @Override
        public void end() {
            ended = true;
        }

        @Override
        public void writable() {}

        @Override
        public void reset(OptionalLong code) {}

        @Override
        public void stopped(OptionalLong code) {}

        @Override
        public void failed(StoqException reason) {}
    }

    private static SealSecrets secrets(boolean client) {
        return SealSecrets.derive(client, new byte[32], new byte[32], Digest.ZERO, new SealCiphers());
    }

    @ParameterizedTest
    @MethodSource("pieces")
    void aSealedStreamGivesAPrefixOfWhatWasSentOrIsRefused(int longest) {
        SplittableRandom random = new SplittableRandom(SEED - longest);
        byte[] content = new byte[300];
        RecordSealer sealer = secrets(true).sealer(true, 0);
        byte[] first = Sealed.seal(sealer, content, 0, 200, false, 8);
        byte[] second = Sealed.seal(sealer, content, 200, 100, true, 0);
        byte[] wire = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, wire, first.length, second.length);
        SealSecrets server = secrets(false);
        SealedDatagrams datagrams = new SealedDatagrams(server);
        byte[] datagram = new SealedDatagrams(secrets(true)).seal(content);
        rounds(() -> {
            byte[] bytes = damaged(List.of(wire), random);
            List<StoqException> violations = new ArrayList<>();
            Counted above = new Counted();
            SealedStream stream = SealedStream.accepted(secrets(false), above, violations::add);
            stream.attach(new Sponge());
            for (int at = 0; at < bytes.length; ) {
                int n = Math.min(bytes.length - at, 1 + random.nextInt(longest));
                stream.data(Arrays.copyOfRange(bytes, at, at + n));
                at += n;
            }
            stream.end();
            assertThat(above.bytes).isIn(0, 200, 300);
            assertThat(above.ended).isEqualTo(Arrays.equals(bytes, wire));
            assertThat(violations.isEmpty()).isEqualTo(above.ended);
            byte[] changed = damaged(List.of(datagram), random);
            if (!Arrays.equals(changed, datagram)) {
                assertThat(datagrams.open(changed)).isNull();
            }
        });
        assertThat(datagrams.open(datagram)).isEqualTo(content);
    }
}
