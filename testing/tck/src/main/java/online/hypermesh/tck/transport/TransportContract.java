package online.hypermesh.tck.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Behaviour of a {@link Transport} over any {@link online.hypermesh.stoq.spi.TransportEngine}; extend and supply the engine. */
@Timeout(120)
public abstract class TransportContract extends TwoParties {
    /** For subclasses. */
    protected TransportContract() {}

    @Test
    void bothSidesKnowEachOther() {
        Pair pair = connected();
        assertThat(pair.dialed().peer().id()).isEqualTo(server.id);
        assertThat(pair.dialed().peer().nodeKey()).isEqualTo(server.nodeKey.verifyKey());
        assertThat(pair.dialed().peer().leaf())
                .isEqualTo(server.credentials.get().chain());
        assertThat(pair.dialed().dialed()).isTrue();
        assertThat(pair.accepted().peer().id()).isEqualTo(client.id);
        assertThat(pair.accepted().peer().leaf())
                .isEqualTo(client.credentials.get().chain());
        assertThat(pair.accepted().dialed()).isFalse();
        assertThat(pair.dialed().protection()).isNotEqualTo(Protection.CLASSICAL);
        assertThat(pair.accepted().protection()).isEqualTo(pair.dialed().protection());
    }

    @Test
    void streamsCarryBytesBothWaysWhicheverSideOpensThem() {
        Pair pair = connected();
        Stream fromClient = pair.dialed().open();
        fromClient.write("ping".getBytes(UTF_8), WAIT);
        Stream atServer = pair.accepted().accept(WAIT);
        assertThat(atServer.readExactly(4, WAIT)).isEqualTo("ping".getBytes(UTF_8));
        atServer.write("pong".getBytes(UTF_8), WAIT);
        assertThat(fromClient.readExactly(4, WAIT)).isEqualTo("pong".getBytes(UTF_8));

        Stream fromServer = pair.accepted().open();
        fromServer.write("server".getBytes(UTF_8), 0, 6, true, WAIT);
        assertThat(pair.dialed().accept(WAIT).readToEnd(100, WAIT)).isEqualTo("server".getBytes(UTF_8));
    }

