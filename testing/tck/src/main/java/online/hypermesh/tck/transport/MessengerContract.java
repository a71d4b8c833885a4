package online.hypermesh.tck.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.stoq.Endpoint;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.PeerVerifier;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.Transport;
import online.hypermesh.stoq.TransportLimits;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.messaging.Messengers;
import online.hypermesh.stoq.spi.TransportEngine;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Behaviour of a {@link Messenger} over any {@link TransportEngine}; extend and supply the engine. */
@Timeout(120)
public abstract class MessengerContract {
    private static final Duration WAIT = Facts.WAIT;
    private static final int ECHO = 7;

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private TransportEngine engine;
    private ExecutorService threads;
    private Party alice;
    private Party bob;

    /** For subclasses. */
    protected MessengerContract() {}

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
        alice = new Party();
        bob = new Party();
    }

    @AfterEach
    void end() throws Exception {
        threads.shutdownNow();
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    private record Open(Messenger messenger, Transport transport) {}

    private Open open(Party party, PeerVerifier verifier, int port) {
        Transport transport = party.open(engine, verifier, port, TransportLimits.DEFAULT);
        Messenger messenger = Messengers.over(transport);
        open.push(messenger);
        return new Open(messenger, transport);
    }

    private Open open(Party party) {
        return open(party, Party.ANYBODY, 0);
    }

    /** Alice knows where Bob is; Bob echoes. */
    private record Pair(Messenger alice, Messenger bob, Endpoint bobAt) {}

    private Pair pair() {
        Open bobs = open(bob);
        bobs.messenger().serve(ECHO, Messenger.MAX_BODY_BYTES, false, (peer, body) -> body);
        Messenger alices = open(alice).messenger();
        Endpoint endpoint = bob.at(bobs.transport());
        alices.route(endpoint);
        return new Pair(alices, bobs.messenger(), endpoint);
    }

    private static StoqException failure(ThrowingCallable call) {
        StoqException failure = catchThrowableOfType(StoqException.class, call);
        assertThat(failure).as("a StoqException").isNotNull();
        return failure;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    @Test
    void requestsOfEverySizeAreAnswered() {
        Pair pair = pair();
        for (int size : new int[] {0, 1, 64, 16 * 1024, 16 * 1024 + 1, 300_000, Messenger.MAX_BODY_BYTES}) {
            byte[] body = new byte[size];
            Arrays.fill(body, (byte) size);
            if (size > 2) {
                body[size - 1] = 99;
            }
            assertThat(pair.alice().request(bob.id, ECHO, body, WAIT)).isEqualTo(body);
        }
        assertThat(pair.alice().connected(bob.id).orElseThrow().id()).isEqualTo(bob.id);
        assertThat(pair.bob().connected(alice.id).orElseThrow().id()).isEqualTo(alice.id);
        assertThat(pair.alice().routeTo(bob.id)).contains(pair.bobAt());
    }

    @Test
    void theHandlerKnowsWhoAsks() {
        Pair pair = pair();
        pair.bob().serve(8, 100, false, (peer, body) -> bytes(peer.id().toString()));
        assertThat(pair.alice().request(bob.id, 8, new byte[0], WAIT)).isEqualTo(bytes(alice.id.toString()));
    }

    @Test
    void manyRequestsRunAtOnce() throws Exception {
        Pair pair = pair();
        List<Future<byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            byte[] body = bytes("request " + i);
            answers.add(threads.submit(() -> pair.alice().request(bob.id, ECHO, body, WAIT)));
        }
        for (int i = 0; i < 300; i++) {
            assertThat(answers.get(i).get(60, TimeUnit.SECONDS)).isEqualTo(bytes("request " + i));
        }
    }

    private static final class Teapot extends CodedException {
        private static final long serialVersionUID = 1L;

        Teapot() {
            super("TEAPOT", Retry.WHOLE_OPERATION, "short and stout", null);
        }
    }

    @Test
    void aHandlersCodedFailureReachesTheCaller() {
        Pair pair = pair();
        pair.bob().serve(8, 100, false, (peer, body) -> {
            throw new Teapot();
        });
        StoqException failure = failure(() -> pair.alice().request(bob.id, 8, new byte[1], WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.REMOTE_FAILURE);
        assertThat(failure.remoteCode()).isEqualTo("TEAPOT");
        assertThat(failure.retry()).isEqualTo(Retry.WHOLE_OPERATION);
        assertThat(failure).hasMessageContaining("short and stout");
    }

    @Test
    void aHandlersOtherFailureReachesTheCallerWithoutDetail() {
        Pair pair = pair();
        pair.bob().serve(8, 100, false, (peer, body) -> {
            throw new IllegalStateException("a secret");
        });
        StoqException failure = failure(() -> pair.alice().request(bob.id, 8, new byte[1], WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.REMOTE_FAILURE);
        assertThat(failure.remoteCode()).isEqualTo("INTERNAL");
        assertThat(failure.getMessage()).doesNotContain("secret");
    }

    @Test
    void unknownServicesAndOversizedRequestsAreRefusedByName() {
        Pair pair = pair();
        assertThat(failure(() -> pair.alice().request(bob.id, 999, new byte[0], WAIT))
                        .code())
                .isEqualTo(StoqException.Code.UNKNOWN_SERVICE);
        pair.bob().serve(8, 100, false, (peer, body) -> body);
        assertThat(failure(() -> pair.alice().request(bob.id, 8, new byte[101], WAIT))
                        .code())
                .isEqualTo(StoqException.Code.LIMIT_EXCEEDED);
        assertThat(failure(() -> pair.alice().request(bob.id, 8, new byte[3_000_000], WAIT))
                        .code())
                .isEqualTo(StoqException.Code.LIMIT_EXCEEDED);
        assertThat(pair.alice().request(bob.id, 8, new byte[100], WAIT)).hasSize(100);
        assertThatThrownBy(() -> pair.alice().request(bob.id, 0, new byte[0], WAIT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65535");
        assertThatThrownBy(() -> pair.alice().send(bob.id, 8, new byte[Messenger.MAX_BODY_BYTES + 1]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSlowHandlerEndsInTheCallersDeadline() throws Exception {
        Pair pair = pair();
        CountDownLatch release = new CountDownLatch(1);
        pair.bob().serve(8, 100, false, (peer, body) -> {
            try {
                release.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return body;
        });
        pair.alice().request(bob.id, ECHO, new byte[1], WAIT);
        StoqException failure = failure(() -> pair.alice().request(bob.id, 8, new byte[1], Duration.ofMillis(400)));
        release.countDown();
        assertThat(failure.code()).isEqualTo(StoqException.Code.TIMEOUT);
        assertThat(failure).hasMessageContaining("service 8");
        assertThat(pair.alice().request(bob.id, ECHO, new byte[1], WAIT)).hasSize(1);
    }

    @Test
    void membershipAloneReachesOnlyTheServicesMadeForIt() {
        Open bobs = open(bob, evidence -> new PeerVerifier.Judgement.Accepted(Standing.MEMBER_ONLY), 0);
        BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
        bobs.messenger().receive(8, 100, true, (peer, body) -> {
            received.add(8);
            return body;
        });
        bobs.messenger().receive(9, 100, false, (peer, body) -> {
            received.add(9);
            return body;
        });
        Messenger alices = open(alice).messenger();
        alices.route(bob.at(bobs.transport()));
        assertThat(alices.request(bob.id, 8, new byte[1], WAIT)).hasSize(1);
        StoqException failure = failure(() -> alices.request(bob.id, 9, new byte[1], WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.REFUSED_BY_PEER);
        assertThat(failure.remoteCode()).isEqualTo("MEMBER_ONLY");
        alices.send(bob.id, 9, new byte[1]);
        alices.send(bob.id, 8, new byte[1]);
        Facts.await(() -> received.size() == 2);
        assertThat(received).containsExactly(8, 8);
    }

    @Test
    void whoWasJudgedBeforeThePeerKnewEnoughIsJudgedAgain() {
        AtomicReference<Standing> standing = new AtomicReference<>(Standing.MEMBER_ONLY);
        Open bobs = open(bob, evidence -> new PeerVerifier.Judgement.Accepted(standing.get()), 0);
        bobs.messenger().serve(9, 100, false, (peer, body) -> body);
        Messenger alices = open(alice).messenger();
        alices.route(bob.at(bobs.transport()));
        assertThat(failure(() -> alices.request(bob.id, 9, new byte[1], WAIT)).remoteCode())
                .isEqualTo("MEMBER_ONLY");
        standing.set(Standing.FULL);
        Facts.await(() -> {
            try {
                return alices.request(bob.id, 9, new byte[1], WAIT).length == 1;
            } catch (StoqException e) {
                return false;
            }
        });
    }

    @Test
    void messagesArriveInOrder() throws Exception {
        Pair pair = pair();
        BlockingQueue<Integer> received = new ArrayBlockingQueue<>(10_000);
        pair.bob().receive(8, 2000, false, (peer, body) -> {
            received.add(ByteBuffer.wrap(body).getInt());
            return new byte[0];
        });
        int sent = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] body = ByteBuffer.allocate(4 + i % 1500).putInt(i).array();
            long deadline = System.nanoTime() + WAIT.toNanos();
            while (!pair.alice().send(bob.id, 8, body)) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Facts.lookAgainSoon();
            }
            sent++;
        }
        for (int i = 0; i < sent; i++) {
            assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(i);
        }
    }

    @Test
    void messagesHandledAtOnceOvertakeNoneBeforeThem() throws Exception {
        Pair pair = pair();
        BlockingQueue<Integer> received = new ArrayBlockingQueue<>(1000);
        AtomicInteger atOnce = new AtomicInteger();
        pair.bob().receive(8, 2000, false, new RequestHandler() {
            @Override
            public boolean handleAtOnce(PeerIdentity peer, byte[] body) {
                int number = ByteBuffer.wrap(body).getInt();
                if (number % 10 == 5) {
                    return false;
                }
                atOnce.incrementAndGet();
                received.add(number);
                return true;
            }

            @Override
            public byte[] handle(PeerIdentity peer, byte[] body) {
                Facts.lookAgainSoon();
                received.add(ByteBuffer.wrap(body).getInt());
                return new byte[0];
            }
        });
        for (int i = 0; i < 300; i++) {
            byte[] body = ByteBuffer.allocate(4 + i).putInt(i).array();
            assertThat(pair.alice().send(bob.id, 8, body)).isTrue();
        }
        for (int i = 0; i < 300; i++) {
            assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(i);
        }
        assertThat(atOnce.get()).isBetween(1, 270);
    }

    @Test
    void aHandlerThatFailsAtOnceHarmsNoOtherMessage() throws Exception {
        Pair pair = pair();
        BlockingQueue<Integer> received = new ArrayBlockingQueue<>(10);
        pair.bob().receive(8, 2000, false, new RequestHandler() {
            @Override
            public boolean handleAtOnce(PeerIdentity peer, byte[] body) {
                if (body.length == 0) {
                    throw new IllegalStateException("an empty message");
                }
                received.add((int) body[0]);
                return true;
            }

            @Override
            public byte[] handle(PeerIdentity peer, byte[] body) {
                received.add(-1);
                return new byte[0];
            }
        });
        pair.alice().send(bob.id, 8, new byte[0]);
        pair.alice().send(bob.id, 8, new byte[] {7});

        assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(7);
    }

    @Test
    void messagesPassRequestsThatOccupyTheirConnection() throws Exception {
        Pair pair = pair();
        CountDownLatch release = new CountDownLatch(1);
        pair.bob().serve(8, Messenger.MAX_BODY_BYTES, false, (peer, body) -> {
            try {
                release.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new byte[0];
        });
        CountDownLatch message = new CountDownLatch(1);
        pair.bob().receive(9, 100, false, (peer, body) -> {
            message.countDown();
            return new byte[0];
        });
        List<Future<byte[]>> bulk = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            bulk.add(threads.submit(() -> pair.alice().request(bob.id, 8, new byte[2_000_000], WAIT)));
        }
        assertThat(pair.alice().send(bob.id, 9, new byte[10])).isTrue();
        assertThat(message.await(60, TimeUnit.SECONDS)).isTrue();
        release.countDown();
        for (Future<byte[]> each : bulk) {
            each.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void aServiceThatOnlyAnswersTakesNoMessages() {
        Pair pair = pair();
        BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
        pair.bob().serve(8, 100, true, (peer, body) -> {
            received.add(8);
            return body;
        });
        pair.bob().receive(9, 100, true, (peer, body) -> {
            received.add(9);
            return body;
        });
        pair.alice().send(bob.id, 8, new byte[1]);
        pair.alice().send(bob.id, 9, new byte[1]);
        Facts.await(() -> !received.isEmpty());
        assertThat(pair.alice().request(bob.id, 8, new byte[1], WAIT)).hasSize(1);
        assertThat(received).containsExactly(9, 8);
    }

    @Test
    void onePeerCannotTakeEveryThread() throws Exception {
        Pair pair = pair();
        CountDownLatch asked = new CountDownLatch(8);
        CountDownLatch release = new CountDownLatch(1);
        pair.bob().serve(8, 100, false, (peer, body) -> {
            asked.countDown();
            try {
                release.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return body;
        });
        List<Future<byte[]>> greedy = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            greedy.add(threads.submit(() -> pair.alice().request(bob.id, 8, new byte[1], Duration.ofSeconds(60))));
        }
        assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
        Messenger carols = open(new Party()).messenger();
        carols.route(pair.bobAt());
        assertThat(carols.request(bob.id, ECHO, new byte[2], WAIT)).hasSize(2);
        release.countDown();
        for (Future<byte[]> each : greedy) {
            assertThat(each.get(60, TimeUnit.SECONDS)).hasSize(1);
        }
    }

    @Test
    void sendingToAnAbsentPeerNeverBlocksAndStopsQueueing() {
        Messenger alices = open(alice).messenger();
        assertThat(alices.send(bob.id, 8, new byte[1])).as("no address").isFalse();
        Open bobs = open(bob);
        alices.route(bob.at(bobs.transport()));
        bobs.messenger().close();
        int queued = 0;
        while (queued < 100_000 && alices.send(bob.id, 8, new byte[1000])) {
            queued++;
        }
        assertThat(queued).isLessThan(100_000);
    }

    @Test
    void aPeerWithoutAddressIsNamed() {
        Messenger alices = open(alice).messenger();
        StoqException failure = failure(() -> alices.request(bob.id, ECHO, new byte[1], WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.NO_ROUTE);
        assertThat(failure).hasMessageContaining(bob.id.toShortString());
        assertThat(alices.connected(bob.id)).isEmpty();
    }

    @Test
    void aPeerThatDialedCanBeAskedWithoutAnAddress() throws Exception {
        Pair pair = pair();
        CountDownLatch message = new CountDownLatch(1);
        pair.alice().serve(9, 100, false, (peer, body) -> bytes("from alice"));
        pair.alice().receive(10, 100, false, (peer, body) -> {
            message.countDown();
            return new byte[0];
        });
        pair.alice().request(bob.id, ECHO, new byte[1], WAIT);
        assertThat(pair.bob().request(alice.id, 9, new byte[0], WAIT)).isEqualTo(bytes("from alice"));
        assertThat(pair.bob().send(alice.id, 10, new byte[1])).isTrue();
        assertThat(message.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aRestartedPeerIsReachedAgain() throws Exception {
        Pair pair = pair();
        assertThat(pair.alice().request(bob.id, ECHO, new byte[1], WAIT)).hasSize(1);
        pair.alice().send(bob.id, ECHO, new byte[1]);
        pair.bob().close();
        assertThat(failure(() -> pair.alice().request(bob.id, ECHO, new byte[1], Duration.ofSeconds(5)))
                        .code())
                .isIn(StoqException.Code.UNREACHABLE, StoqException.Code.CLOSED, StoqException.Code.TIMEOUT);
        Open again = open(bob, Party.ANYBODY, pair.bobAt().address().getPort());
        again.messenger().serve(ECHO, 100, false, (peer, body) -> body);
        BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
        again.messenger().receive(8, 100, false, (peer, body) -> {
            received.add(body);
            return body;
        });
        Facts.await(() -> {
            try {
                return pair.alice().request(bob.id, ECHO, new byte[2], Duration.ofSeconds(5)).length == 2;
            } catch (StoqException e) {
                return false;
            }
        });
        Facts.await(() -> {
            pair.alice().send(bob.id, 8, new byte[3]);
            return !received.isEmpty();
        });
    }

    @Test
    void reconnectingShowsTheNewLeafAndLosesNoAnswer() throws Exception {
        Pair pair = pair();
        pair.alice().request(bob.id, ECHO, new byte[1], WAIT);
        var oldLeaf = pair.bob().connected(alice.id).orElseThrow().leaf();
        alice.renew();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        pair.bob().serve(8, 100, false, (peer, body) -> {
            asked.countDown();
            try {
                release.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return body;
        });
        Future<byte[]> underWay = threads.submit(() -> pair.alice().request(bob.id, 8, new byte[5], WAIT));
        assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
        pair.alice().reconnect();
        assertThat(pair.alice().request(bob.id, ECHO, new byte[1], WAIT)).hasSize(1);
        assertThat(pair.bob().connected(alice.id).orElseThrow().leaf())
                .isEqualTo(alice.credentials.get().chain())
                .isNotEqualTo(oldLeaf);
        release.countDown();
        assertThat(underWay.get(60, TimeUnit.SECONDS)).hasSize(5);
    }

    @Test
    void theOtherSideReconnectingLosesNoAnswerEither() throws Exception {
        Pair pair = pair();
        pair.alice().request(bob.id, ECHO, new byte[1], WAIT);
        bob.renew();
        pair.bob().reconnect();
        for (int i = 0; i < 50; i++) {
            assertThat(pair.alice().request(bob.id, ECHO, new byte[1], WAIT)).hasSize(1);
        }
        Facts.await(() -> {
            pair.alice().request(bob.id, ECHO, new byte[1], WAIT);
            return pair.alice()
                    .connected(bob.id)
                    .map(peer -> peer.leaf().equals(bob.credentials.get().chain()))
                    .orElse(false);
        });
    }

    @Test
    void aClosedMessengerRefusesWork() {
        Pair pair = pair();
        pair.alice().close();
        pair.alice().close();
        assertThat(failure(() -> pair.alice().request(bob.id, ECHO, new byte[1], WAIT))
                        .code())
                .isEqualTo(StoqException.Code.CLOSED);
        assertThat(pair.alice().send(bob.id, ECHO, new byte[1])).isFalse();
        assertThat(Optional.of(pair.alice().self())).contains(alice.id);
    }
}
