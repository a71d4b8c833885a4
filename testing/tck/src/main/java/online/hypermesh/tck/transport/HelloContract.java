package online.hypermesh.tck.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.stoq.Connection;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.PinnedPeers;
import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Stream;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.spi.EngineConfig;
import online.hypermesh.stoq.spi.RawEndpoint;
import online.hypermesh.stoq.spi.RawStream;
import online.hypermesh.stoq.spi.TlsIdentity;
import online.hypermesh.stoq.spi.TransportEngine;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The STOQ hello over any {@link TransportEngine}, against peers that speak it by hand, well or badly; extend and supply
 * the engine.
 */
@Timeout(120)
public abstract class HelloContract {
    private static final Duration WAIT = Facts.WAIT;
    private static final TransportLimits BRISK = TransportLimits.DEFAULT.withHandshakeTimeout(Duration.ofMillis(3000));
    private static final List<RawPeer.Offer> PLAIN = RawPeer.plainOffers();
    private static final List<RawPeer.Offer> WITH_TICKETS =
            List.of(PLAIN.get(0), PLAIN.get(1), new RawPeer.Offer(3, false, new byte[0]));

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private TransportEngine engine;
    private ExecutorService threads;
    private Party server;
    private Party client;
    private CompletableFuture<RawPeer> acceptedRaw = new CompletableFuture<>();

    /** For subclasses. */
    protected HelloContract() {}

    /**
     * The engine under test, in which {@code [::1]} reaches every endpoint of one test.
     *
     * @return an engine that can run here
     */
    protected abstract TransportEngine engine();

    @BeforeEach
    void begin() {
        engine = engine();
        threads = Executors.newCachedThreadPool();
        server = new Party();
        client = new Party();
    }

