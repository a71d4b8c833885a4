package online.hypermesh.tck.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.ConnectionEvent;
import online.hypermesh.stoq.ConnectionStatistics;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.QuicConnection;
import online.hypermesh.stoq.ReceiveStream;
import online.hypermesh.stoq.SendStream;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.StreamIoException;
import online.hypermesh.stoq.TlsPeerVerifier;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportConfig;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.session.Transports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Behaviour of a {@link Connection} over any {@link online.hypermesh.stoq.spi.TransportEngine}, once it is established; extend
 * and supply the engine.
 */
@Timeout(120)
public abstract class ConnectionContract extends TwoParties {
    private static final TlsPeerVerifier ANY_SERVER = chain -> new PeerVerifier.Judgement.Accepted(Standing.FULL);

    /** For subclasses. */
    protected ConnectionContract() {}

    private Transport open(TransportConfig.Builder config) {
        return keep(Transports.open(config.bind(Party.loopback(0)).build(), engine));
    }

    private static TransportConfig.Builder config(Party party) {
        return TransportConfig.builder(party.network, party.nodeKey.verifyKey(), party.credentials::get, Party.ANYBODY);
    }

    private static void writeUntilItFails(SendStream stream) {
        while (true) {
            stream.write(new byte[1000], WAIT);
        }
    }

    @Test
    void aUnidirectionalStreamCarriesBytesFromTheSideThatOpensIt() {
        Pair pair = connected();
        SendStream fromClient = pair.dialed().openUnidirectional();
        byte[] sent = pattern(300_000, 1);
        Future<?> writing = threads.submit(() -> fromClient.write(sent, 0, sent.length, true, WAIT));
        assertThat(pair.accepted().acceptUnidirectional(WAIT).readToEnd(sent.length, WAIT))
                .isEqualTo(sent);
        assertThat(writing).succeedsWithin(WAIT);

        pair.accepted().openUnidirectional().write("back".getBytes(UTF_8), 0, 4, true, WAIT);
        ReceiveStream back = pair.dialed().acceptUnidirectional(WAIT);
        assertThat(back.readToEnd(10, WAIT)).isEqualTo("back".getBytes(UTF_8));
        assertThat(back.connection()).isSameAs(pair.dialed());
    }

    @Test
    void moreUnidirectionalStreamsThanAreAllowedAtOnceFollowOneAnother() {
        Transport listening = open(server, TransportLimits.DEFAULT.withCounts(16, 16, 8));
        Connection dialed = open(client).connect(server.at(listening), WAIT);
        Connection accepted = listening.accept(WAIT);
        for (int i = 0; i < 100; i++) {
            dialed.openUnidirectional().write(new byte[] {(byte) i}, 0, 1, true, WAIT);
            assertThat(accepted.acceptUnidirectional(WAIT).readToEnd(1, WAIT)).containsExactly(i);
        }
    }

    @Test
    void aDirectionThatIsResetLeavesTheOtherOpen() {
        Pair pair = connected();
        Stream stream = pair.dialed().open();
        stream.write("begin".getBytes(UTF_8), WAIT);
        Stream atServer = pair.accepted().accept(WAIT);
        assertThat(atServer.readExactly(5, WAIT)).isEqualTo("begin".getBytes(UTF_8));
        stream.resetSending(77);
        StoqException seen = failure(() -> atServer.read(new byte[1], 0, 1, WAIT));
        assertThat(seen.code()).isEqualTo(StoqException.Code.STREAM_RESET);
        assertThat(seen.remoteCode()).isEqualTo("77");
        atServer.write("anyway".getBytes(UTF_8), 0, 6, true, WAIT);
        assertThat(stream.readToEnd(10, WAIT)).isEqualTo("anyway".getBytes(UTF_8));
        assertEchoes(pair);
    }

