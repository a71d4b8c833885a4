package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import online.hypermesh.stoq.PathStatistics;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.spi.RawConnection;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.StreamSink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EarlyStreamTests {
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);

    @AfterEach
    void end() {
        timer.shutdownNow();
    }

    private static final class CountedStream implements RawStream {
        private int demands;
        private int resets;

        @Override
        public long id() {
            return 0;
        }

        @Override
        public void demand() {
            demands++;
        }

        @Override
        public boolean offer(byte[] bytes, int offset, int length, boolean last) {
            return true;
        }

        @Override
        public boolean unidirectional() {
            return false;
        }

        @Override
        public void resetSending(long code) {}

        @Override
        public void stopSending(long code) {}

        @Override
        public void reset(long code) {
            resets++;
        }
    }

    private static final class QuietConnection implements RawConnection {
        private long closedWith = -1;
        private boolean trusted;

        @Override
        public void trust() {
            trusted = true;
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        }

        @Override
        public String protocol() {
            return StoqProtocol.ALPN;
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
            return new CountedStream();
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
        public void close(long code, String reason) {
            closedWith = code;
        }
    }

    private static PeerIdentity somebody() {
        SigningKey key = SigningKey.generate(new SecureRandom());
        return new PeerIdentity(NodeId.of(key.verifyKey()), key.verifyKey(), List.of(), Standing.FULL);
    }

    @Test
    void aProvenPeersStreamsTakeNoByteBeforeTheHelloIsComplete() {
        AuthenticatedConnection connection =
                new AuthenticatedConnection(false, TransportLimits.DEFAULT, timer, Observers.NONE);
        connection.attach(new QuietConnection());
        connection.trust();
        CountedStream early = new CountedStream();
        connection.stream(early);
        assertThat(early.demands).isZero();

        connection.establish(
                somebody(), new Agreement(Protection.CLASSICAL, false, true), () -> Optional.of(Standing.FULL), null);
        assertThat(early.demands).isEqualTo(1);
        assertThat(connection.accept(Duration.ofSeconds(1))).isNotNull();

        CountedStream later = new CountedStream();
        connection.stream(later);
        assertThat(later.demands).isEqualTo(1);
    }

    @Test
    void aStrangerWhoOpensManyStreamsIsCutOff() {
        AuthenticatedConnection connection =
                new AuthenticatedConnection(false, TransportLimits.DEFAULT, timer, Observers.NONE);
        QuietConnection quiet = new QuietConnection();
        connection.attach(quiet);
        for (int i = 0; i < EngineConnection.MAX_EARLY_STREAMS; i++) {
            CountedStream early = new CountedStream();
            connection.stream(early);
            assertThat(early.resets).isEqualTo(1);
            assertThat(early.demands).isZero();
        }
        assertThat(connection.closed()).isEmpty();
        CountedStream oneTooMany = new CountedStream();
        connection.stream(oneTooMany);
        assertThat(oneTooMany.resets).isEqualTo(1);
        assertThat(oneTooMany.demands).isZero();
        assertThat(quiet.closedWith).isEqualTo(EngineConnection.CLOSE_PROTOCOL);
        assertThat(connection.closed()).isPresent();
        assertThat(quiet.trusted).isFalse();
    }

    @Test
    void aStrangerWhoFloodsTheHelloIsCutOff() {
        AuthenticatedConnection connection =
                new AuthenticatedConnection(false, TransportLimits.DEFAULT, timer, Observers.NONE);
        QuietConnection quiet = new QuietConnection();
        connection.attach(quiet);
        BufferedStream control = connection.openControl();
        control.data(new byte[HelloFrame.MAX_BYTES]);
        control.data(new byte[HelloFrame.MAX_BYTES]);
        assertThat(connection.closed()).isEmpty();
        control.data(new byte[1]);
        assertThat(quiet.closedWith).isEqualTo(EngineConnection.CLOSE_PROTOCOL);
    }

    @Test
    void whoHasProvenItselfMayOpenStreamsBeforeItIsToldSo() {
        AuthenticatedConnection connection =
                new AuthenticatedConnection(false, TransportLimits.DEFAULT, timer, Observers.NONE);
        QuietConnection quiet = new QuietConnection();
        connection.attach(quiet);
        connection.trust();
        assertThat(quiet.trusted).isTrue();
        for (int i = 0; i < 10 * EngineConnection.MAX_EARLY_STREAMS; i++) {
            CountedStream early = new CountedStream();
            connection.stream(early);
            assertThat(early.demands).isZero();
        }
        assertThat(connection.closed()).isEmpty();
    }

    @Test
    void theStreamOfTheHelloFlowsAtOnce() {
        AuthenticatedConnection connection =
                new AuthenticatedConnection(true, TransportLimits.DEFAULT, timer, Observers.NONE);
        connection.attach(new QuietConnection());
        CountedStream control = new CountedStream();
        connection.stream(control);
        assertThat(control.demands).isEqualTo(1);
        CountedStream early = new CountedStream();
        connection.stream(early);
        assertThat(early.demands).isZero();
    }
}