    @Test
    void aHundredStreamsRunAtOnce() throws Exception {
        Pair pair = connected();
        pair.accepted().onStream(stream -> threads.execute(() -> echo(stream)));
        List<Future<byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            byte[] request = pattern(1000 + 13 * i, i);
            answers.add(threads.submit(() -> {
                Stream stream = pair.dialed().open();
                stream.write(request, 0, request.length, true, WAIT);
                return stream.readToEnd(request.length, WAIT);
            }));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(answers.get(i).get(60, TimeUnit.SECONDS)).isEqualTo(pattern(1000 + 13 * i, i));
        }
    }

    @Test
    void moreStreamsThanAreAllowedAtOnceFollowOneAnother() {
        Transport listening =
                keep(server.open(engine, Party.ANYBODY, 0, TransportLimits.DEFAULT.withCounts(16, 16, 8)));
        Connection dialed = open(client).connect(server.at(listening), WAIT);
        Pair pair = new Pair(dialed, listening.accept(WAIT));
        for (int i = 0; i < 100; i++) {
            assertEchoes(pair);
        }
    }

    @Test
    void twentyMegabytesArriveUnchanged() throws Exception {
        Pair pair = connected();
        byte[] sent = pattern(20_000_000, 42);
        Future<?> writing = threads.submit(() -> {
            pair.dialed().open().write(sent, 0, sent.length, true, WAIT);
        });
        Stream stream = pair.accepted().accept(WAIT);
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        byte[] buffer = new byte[64 * 1024];
        long total = 0;
        for (int n = stream.read(buffer, 0, buffer.length, WAIT);
                n >= 0;
                n = stream.read(buffer, 0, buffer.length, WAIT)) {
            sha.update(buffer, 0, n);
            total += n;
        }
        writing.get(60, TimeUnit.SECONDS);
        assertThat(total).isEqualTo(sent.length);
        assertThat(HexFormat.of().formatHex(sha.digest()))
                .isEqualTo(Digest.sha256(sent).toHex());
    }

    @Test
    void aFinishedDirectionLeavesTheOtherOpen() {
        Pair pair = connected();
        Stream asking = pair.dialed().open();
        asking.write("question".getBytes(UTF_8), 0, 8, true, WAIT);
        Stream answering = pair.accepted().accept(WAIT);
        assertThat(answering.readToEnd(100, WAIT)).isEqualTo("question".getBytes(UTF_8));
        answering.write("first ".getBytes(UTF_8), WAIT);
        assertThat(asking.readExactly(6, WAIT)).isEqualTo("first ".getBytes(UTF_8));
        answering.write("second".getBytes(UTF_8), WAIT);
        answering.finish(WAIT);
        assertThat(asking.readToEnd(100, WAIT)).isEqualTo("second".getBytes(UTF_8));
    }

    @Test
    void aResetReachesThePeerWithItsCodeAndNothingElse() {
        Pair pair = connected();
        Stream stream = pair.dialed().open();
        stream.write("begin".getBytes(UTF_8), WAIT);
        Stream atServer = pair.accepted().accept(WAIT);
        assertThat(atServer.readExactly(5, WAIT)).isEqualTo("begin".getBytes(UTF_8));
        stream.reset(77);
        StoqException seen = failure(() -> atServer.read(new byte[1], 0, 1, WAIT));
        assertThat(seen.code()).isEqualTo(StoqException.Code.STREAM_RESET);
        assertThat(seen.remoteCode()).isEqualTo("77");
        assertThat(failure(() -> stream.read(new byte[1], 0, 1, WAIT)).code()).isEqualTo(StoqException.Code.CLOSED);
        assertEchoes(pair);
    }

    @Test
    void aSlowReaderHoldsTheWriterBackAndNobodyElse() {
        Pair pair = connected();
        Stream writing = pair.dialed().open();
        byte[] block = pattern(1 << 20, 1);
        int taken = 0;
        while (taken < 256 && writing.offer(block, 0, block.length, false)) {
            taken++;
        }
        assertThat(taken).as("MiB taken with nobody reading").isLessThan(64);
        assertThat(failure(() -> {
                            for (int i = 0; i < 256; i++) {
                                writing.write(block, Duration.ofMillis(300));
                            }
                        })
                        .code())
                .isEqualTo(StoqException.Code.TIMEOUT);
        Stream reading = pair.accepted().accept(WAIT);
        assertEchoes(pair);
        for (int i = 0; i < taken; i++) {
            assertThat(reading.readExactly(block.length, WAIT)).isEqualTo(block);
        }
    }

    @Test
    void aRefusedOfferIsAnnouncedWhenItIsWorthRepeating() throws Exception {
        Pair pair = connected();
        Stream writing = pair.dialed().open();
        byte[] block = new byte[1 << 20];
        int taken = 0;
        while (writing.offer(block, 0, block.length, false)) {
            taken++;
        }
        CompletableFuture<Void> writable = new CompletableFuture<>();
        writing.onWritable(() -> writable.complete(null));
        Stream reading = pair.accepted().accept(WAIT);
        reading.readExactly(taken * block.length, WAIT);
        writable.get(60, TimeUnit.SECONDS);
        assertThat(writing.offer(block, 0, block.length, true)).isTrue();
        assertThat(reading.readToEnd(block.length, WAIT)).hasSize(block.length);
    }

    @Test
    void readsEndAtTheirDeadline() {
        Pair pair = connected();
        Stream stream = pair.dialed().open();
        stream.write(new byte[1], WAIT);
        assertThat(failure(() -> stream.read(new byte[1], 0, 1, Duration.ofMillis(50)))
                        .code())
                .isEqualTo(StoqException.Code.TIMEOUT);
        assertThat(failure(() -> pair.dialed().accept(Duration.ofMillis(50))).code())
                .isEqualTo(StoqException.Code.TIMEOUT);
    }

    @Test
    void anInterruptedReaderKeepsItsInterruptFlag() throws Exception {
        Pair pair = connected();
        Stream stream = pair.dialed().open();
        CompletableFuture<StoqException.Code> seen = new CompletableFuture<>();
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            seen.complete(failure(() -> stream.read(new byte[1], 0, 1, WAIT)).code());
            flag.complete(Thread.currentThread().isInterrupted());
        });
        reader.start();
        reader.interrupt();
        assertThat(seen.get(60, TimeUnit.SECONDS)).isEqualTo(StoqException.Code.INTERRUPTED);
        assertThat(flag.get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void closingTellsThePeerTheCodeAndEndsItsStreams() throws Exception {
        Pair pair = connected();
        Stream stream = pair.dialed().open();
        stream.write(new byte[] {1}, WAIT);
        Stream atServer = pair.accepted().accept(WAIT);
        atServer.readExactly(1, WAIT);
        CompletableFuture<StoqException> told = new CompletableFuture<>();
        pair.accepted().onClosed(told::complete);
        pair.dialed().close(7, "enough");
        StoqException reason = told.get(60, TimeUnit.SECONDS);
        assertThat(reason.code()).isEqualTo(StoqException.Code.CLOSED);
        assertThat(reason.remoteCode()).isEqualTo("7");
        assertThat(reason).hasMessageContaining("enough");
        assertThat(failure(() -> atServer.read(new byte[1], 0, 1, WAIT)).code()).isEqualTo(StoqException.Code.CLOSED);
        assertThat(failure(() -> pair.accepted().open()).code()).isEqualTo(StoqException.Code.CLOSED);
        assertThat(pair.dialed().closed()).isPresent();
    }

    @Test
    void aClosedTransportEndsItsConnectionsAndFreesItsPort() throws Exception {
        Transport listening = open(server);
        Connection dialed = open(client).connect(server.at(listening), WAIT);
        CompletableFuture<StoqException> told = new CompletableFuture<>();
        dialed.onClosed(told::complete);
        listening.close();
        assertThat(told.get(60, TimeUnit.SECONDS).code()).isEqualTo(StoqException.Code.CLOSED);
        assertThat(failure(() -> listening.accept(WAIT)).code()).isEqualTo(StoqException.Code.CLOSED);
        Transport again =
                keep(server.open(engine, Party.ANYBODY, listening.localAddress().getPort(), TransportLimits.DEFAULT));
        assertThat(again.localAddress()).isEqualTo(listening.localAddress());
    }

    @Test
    void aTakenPortIsNamed() {
        Transport first = open(server);
        int port = first.localAddress().getPort();
        StoqException failure = failure(() -> client.open(engine, Party.ANYBODY, port, TransportLimits.DEFAULT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.ADDRESS_IN_USE);
        assertThat(failure)
                .hasMessageContaining(Integer.toString(port))
                .hasMessageContaining("port 0"); // the next step: another port
    }

    @Test
    void nobodyAtTheAddressIsUnreachable() {
        Transport dialing = open(client);
        Transport gone = server.open(engine, Party.ANYBODY);
        Endpoint endpoint = server.at(gone);
        gone.close();
        StoqException failure = failure(() -> dialing.connect(endpoint, Duration.ofSeconds(2)));
        assertThat(failure.code()).isIn(StoqException.Code.UNREACHABLE, StoqException.Code.TIMEOUT);
    }

    @Test
    void anotherIdentityThanTheExpectedOneIsRefused() {
        Transport listening = open(server);
        StoqException failure =
                failure(() -> open(client).connect(new Endpoint(listening.localAddress(), client.id), WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.WRONG_IDENTITY);
        assertThat(failure)
                .hasMessageContaining(server.id.toShortString())
                .hasMessageContaining(client.id.toShortString());
    }

    @Test
    void anotherNetworkIsRefusedAndNamed() {
        Party stranger = new Party(new NetworkId(Digest.sha256("elsewhere".getBytes(UTF_8))));
        Transport listening = open(server);
        Transport dialing = keep(stranger.open(engine, Party.ANYBODY));
        StoqException failure = failure(() -> dialing.connect(server.at(listening), WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.WRONG_NETWORK);
        assertThat(failure)
                .hasMessageContaining(Party.NETWORK.digest().toShortHex())
                .hasMessageContaining(stranger.network.digest().toShortHex());
    }

    @Test
    void theServerRefusesAnUnknownNodeWhoseHelloIsOtherwiseRight() {
        Pair undisturbed = connected();
        Party unknown = new Party();
        Transport listening = keep(new Party().open(engine, new PinnedPeers(Set.of(client.id))));
        Endpoint endpoint = new Endpoint(listening.localAddress(), listening.self());
        StoqException failure =
                failure(() -> keep(unknown.open(engine, Party.ANYBODY)).connect(endpoint, WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.REFUSED_BY_PEER);
        assertThat(failure.remoteCode()).isEqualTo("UNKNOWN_NODE");
        assertThat(failure(() -> listening.accept(Duration.ofMillis(50))).code())
                .isEqualTo(StoqException.Code.TIMEOUT);
        assertEchoes(undisturbed);
    }

    @Test
    void theClientRefusesAnUnknownServerWhichLearnsIt() {
        Party unknown = new Party();
        Transport listening = keep(unknown.open(engine, Party.ANYBODY));
        StoqException failure = failure(() -> open(client).connect(unknown.at(listening), WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.PEER_REFUSED);
        assertThat(failure.remoteCode()).isEqualTo("UNKNOWN_NODE");
        assertThat(failure(() -> listening.accept(Duration.ofMillis(50))).code())
                .isEqualTo(StoqException.Code.TIMEOUT);
    }

    @Test
    void aLeafOutsideItsWindowIsRefused() {
        Transport listening = open(server);
        client.useLeafFrom(Instant.now().minusSeconds(7200), Duration.ofHours(1));
        Transport dialing = open(client);
        StoqException expired = failure(() -> dialing.connect(server.at(listening), WAIT));
        assertThat(expired.code()).isEqualTo(StoqException.Code.REFUSED_BY_PEER);
        assertThat(expired.remoteCode()).isEqualTo("OUTSIDE_WINDOW");
        client.useLeafFrom(Instant.now().plusSeconds(3600), Duration.ofHours(1));
        assertThat(failure(() -> dialing.connect(server.at(listening), WAIT)).remoteCode())
                .isEqualTo("OUTSIDE_WINDOW");
        client.renew();
        assertThat(dialing.connect(server.at(listening), WAIT).closed()).isEmpty();
    }

    @Test
    void newConnectionsSeeTheNewLeafWhileOldOnesGoOn() {
        Transport listening = open(server);
        Transport dialing = open(client);
        Connection old = dialing.connect(server.at(listening), WAIT);
        Pair oldPair = new Pair(old, listening.accept(WAIT));
        var firstLeaf = server.credentials.get().chain().get(0);
        assertThat(old.peer().leaf().get(0)).isEqualTo(firstLeaf);
        for (int swap = 0; swap < 3; swap++) {
            server.renew();
            client.renew();
            Connection fresh = dialing.connect(server.at(listening), WAIT);
            assertThat(fresh.peer().leaf()).isEqualTo(server.credentials.get().chain());
            Pair freshPair = new Pair(fresh, listening.accept(WAIT));
            assertThat(freshPair.accepted().peer().leaf())
                    .isEqualTo(client.credentials.get().chain());
            assertEchoes(freshPair);
            assertEchoes(oldPair);
        }
        assertThat(old.peer().leaf().get(0)).isEqualTo(firstLeaf);
    }

    @Test
    void aConnectionLivesNoLongerThanThePeersStanding() {
        TransportLimits limits = TransportLimits.DEFAULT.withHandshakeTimeout(Duration.ofMillis(2000));
        AtomicReference<PeerVerifier.Judgement> first =
                new AtomicReference<>(new PeerVerifier.Judgement.Accepted(Standing.FULL));
        AtomicReference<PeerVerifier.Judgement> second = new AtomicReference<>(first.get());
        Transport revoking = keep(server.open(engine, evidence -> first.get(), 0, limits));
        Transport lowering = keep(server.open(engine, evidence -> second.get(), 0, limits));
        Transport dialing = open(client);
        dialing.connect(server.at(revoking), WAIT);
        Connection revoked = revoking.accept(WAIT);
        assertThat(revoked.peer().standing()).isEqualTo(Standing.FULL);
        dialing.connect(server.at(lowering), WAIT);
        Connection lowered = lowering.accept(WAIT);

        first.set(new PeerVerifier.Judgement.Refused("REVOKED", "its leaf was revoked"));
        second.set(new PeerVerifier.Judgement.Accepted(Standing.MEMBER_ONLY));

        awaitFact(() -> revoked.closed().isPresent());
        awaitFact(() -> lowered.closed().isPresent());
        dialing.connect(server.at(lowering), WAIT);
        Connection member = lowering.accept(WAIT);
        assertThat(member.peer().standing()).isEqualTo(Standing.MEMBER_ONLY);
    }
}