    @Test
    void stoppingReachesTheWriterWithItsCodeAndLeavesTheOtherDirectionOpen() {
        Pair pair = connected();
        Stream stream = pair.dialed().open();
        stream.write("begin".getBytes(UTF_8), WAIT);
        Stream atServer = pair.accepted().accept(WAIT);
        atServer.readExactly(5, WAIT);
        atServer.stopSending(88);
        StoqException seen = failure(() -> writeUntilItFails(stream));
        assertThat(seen.code()).isEqualTo(StoqException.Code.STREAM_STOPPED);
        assertThat(seen.remoteCode()).isEqualTo("88");
        assertThat(failure(() -> atServer.read(new byte[1], 0, 1, WAIT)).code()).isEqualTo(StoqException.Code.CLOSED);
        atServer.write("anyway".getBytes(UTF_8), 0, 6, true, WAIT);
        assertThat(stream.readToEnd(10, WAIT)).isEqualTo("anyway".getBytes(UTF_8));
        assertEchoes(pair);
    }

    @Test
    void aWriterThatIsBlockedIsToldThatItWasStopped() {
        Pair pair = connected();
        SendStream stream = pair.dialed().openUnidirectional();
        Future<StoqException> writer = threads.submit(() -> failure(() -> writeUntilItFails(stream)));
        ReceiveStream reading = pair.accepted().acceptUnidirectional(WAIT);
        reading.stopSending(5);
        assertThat(writer)
                .succeedsWithin(WAIT)
                .satisfies(seen -> assertThat(seen.code()).isEqualTo(StoqException.Code.STREAM_STOPPED))
                .satisfies(seen -> assertThat(seen.remoteCode()).isEqualTo("5"));
    }

    @Test
    void anInterruptedWriterKeepsItsInterruptFlag() throws Exception {
        Pair pair = connected();
        SendStream stream = pair.dialed().openUnidirectional();
        CompletableFuture<StoqException.Code> seen = new CompletableFuture<>();
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread writer = new Thread(() -> {
            seen.complete(failure(() -> writeUntilItFails(stream)).code());
            flag.complete(Thread.currentThread().isInterrupted());
        });
        writer.start();
        awaitFact(() -> writer.getState() == Thread.State.TIMED_WAITING);
        writer.interrupt();
        assertThat(seen.get(60, TimeUnit.SECONDS)).isEqualTo(StoqException.Code.INTERRUPTED);
        assertThat(flag.get(60, TimeUnit.SECONDS)).isTrue();
        assertEchoes(pair);
    }

    @Test
    void streamsAreInputAndOutputStreams() throws Exception {
        Pair pair = connected();
        byte[] sent = pattern(100_000, 3);
        Future<?> writing = threads.submit(() -> {
            try (OutputStream out = pair.dialed().open().output(WAIT)) {
                out.write(sent[0]);
                out.write(sent, 1, sent.length - 1);
            }
            return null;
        });
        Stream atServer = pair.accepted().accept(WAIT);
        assertThat(atServer.input(WAIT).readAllBytes()).isEqualTo(sent);
        assertThat(writing).succeedsWithin(WAIT);

        Stream silent = pair.dialed().open();
        StreamIoException late = catchThrowableOfType(
                StreamIoException.class,
                () -> silent.input(Duration.ofMillis(50)).read());
        assertThat(late.failure().code()).isEqualTo(StoqException.Code.TIMEOUT);
    }

    @Test
    void streamsAreChannels() throws Exception {
        Pair pair = connected();
        byte[] sent = pattern(200_000, 4);
        Future<?> writing = threads.submit(() -> {
            try (WritableByteChannel out = pair.dialed().open().writableChannel(WAIT)) {
                out.write(ByteBuffer.allocateDirect(sent.length).put(sent).flip());
            }
            return null;
        });
        ByteBuffer received = ByteBuffer.allocateDirect(sent.length + 1);
        try (ReadableByteChannel in = pair.accepted().accept(WAIT).readableChannel(WAIT)) {
            while (in.read(received) >= 0) {
                assertThat(received.hasRemaining()).isTrue();
            }
            assertThat(Channels.newInputStream(in).read()).isEqualTo(-1);
        }
        byte[] copy = new byte[received.flip().remaining()];
        received.get(copy);
        assertThat(copy).isEqualTo(sent);
        assertThat(writing).succeedsWithin(WAIT);
    }