    @AfterEach
    void end() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
        threads.shutdownNow();
    }

    private Transport open(Party party) {
        return keep(party.open(engine, new PinnedPeers(Set.of(server.id, client.id))));
    }

    private Transport open(Party party, PostQuantum policy) {
        return keep(party.open(engine, Party.ANYBODY, policy));
    }

    private <T extends AutoCloseable> T keep(T resource) {
        open.push(resource);
        return resource;
    }

    private static StoqException failure(ThrowingCallable call) {
        StoqException failure = catchThrowableOfType(StoqException.class, call);
        assertThat(failure).as("a StoqException").isNotNull();
        return failure;
    }

    private static void assertNobodyIsAccepted(Transport listening) {
        assertThat(failure(() -> listening.accept(Duration.ofMillis(50))).code())
                .isEqualTo(StoqException.Code.TIMEOUT);
    }

    private static void assertEchoes(Connection dialed, Connection accepted) {
        Stream asking = dialed.open();
        asking.write("still here".getBytes(UTF_8), 0, 10, true, WAIT);
        Stream answering = accepted.accept(WAIT);
        byte[] asked = answering.readToEnd(100, WAIT);
        answering.write(asked, 0, asked.length, true, WAIT);
        assertThat(asking.readToEnd(100, WAIT)).isEqualTo("still here".getBytes(UTF_8));
    }

    private RawEndpoint rawEndpoint(Party as) {
        return keep(engine.open(
                new EngineConfig(
                        Party.loopback(0),
                        List.of("stoq/1"),
                        () -> new TlsIdentity(
                                as.credentials.get().chain(),
                                as.credentials.get().leafKey()),
                        () -> OptionalLong.of(1),
                        PostQuantum.PREFERRED,
                        TransportLimits.DEFAULT,
                        Optional.empty()),
                connection -> {
                    RawPeer peer = RawPeer.accept(connection);
                    acceptedRaw.complete(peer);
                    return peer;
                }));
    }

    /** Connects to a server that is played by hand; the future tells how it failed. */
    private Future<StoqException> victimOf(Transport dialing, RawEndpoint endpoint, Party as) {
        acceptedRaw = new CompletableFuture<>();
        return threads.submit(() -> failure(() -> dialing.connect(new Endpoint(endpoint.localAddress(), as.id), WAIT)));
    }

    private RawPeer raw() throws Exception {
        return acceptedRaw.get(60, TimeUnit.SECONDS);
    }

    private static Digest leafOf(Party party) {
        return Digest.sha256(RawPeer.der(party.credentials.get().chain().get(0)));
    }

    private static void accept(RawPeer raw) throws Exception {
        raw.send(new byte[] {(byte) 0x81, 4});
    }

    @Test
    void aHelloWrittenFromTheSpecificationIsAnswered() throws Exception {
        Transport listening = open(server);
        RawPeer raw = RawPeer.dial(rawEndpoint(client), listening.localAddress());
        byte[] challenge = raw.receive();
        raw.send(RawPeer.clientHello(client, server.id, leafOf(server), challenge, PLAIN));
        assertThat(RawPeer.proofOf(raw.receive())).isZero();
        assertNobodyIsAccepted(listening);
        accept(raw);
        assertThat(listening.accept(WAIT).peer().id()).isEqualTo(client.id);
    }

    @Test
    void aReplayedHelloIsRefused() throws Exception {
        Transport listening = open(server);
        RawEndpoint endpoint = rawEndpoint(client);
        RawPeer first = RawPeer.dial(endpoint, listening.localAddress());
        byte[] hello = RawPeer.clientHello(client, server.id, leafOf(server), first.receive(), PLAIN);
        first.send(hello);
        assertThat(RawPeer.proofOf(first.receive())).isZero();
        RawPeer second = RawPeer.dial(endpoint, listening.localAddress());
        second.receive();
        second.send(hello);
        assertThat(second.receiveRefusal()).isEqualTo("HANDSHAKE_FAILED");
        assertNobodyIsAccepted(listening);
    }

    @Test
    void aHelloRelayedThroughASecondServerIsRefused() throws Exception {
        Transport target = open(server);
        Party relay = new Party();
        RawEndpoint relayEndpoint = rawEndpoint(relay);
        // the client connects to the relay, a server in its own right, which carries the hello on to the target
        Transport dialing = keep(client.open(engine, Party.ANYBODY));
        // more than once, as an engine may resume the session with the relay then, and the relay the one with the
        // target
        for (int i = 0; i < 3; i++) {
            Future<StoqException> victim = victimOf(dialing, relayEndpoint, relay);
            RawPeer toTarget = RawPeer.dial(relayEndpoint, target.localAddress());
            byte[] challenge = toTarget.receive();
            RawPeer fromVictim = raw();
            fromVictim.send(challenge);
            toTarget.send(fromVictim.receive());
            assertThat(toTarget.receiveRefusal()).isEqualTo("WRONG_IDENTITY");
            fromVictim.connection().close(1, "done");
            assertThat(victim.get(60, TimeUnit.SECONDS).code()).isEqualTo(StoqException.Code.CLOSED);
        }
    }

    @Test
    void aRelayThatRewritesTheHelloIsRefused() throws Exception {
        Transport target = open(server);
        Party relay = new Party();
        RawEndpoint endpoint = rawEndpoint(relay);
        RawPeer toTarget = RawPeer.dial(endpoint, target.localAddress());
        // signed by the client for the relay's leaf, made to say the target's
        toTarget.send(RawPeer.clientHello(
                client, server.id, leafOf(relay), server.id, leafOf(server), toTarget.receive(), PLAIN));
        assertThat(toTarget.receiveRefusal()).isEqualTo("HANDSHAKE_FAILED");
        // and left as it was
        RawPeer again = RawPeer.dial(endpoint, target.localAddress());
        again.send(RawPeer.clientHello(client, server.id, leafOf(relay), again.receive(), PLAIN));
        assertThat(again.receiveRefusal()).isEqualTo("HANDSHAKE_FAILED");
    }

    @Test
    void aServerThatHoldsOnlyTheLeafCannotAnswerTheHello() throws Exception {
        Party impostor = new Party();
        RawEndpoint endpoint = rawEndpoint(impostor);
        Future<StoqException> victim = victimOf(keep(client.open(engine, Party.ANYBODY)), endpoint, impostor);
        RawPeer raw = raw();
        byte[] challenge = RawPeer.challenge(1, new byte[32], PLAIN);
        raw.send(challenge);
        byte[] hello = raw.receive();
        byte[] answer = RawPeer.serverHello(impostor, client.id, challenge, hello, List.of());
        answer[answer.length - 1] ^= 1;
        raw.send(answer);
        assertThat(victim.get(60, TimeUnit.SECONDS).code()).isEqualTo(StoqException.Code.HANDSHAKE_FAILED);
        assertThat(raw.receiveRefusal()).isEqualTo("HANDSHAKE_FAILED");
    }

    @Test
    void malformedAndOversizedFramesAreRefusedAndDisturbNobody() throws Exception {
        Transport listening = open(server);
        Connection dialed = open(client).connect(server.at(listening), WAIT);
        Connection accepted = listening.accept(WAIT);
        RawEndpoint endpoint = rawEndpoint(client);

        RawPeer garbage = RawPeer.dial(endpoint, listening.localAddress());
        garbage.receive();
        garbage.send(new byte[] {(byte) 0xbf, 1, 2, 3});
        assertThat(garbage.receiveRefusal()).isEqualTo("MALFORMED_FRAME");

        RawPeer huge = RawPeer.dial(endpoint, listening.localAddress());
        huge.receive();
        huge.sendBytes(new byte[] {0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0});
        assertThat(huge.receiveRefusal()).isEqualTo("LIMIT_EXCEEDED");

        RawPeer early = RawPeer.dial(endpoint, listening.localAddress());
        early.receive();
        accept(early);
        assertThat(early.receiveRefusal()).isEqualTo("MALFORMED_FRAME");
        assertThat(early.closed.get(60, TimeUnit.SECONDS).code()).isEqualTo(StoqException.Code.CLOSED);

        assertEchoes(dialed, accepted);
        assertNobodyIsAccepted(listening);
    }

    @Test
    void nothingReachesTheApplicationBeforeTheHello() throws Exception {
        Transport listening = open(server);
        RawPeer raw = RawPeer.dial(rawEndpoint(client), listening.localAddress());
        raw.connection().open(false, raw).offer("too early".getBytes(UTF_8), 0, 9, true);
        raw.receive();
        assertNobodyIsAccepted(listening);
    }

    @Test
    void aStrangerWhoOpensManyStreamsIsCutOff() throws Exception {
        Transport listening = open(server);
        RawPeer raw = RawPeer.dial(rawEndpoint(client), listening.localAddress());
        raw.receive();
        for (int i = 0; i < 40; i++) {
            raw.connection().open(false, raw).offer(new byte[1], 0, 1, false);
        }
        assertThat(raw.closed.get(60, TimeUnit.SECONDS).remoteCode()).isEqualTo(Integer.toString(0x7000_0004));
        assertNobodyIsAccepted(listening);
    }

    @Test
    void whatAStrangerSendsIsNotKept() throws Exception {
        Transport listening = open(server);
        RawPeer raw = RawPeer.dial(rawEndpoint(client), listening.localAddress());
        raw.receive();
        RawStream early = raw.connection().open(false, raw);
        early.demand();
        early.offer(new byte[1000], 0, 1000, false);
        assertThat(raw.reset.get(60, TimeUnit.SECONDS)).hasValue(0x7000_0001);
        byte[] piece = new byte[16 << 10];
        for (int sent = 0; sent < 1 << 20; sent += piece.length) {
            early.offer(piece, 0, piece.length, false);
        }
        assertNobodyIsAccepted(listening);
    }

    @Test
    void oneNodeHasNoMoreConnectionsThanTheLimit() {
        TransportLimits two = BRISK.toBuilder().maxConnectionsPerPeer(2).build();
        Transport listening = keep(server.open(engine, Party.ANYBODY, 0, two));
        Transport dialing = open(client);
        Connection first = dialing.connect(server.at(listening), WAIT);
        Connection second = dialing.connect(server.at(listening), WAIT);
        StoqException busy = failure(() -> dialing.connect(server.at(listening), WAIT));
        assertThat(busy.code()).isEqualTo(StoqException.Code.BUSY);
        assertThat(busy.remoteCode()).isEqualTo("BUSY");
        Party other = new Party();
        Transport others = keep(other.open(engine, Party.ANYBODY, PostQuantum.PREFERRED));
        assertThat(others.connect(server.at(listening), WAIT).closed()).isEmpty();
        assertThat(second.closed()).as("who was there stays").isEmpty();
        CompletableFuture<StoqException> gone = new CompletableFuture<>();
        for (int i = 0; i < 3; i++) { // in the order their hellos ended, which need not be the order of dialing
            listening.accept(WAIT).onClosed(gone::complete);
        }
        first.close(0, "");
        gone.orTimeout(60, TimeUnit.SECONDS).join();
        assertThat(dialing.connect(server.at(listening), WAIT).closed()).isEmpty();
    }

    @Test
    void aHelloThatDoesNotComeIsGivenUpAndItsPlaceIsFree() throws Exception {
        Transport listening = keep(server.open(engine, Party.ANYBODY, 0, BRISK.withCounts(1, 16, 64)));
        RawPeer silent = RawPeer.dial(rawEndpoint(client), listening.localAddress());
        silent.receive();
        Transport dialing = open(client);
        StoqException busy = failure(() -> dialing.connect(server.at(listening), WAIT));
        assertThat(busy.code()).isEqualTo(StoqException.Code.BUSY);
        assertThat(silent.receiveRefusal()).isEqualTo("TIMEOUT");
        assertThat(dialing.connect(server.at(listening), WAIT).closed()).isEmpty();
    }

    @Test
    void withoutACommonVersionBothSidesNameTheirs() throws Exception {
        RawEndpoint newer = rawEndpoint(server);
        Future<StoqException> victim = victimOf(keep(client.open(engine, Party.ANYBODY)), newer, server);
        raw().send(RawPeer.challenge(7, new byte[32], PLAIN));
        StoqException failure = victim.get(60, TimeUnit.SECONDS);
        assertThat(failure.code()).isEqualTo(StoqException.Code.VERSION_MISMATCH);
        assertThat(failure).hasMessageContaining("version 1").hasMessageContaining("peer 7");
        assertThat(raw().receiveRefusal()).isEqualTo("VERSION_MISMATCH");

        Transport listening = open(server);
        RawPeer raw = RawPeer.dial(newer, listening.localAddress());
        byte[] hello = RawPeer.clientHello(client, server.id, leafOf(server), raw.receive(), PLAIN);
        hello[2] = 9;
        raw.send(hello);
        assertThat(raw.receiveRefusal()).isEqualTo("VERSION_MISMATCH");
    }

    @Test
    void anUnknownCapabilityIsPassedOverUnlessItIsCritical() throws Exception {
        Transport listening = open(server);
        RawEndpoint endpoint = rawEndpoint(client);
        RawPeer modest = RawPeer.dial(endpoint, listening.localAddress());
        List<RawPeer.Offer> optional =
                List.of(PLAIN.get(0), PLAIN.get(1), new RawPeer.Offer(400, false, new byte[100]));
        modest.send(RawPeer.clientHello(client, server.id, leafOf(server), modest.receive(), optional));
        assertThat(RawPeer.proofOf(modest.receive())).isZero();
        accept(modest);
        assertThat(listening.accept(WAIT).peer().id()).isEqualTo(client.id);

        List<RawPeer.Offer> critical = List.of(PLAIN.get(0), PLAIN.get(1), new RawPeer.Offer(400, true, new byte[1]));
        RawPeer insisting = RawPeer.dial(endpoint, listening.localAddress());
        insisting.send(RawPeer.clientHello(client, server.id, leafOf(server), insisting.receive(), critical));
        assertThat(insisting.receiveRefusal()).isEqualTo("UNKNOWN_CAPABILITY");

        RawEndpoint insistingServer = rawEndpoint(server);
        Future<StoqException> victim = victimOf(keep(client.open(engine, Party.ANYBODY)), insistingServer, server);
        raw().send(RawPeer.challenge(1, new byte[32], critical));
        StoqException failure = victim.get(60, TimeUnit.SECONDS);
        assertThat(failure.code()).isEqualTo(StoqException.Code.UNKNOWN_CAPABILITY);
        assertThat(failure).hasMessageContaining("400");
    }

    @Test
    void thePostQuantumPoliciesOfBothSidesDecideTogether() {
        for (PostQuantum there : PostQuantum.values()) {
            Transport listening = open(server, there);
            for (PostQuantum here : PostQuantum.values()) {
                Transport dialing = open(client, here);
                Set<PostQuantum> both = Set.copyOf(List.of(here, there));
                if (both.equals(Set.of(PostQuantum.OFF, PostQuantum.REQUIRED))) {
                    StoqException failure = failure(() -> dialing.connect(server.at(listening), WAIT));
                    assertThat(failure.code())
                            .as(here + " to " + there)
                            .isEqualTo(StoqException.Code.POST_QUANTUM_REQUIRED);
                    assertNobodyIsAccepted(listening);
                    continue;
                }
                Connection dialed = dialing.connect(server.at(listening), WAIT);
                Connection accepted = listening.accept(WAIT);
                assertThat(dialed.protection()).as(here + " to " + there).isEqualTo(accepted.protection());
                if (both.contains(PostQuantum.OFF)) {
                    assertThat(dialed.protection()).isNotEqualTo(Protection.HYBRID);
                } else if (both.contains(PostQuantum.REQUIRED)) {
                    assertThat(dialed.protection()).isEqualTo(Protection.HYBRID);
                } else {
                    assertThat(dialed.protection()).isNotEqualTo(Protection.CLASSICAL);
                }
                assertEchoes(dialed, accepted);
            }
        }
    }

    @Test
    void aServerWhosePolicyWasLoweredOnTheWayIsNoticed() throws Exception {
        RawEndpoint endpoint = rawEndpoint(server);
        Future<StoqException> victim = victimOf(keep(client.open(engine, Party.ANYBODY)), endpoint, server);
        List<RawPeer.Offer> preferred = List.of(PLAIN.get(0), new RawPeer.Offer(2, false, new byte[] {1}));
        byte[] signed = RawPeer.challenge(1, new byte[32], preferred);
        // what reaches the client says OFF
        raw().send(RawPeer.challenge(1, new byte[32], PLAIN));
        byte[] hello = raw().receive();
        raw().send(RawPeer.serverHello(server, client.id, signed, hello, List.of()));
        assertThat(victim.get(60, TimeUnit.SECONDS).code()).isEqualTo(StoqException.Code.HANDSHAKE_FAILED);
    }

    @Test
    void aClientWhosePolicyWasLoweredOnTheWayIsNoticed() throws Exception {
        Transport listening = open(server);
        RawPeer raw = RawPeer.dial(rawEndpoint(client), listening.localAddress());
        byte[] challenge = raw.receive();
        // what the server says, with its policy turned off before the client sees and signs it
        byte[] lowered = challenge.clone();
        byte[] wish = {(byte) 0x83, 2, (byte) 0xf4, 0x41, 1};
        for (int i = 0; i + wish.length <= lowered.length; i++) {
            if (Arrays.equals(lowered, i, i + wish.length, wish, 0, wish.length)) {
                lowered[i + wish.length - 1] = 0;
            }
        }
        assertThat(lowered).isNotEqualTo(challenge);
        raw.send(RawPeer.clientHello(client, server.id, leafOf(server), lowered, PLAIN));
        assertThat(raw.receiveRefusal()).isEqualTo("HANDSHAKE_FAILED");
        assertNobodyIsAccepted(listening);
    }

    @Test
    void aKeyExchangeThatDoesNotFollowFromTheOffersIsRefused() throws Exception {
        Transport listening = open(server, PostQuantum.REQUIRED);
        RawPeer raw = RawPeer.dial(rawEndpoint(client), listening.localAddress());
        List<RawPeer.Offer> withoutKey = List.of(PLAIN.get(0), new RawPeer.Offer(2, false, new byte[] {1}));
        raw.send(RawPeer.clientHello(client, server.id, leafOf(server), raw.receive(), withoutKey));
        assertThat(raw.receiveRefusal()).isEqualTo("HANDSHAKE_FAILED");

        RawEndpoint endpoint = rawEndpoint(server);
        Future<StoqException> victim = victimOf(open(client, PostQuantum.REQUIRED), endpoint, server);
        byte[] challenge =
                RawPeer.challenge(1, new byte[32], List.of(PLAIN.get(0), new RawPeer.Offer(2, false, new byte[] {1})));
        raw().send(challenge);
        byte[] hello = raw().receive();
        raw().send(RawPeer.serverHello(server, client.id, challenge, hello, List.of()));
        assertThat(victim.get(60, TimeUnit.SECONDS).code()).isEqualTo(StoqException.Code.HANDSHAKE_FAILED);
    }

    @Test
    void sealedStreamsCarryBytesBothWaysWhoeverOpensThem() throws Exception {
        Transport listening = open(server, PostQuantum.REQUIRED);
        Connection dialed = open(client, PostQuantum.REQUIRED).connect(server.at(listening), WAIT);
        Connection accepted = listening.accept(WAIT);
        byte[] content = new byte[3_000_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31 >>> 3);
        }
        for (Connection opening : List.of(dialed, accepted)) {
            Connection other = opening == dialed ? accepted : dialed;
            Stream asking = opening.open();
            Future<?> writing = threads.submit(() -> asking.write(content, 0, content.length, true, WAIT));
            Stream answering = other.accept(WAIT);
            assertThat(answering.readToEnd(content.length, WAIT)).isEqualTo(content);
            writing.get(60, TimeUnit.SECONDS);
            answering.write("done".getBytes(UTF_8), 0, 4, true, WAIT);
            assertThat(asking.readToEnd(10, WAIT)).isEqualTo("done".getBytes(UTF_8));
        }
        // the acceptor may speak first
        Stream asking = dialed.open();
        asking.write(new byte[1], WAIT);
        Stream answering = accepted.accept(WAIT);
        answering.write("first".getBytes(UTF_8), 0, 5, true, WAIT);
        assertThat(asking.readToEnd(10, WAIT)).isEqualTo("first".getBytes(UTF_8));
    }

    private record Ticket(byte[] bytes, byte[] secret) {
        static Ticket of(byte[] serverHello) {
            CborReader in = new CborReader(RawPeer.selected(serverHello, 3)).expectArray(3);
            return new Ticket(in.bytes(512), in.fixedBytes(32));
        }
    }

    private Ticket ticketFrom(Transport listening, RawEndpoint endpoint) throws Exception {
        RawPeer raw = RawPeer.dial(endpoint, listening.localAddress());
        raw.send(RawPeer.clientHello(client, server.id, leafOf(server), raw.receive(), WITH_TICKETS));
        Ticket ticket = Ticket.of(raw.receive());
        accept(raw);
        listening.accept(WAIT);
        return ticket;
    }

    private byte[] resumed(Party as, byte[] challenge, byte[] ticket, byte[] secret) {
        return RawPeer.resumedHello(as, server.id, leafOf(server), challenge, WITH_TICKETS, ticket, secret);
    }

    @Test
    void aTicketStandsForTheSignaturesOfItsOwner() throws Exception {
        Transport listening = open(server);
        RawEndpoint endpoint = rawEndpoint(client);
        Ticket ticket = ticketFrom(listening, endpoint);
        for (int i = 0; i < 2; i++) {
            RawPeer raw = RawPeer.dial(endpoint, listening.localAddress());
            raw.send(resumed(client, raw.receive(), ticket.bytes(), ticket.secret()));
            assertThat(RawPeer.proofOf(raw.receive())).isEqualTo(1);
            accept(raw);
            assertThat(listening.accept(WAIT).peer().id()).isEqualTo(client.id);
        }
    }

    @Test
    void aTicketThatDoesNotHoldLeadsToAFullHello() throws Exception {
        Transport listening = open(server);
        RawEndpoint endpoint = rawEndpoint(client);
        Ticket ticket = ticketFrom(listening, endpoint);
        byte[] tampered = ticket.bytes().clone();
        tampered[tampered.length / 2] ^= 1;
        byte[] unknownKey = ticket.bytes().clone();
        unknownKey[0] ^= 1;
        byte[] elsewhere = RawPeer.dial(endpoint, listening.localAddress()).receive();
        Party thief = new Party();
        Party renewed = client.withAnotherLeaf();
        List<ChallengedHello> bad = List.of(
                challenge -> resumed(client, challenge, tampered, ticket.secret()),
                challenge -> resumed(client, challenge, unknownKey, ticket.secret()),
                challenge -> resumed(client, challenge, new byte[0], ticket.secret()),
                challenge -> resumed(client, challenge, ticket.bytes(), new byte[32]),
                challenge -> resumed(client, elsewhere, ticket.bytes(), ticket.secret()),
                challenge -> resumed(thief, challenge, ticket.bytes(), ticket.secret()),
                challenge -> resumed(renewed, challenge, ticket.bytes(), ticket.secret()));
        for (int i = 0; i < bad.size(); i++) {
            RawPeer raw = RawPeer.dial(endpoint, listening.localAddress());
            byte[] challenge = raw.receive();
            raw.send(bad.get(i).of(challenge));
            assertThat(raw.receive()).as("answer to bad ticket " + i).isEqualTo(new byte[] {(byte) 0x81, 6});
            raw.send(RawPeer.clientHello(client, server.id, leafOf(server), challenge, WITH_TICKETS));
            assertThat(RawPeer.proofOf(raw.receive())).isZero();
            accept(raw);
            assertThat(listening.accept(WAIT).peer().id()).isEqualTo(client.id);
        }
        RawPeer stubborn = RawPeer.dial(endpoint, listening.localAddress());
        byte[] challenge = stubborn.receive();
        stubborn.send(bad.get(0).of(challenge));
        stubborn.receive();
        stubborn.send(bad.get(0).of(challenge));
        assertThat(stubborn.receiveRefusal()).isEqualTo("HANDSHAKE_FAILED");
    }

    /** Makes a hello for a challenge. */
    private interface ChallengedHello {
        byte[] of(byte[] challenge);
    }

    @Test
    void theVerifierIsAskedEvenWhenATicketHolds() throws Exception {
        AtomicReference<PeerVerifier.Judgement> now =
                new AtomicReference<>(new PeerVerifier.Judgement.Accepted(Standing.FULL));
        Transport listening = keep(server.open(engine, evidence -> now.get()));
        RawEndpoint endpoint = rawEndpoint(client);
        Ticket ticket = ticketFrom(listening, endpoint);
        now.set(new PeerVerifier.Judgement.Refused("REVOKED", "its leaf was revoked"));
        RawPeer raw = RawPeer.dial(endpoint, listening.localAddress());
        raw.send(resumed(client, raw.receive(), ticket.bytes(), ticket.secret()));
        assertThat(raw.receiveRefusal()).isEqualTo("REVOKED");
        now.set(new PeerVerifier.Judgement.Accepted(Standing.MEMBER_ONLY));
        RawPeer lowered = RawPeer.dial(endpoint, listening.localAddress());
        lowered.send(resumed(client, lowered.receive(), ticket.bytes(), ticket.secret()));
        assertThat(RawPeer.proofOf(lowered.receive())).isEqualTo(1);
        accept(lowered);
        assertThat(listening.accept(WAIT).peer().standing()).isEqualTo(Standing.MEMBER_ONLY);
    }

    @Test
    void aClientShowsItsTicketAndSignsWhenItIsNotTaken() throws Exception {
        RawEndpoint endpoint = rawEndpoint(server);
        Transport dialing = keep(client.open(engine, Party.ANYBODY));
        byte[] challenge = RawPeer.challenge(1, new byte[32], WITH_TICKETS);
        byte[] given = new CborWriter()
                .array(3)
                .bytes(new byte[100])
                .bytes(new byte[32])
                .uint(60)
                .toBytes();
        Future<Connection> first =
                threads.submit(() -> dialing.connect(new Endpoint(endpoint.localAddress(), server.id), WAIT));
        raw().send(challenge);
        byte[] signed = raw().receive();
        assertThat(RawPeer.proofOf(signed)).isZero();
        raw().send(RawPeer.serverHello(
                server, client.id, challenge, signed, List.of(new RawPeer.Offer(3, false, given))));
        assertThat(first.get(60, TimeUnit.SECONDS).peer().id()).isEqualTo(server.id);

        acceptedRaw = new CompletableFuture<>();
        Future<Connection> second =
                threads.submit(() -> dialing.connect(new Endpoint(endpoint.localAddress(), server.id), WAIT));
        raw().send(challenge);
        assertThat(RawPeer.proofOf(raw().receive())).isEqualTo(1);
        raw().send(new byte[] {(byte) 0x81, 6});
        byte[] signedNow = raw().receive();
        assertThat(RawPeer.proofOf(signedNow)).isZero();
        raw().send(RawPeer.serverHello(server, client.id, challenge, signedNow, List.of()));
        assertThat(second.get(60, TimeUnit.SECONDS).peer().id()).isEqualTo(server.id);
    }

    @Test
    void connectionsOfTheSamePeersResumeWhateverTheirProtection() {
        Transport listening = open(server, PostQuantum.REQUIRED);
        Transport dialing = open(client, PostQuantum.PREFERRED);
        for (int i = 0; i < 3; i++) {
            Connection dialed = dialing.connect(server.at(listening), WAIT);
            Connection accepted = listening.accept(WAIT);
            assertThat(dialed.protection()).isEqualTo(Protection.HYBRID);
            assertEchoes(dialed, accepted);
            if (i == 1) {
                server.renew();
                client.renew();
            }
        }
    }
}