    @Test
    void sendsFollowOneAnotherWithoutWaiting() throws Exception {
        Pair pair = connected();
        Stream stream = pair.dialed().openAsync().get(60, TimeUnit.SECONDS);
        assertThat(stream.id()).isNotNegative();
        List<CompletableFuture<Void>> sends = new ArrayList<>();
        byte[] all = new byte[600 * 5000];
        for (int i = 0; i < 600; i++) {
            byte[] part = pattern(5000, i);
            System.arraycopy(part, 0, all, i * 5000, 5000);
            sends.add(stream.send(part, i == 599));
        }
        assertThat(pair.accepted().accept(WAIT).readToEnd(all.length, WAIT)).isEqualTo(all);
        for (CompletableFuture<Void> send : sends) {
            assertThat(send).succeedsWithin(WAIT);
        }
    }

    @Test
    void sendsThatWaitAreBoundedAndCanBeTakenBack() {
        Pair pair = connected();
        SendStream stream = pair.dialed().openUnidirectional();
        List<CompletableFuture<Void>> sends = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            sends.add(stream.send(pattern(1 << 20, i), false));
        }
        CompletableFuture<Void> refused = sends.get(63);
        assertThat(refused).isCompletedExceptionally();
        ExecutionException busy = catchThrowableOfType(ExecutionException.class, refused::get);
        assertThat(((StoqException) busy.getCause()).code()).isEqualTo(StoqException.Code.BUSY);
        List<CompletableFuture<Void>> waiting =
                sends.stream().filter(send -> !send.isDone()).toList();
        assertThat(waiting).hasSizeGreaterThan(2);
        CompletableFuture<Void> withdrawn = waiting.get(waiting.size() - 1);
        assertThat(withdrawn.cancel(true)).isTrue();
        CompletableFuture<Void> last = stream.send(new byte[] {42}, true);
        ReceiveStream reading = pair.accepted().acceptUnidirectional(WAIT);
        long taken =
                sends.stream().filter(send -> !send.isCompletedExceptionally()).count();
        byte[] received = reading.readToEnd(80 << 20, WAIT);
        assertThat(last).succeedsWithin(WAIT);
        assertThat(received).hasSize((int) (taken << 20) + 1);
        assertThat(received[received.length - 1]).isEqualTo((byte) 42);
    }

    @Test
    void datagramsArriveWholeAndTheirLimitIsVisible() {
        Pair pair = connected();
        int max = pair.dialed().maxDatagramBytes();
        assertThat(max).isBetween(1000, 65_000);
        byte[] sent = pattern(max, 9);
        AtomicBoolean arrived = new AtomicBoolean();
        pair.accepted().onDatagram(bytes -> arrived.compareAndSet(false, java.util.Arrays.equals(bytes, sent)));
        awaitFact(() -> {
            pair.dialed().sendDatagram(sent);
            return arrived.get();
        });
        BlockingQueue<byte[]> back = new LinkedBlockingQueue<>();
        pair.dialed().onDatagram(back::add);
        awaitFact(() -> {
            pair.accepted().sendDatagram("back".getBytes(UTF_8));
            return !back.isEmpty();
        });
        assertThat(back).first().isEqualTo("back".getBytes(UTF_8));
        StoqException tooLarge = failure(() -> pair.dialed().sendDatagram(new byte[70_000]));
        assertThat(tooLarge.code()).isEqualTo(StoqException.Code.LIMIT_EXCEEDED);
        assertThat(failure(() -> pair.accepted().receiveDatagram(Duration.ofMillis(20)))
                        .code())
                .as("a handler took them")
                .isEqualTo(StoqException.Code.TIMEOUT);
    }

    @Test
    void datagramsThatNobodyReadsAreDroppedAndCounted() {
        Transport listening = open(
                server,
                TransportLimits.DEFAULT.toBuilder().maxDatagramsWaiting(4).build());
        Connection dialed = open(client).connect(server.at(listening), WAIT);
        Connection accepted = listening.accept(WAIT);
        awaitFact(() -> {
            dialed.sendDatagram(new byte[100]);
            return accepted.statistics(WAIT).datagramsDropped() > 10;
        });
        assertThat(accepted.statistics(WAIT).datagramsReceived()).isEqualTo(4);
        for (int i = 0; i < 4; i++) {
            assertThat(accepted.receiveDatagram(WAIT)).hasSize(100);
        }
    }

    @Test
    void statisticsCountWhatWasCarried() {
        Pair pair = connected();
        byte[] sent = pattern(500_000, 5);
        Stream stream = pair.dialed().open();
        Future<?> writing = threads.submit(() -> stream.write(sent, 0, sent.length, true, WAIT));
        Stream atServer = pair.accepted().accept(WAIT);
        assertThat(atServer.readToEnd(sent.length, WAIT)).isEqualTo(sent);
        assertThat(writing).succeedsWithin(WAIT);
        assertThat(pair.dialed().statistics(WAIT).streamsUnderWay()).isEqualTo(1);
        atServer.finish(WAIT);
        assertThat(stream.readToEnd(1, WAIT)).isEmpty();
        awaitFact(() -> pair.dialed().statistics(WAIT).streamsUnderWay() == 0);
        ConnectionStatistics dialed = pair.dialed().statistics(WAIT);
        assertThat(dialed.streamBytesSent()).isGreaterThanOrEqualTo(sent.length);
        assertThat(dialed.streamsOpened()).isEqualTo(1);
        ConnectionStatistics accepted = pair.accepted().statistics(WAIT);
        assertThat(accepted.streamBytesReceived()).isGreaterThanOrEqualTo(sent.length);
        assertThat(accepted.streamsAccepted()).isEqualTo(1);
        dialed.path().roundTripNanos().ifPresent(rtt -> assertThat(rtt).isBetween(1L, 10_000_000_000L));
        dialed.path().bytesSent().ifPresent(bytes -> assertThat(bytes).isGreaterThan(sent.length));
        dialed.path()
                .congestionWindowBytes()
                .ifPresent(window -> assertThat(window).isPositive());
        pair.dialed().close();
        assertThat(pair.dialed().statistics(WAIT).streamsOpened()).isEqualTo(1);
    }

    @Test
    void aListenerIsToldWhatHappens() {
        Queue<ConnectionEvent> atServer = new ConcurrentLinkedQueue<>();
        Queue<ConnectionEvent> atClient = new ConcurrentLinkedQueue<>();
        Transport listening = open(config(server).listener((connection, event) -> atServer.add(event)));
        Transport dialing = open(config(client).listener((connection, event) -> atClient.add(event)));
        Connection dialed = dialing.connect(server.at(listening), WAIT);
        listening.accept(WAIT);
        dialed.retire(Duration.ofMillis(300));
        awaitFact(() -> atServer.size() == 3 && atClient.size() == 3);
        assertThat(atClient)
                .extracting(Object::getClass)
                .containsExactly(
                        (Class) ConnectionEvent.Established.class,
                        ConnectionEvent.Draining.class,
                        ConnectionEvent.Closed.class);
        assertThat(atServer).contains(new ConnectionEvent.Draining(true));
        assertThat(atClient).contains(new ConnectionEvent.Draining(false));
        assertThat(atServer.stream().reduce((first, second) -> second).orElseThrow())
                .isInstanceOfSatisfying(
                        ConnectionEvent.Closed.class,
                        closed -> assertThat(closed.reason().code()).isEqualTo(StoqException.Code.CLOSED));
    }

    @Test
    void drainingLetsStreamsEndAndNobodyIn() throws Exception {
        Transport listening = open(server);
        Transport dialing = open(client);
        Connection dialed = dialing.connect(server.at(listening), WAIT);
        Connection accepted = listening.accept(WAIT);
        Stream stream = dialed.open();
        stream.write("question".getBytes(UTF_8), 0, 8, true, WAIT);
        Stream atServer = accepted.accept(WAIT);
        Future<?> draining = threads.submit(() -> listening.drain(WAIT));
        awaitFact(dialed::retiring);
        assertThat(failure(() -> dialing.connect(server.at(listening), WAIT)).code())
                .isEqualTo(StoqException.Code.BUSY);
        assertThat(atServer.readToEnd(10, WAIT)).isEqualTo("question".getBytes(UTF_8));
        atServer.write("answer".getBytes(UTF_8), 0, 6, true, WAIT);
        assertThat(stream.readToEnd(10, WAIT)).isEqualTo("answer".getBytes(UTF_8));
        dialed.close();
        draining.get(60, TimeUnit.SECONDS);
        assertThat(failure(() -> listening.accept(WAIT)).code()).isEqualTo(StoqException.Code.CLOSED);
    }

    @Test
    void aPlainProtocolRunsBesideStoqAndKnowsOnlyTls() {
        CompletableFuture<QuicConnection> plainAtServer = new CompletableFuture<>();
        Transport listening = open(config(server).plainProtocol("doq", connection -> {
            plainAtServer.complete(connection);
            connection.onStream(stream -> threads.execute(() -> echo(stream)));
        }));
        Transport dialing = open(client);
        Connection stoq = dialing.connect(server.at(listening), WAIT);
        Pair pair = new Pair(stoq, listening.accept(WAIT));
        QuicConnection plain = dialing.connectPlain(listening.localAddress(), "doq", ANY_SERVER, WAIT);
        assertThat(plain.protocol()).isEqualTo("doq");
        assertThat(plain.tlsPeer().get(0))
                .isEqualTo(server.credentials.get().chain().get(0));
        Stream stream = plain.open();
        stream.write("query".getBytes(UTF_8), 0, 5, true, WAIT);
        assertThat(stream.readToEnd(10, WAIT)).isEqualTo("query".getBytes(UTF_8));
        assertThat(plainAtServer.join().tlsPeer()).isEmpty();
        assertThat(plainAtServer.join().protocol()).isEqualTo("doq");
        assertThat(failure(() -> listening.accept(Duration.ofMillis(20))).code())
                .as("a plain client is no peer")
                .isEqualTo(StoqException.Code.TIMEOUT);
        assertEchoes(pair);
        plain.close(3, "done");
        awaitFact(() -> plainAtServer.join().closed().isPresent());
        assertThat(plainAtServer.join().closed().orElseThrow().remoteCode()).isEqualTo("3");
    }

    @Test
    void plainConnectionsAndThoseOfStoqDoNotStarveOneAnother() {
        TransportLimits narrow = TransportLimits.DEFAULT.toBuilder()
                .maxConnections(1)
                .maxPlainConnections(1)
                .build();
        Transport listening = open(config(server).limits(narrow).plainProtocol("doq", connection -> {}));
        Transport dialing = open(client);
        QuicConnection plain = dialing.connectPlain(listening.localAddress(), "doq", ANY_SERVER, WAIT);
        QuicConnection beyond = dialing.connectPlain(listening.localAddress(), "doq", ANY_SERVER, WAIT);
        awaitFact(() -> beyond.closed().isPresent());
        assertThat(beyond.closed().orElseThrow().remoteCode()).isEqualTo(Integer.toString(0x7000_0001));
        Connection stoq = dialing.connect(server.at(listening), WAIT);
        Connection accepted = listening.accept(WAIT);
        assertThat(failure(() -> dialing.connect(server.at(listening), WAIT)).code())
                .isEqualTo(StoqException.Code.BUSY);
        assertThat(plain.closed()).isEmpty();
        assertEchoes(new Pair(stoq, accepted));
    }

    @Test
    void aPlainProtocolIsNotDialedWithLessThanThePolicyRequires() {
        Transport listening = open(config(server).plainProtocol("doq", connection -> {}));
        Transport strict = open(config(client).postQuantum(PostQuantum.REQUIRED));
        if (engine.name().equals("kwik")) {
            assertThat(failure(() -> strict.connectPlain(listening.localAddress(), "doq", ANY_SERVER, WAIT))
                            .code())
                    .isEqualTo(StoqException.Code.POST_QUANTUM_REQUIRED);
        } else {
            assertThat(strict.connectPlain(listening.localAddress(), "doq", ANY_SERVER, WAIT)
                            .closed())
                    .isEmpty();
        }
    }

    @Test
    void aProtocolThatIsNotServedAndAServerThatIsRefusedAreNamed() {
        Transport listening = open(server);
        Transport dialing = open(client);
        InetSocketAddress address = listening.localAddress();
        assertThat(failure(() -> dialing.connectPlain(address, "doq", ANY_SERVER, WAIT))
                        .code())
                .isEqualTo(StoqException.Code.WRONG_PROTOCOL);
        Transport other = open(config(server).plainProtocol("doq", connection -> {}));
        StoqException refused = failure(() -> dialing.connectPlain(
                other.localAddress(),
                "doq",
                chain -> new PeerVerifier.Judgement.Refused("NOT_MINE", "another server was expected"),
                WAIT));
        assertThat(refused.code()).isEqualTo(StoqException.Code.PEER_REFUSED);
        assertThat(refused.remoteCode()).isEqualTo("NOT_MINE");
    }

    @Test
    void aStreamFloodIsHeldAtTheLimitAndHarmsNobody() {
        Transport listening = open(server, TransportLimits.DEFAULT.withCounts(16, 16, 32));
        Connection flooding = open(client).connect(server.at(listening), WAIT);
        Connection flooded = listening.accept(WAIT);
        Party other = new Party();
        Connection undisturbed = open(other, TransportLimits.DEFAULT).connect(server.at(listening), WAIT);
        Pair pair = new Pair(undisturbed, listening.accept(WAIT));
        int failed = 0;
        for (int i = 0; i < 500; i++) {
            try {
                flooding.open().offer(new byte[10], 0, 10, false);
            } catch (StoqException e) {
                assertThat(e.code()).isEqualTo(StoqException.Code.BUSY);
                failed++;
            }
        }
        assertThat(failed).isLessThan(500);
        assertEchoes(pair);
        awaitFact(() -> flooded.statistics(WAIT).streamsAccepted() == 32);
        assertEchoes(pair);
        assertThat(flooded.statistics(WAIT).streamsAccepted()).isEqualTo(32);
    }

    @Test
    void aResetStormHarmsNobody() {
        Pair pair = connected();
        Transport listening = open(server);
        Connection storming = open(client).connect(server.at(listening), WAIT);
        Connection stormed = listening.accept(WAIT);
        stormed.onStream(stream -> stream.onReadable(() -> {}));
        for (int i = 0; i < 1000; i++) {
            Stream stream = storming.open();
            stream.offer(new byte[100], 0, 100, false);
            stream.reset(i);
        }
        assertEchoes(pair);
        Stream after = storming.open();
        after.write(new byte[] {1}, 0, 1, true, WAIT);
        stormed.onStream(stream -> threads.execute(() -> echo(stream)));
        Stream again = storming.open();
        again.write("calm".getBytes(UTF_8), 0, 4, true, WAIT);
        assertThat(again.readToEnd(10, WAIT)).isEqualTo("calm".getBytes(UTF_8));
        assertThat(storming.closed()).isEmpty();
    }

    @Test
    void leavesAreSwappedUnderLoad() throws Exception {
        Transport listening = open(server);
        Transport dialing = open(client);
        Connection loaded = dialing.connect(server.at(listening), WAIT);
        listening.onConnection(connection -> connection.onStream(stream -> threads.execute(() -> echo(stream))));
        AtomicBoolean enough = new AtomicBoolean();
        List<Future<Integer>> load = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            byte[] request = pattern(50_000, i);
            load.add(threads.submit(() -> {
                int rounds = 0;
                while (!enough.get() || rounds == 0) {
                    Stream stream = loaded.open();
                    stream.write(request, 0, request.length, true, WAIT);
                    assertThat(stream.readToEnd(request.length, WAIT)).isEqualTo(request);
                    rounds++;
                }
                return rounds;
            }));
        }
        for (int swap = 0; swap < 5; swap++) {
            server.renew();
            try (Connection fresh = dialing.connect(server.at(listening), WAIT)) {
                assertThat(fresh.peer().leaf())
                        .isEqualTo(server.credentials.get().chain());
            }
        }
        enough.set(true);
        for (Future<Integer> rounds : load) {
            assertThat(rounds.get(60, TimeUnit.SECONDS)).isPositive();
        }
    }
}
