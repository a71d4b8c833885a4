package online.hypermesh.tck.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static online.hypermesh.tck.transport.Parties.WAIT;
import static online.hypermesh.tck.transport.Parties.await;
import static online.hypermesh.tck.transport.Parties.failure;
import static online.hypermesh.tck.transport.Parties.introduce;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import online.hypermesh.stoq.Call;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestHandler;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.ServiceLimits;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.CodedException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.stoq.messaging.MessengerConfig;
import online.hypermesh.stoq.spi.TransportEngine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a {@link Messenger} owes a caller beyond whole bodies: streams with back-pressure, deadlines that reach the peer,
 * cancellation, pipelining, repetition, several addresses, overload and draining; over any {@link TransportEngine}.
 */
@Timeout(120)
public abstract class CallContract {
    private static final int ECHO = 7;
    private static final int SERVICE = 8;
    private static final ServiceLimits ANY_SIZE = ServiceLimits.DEFAULT.withBytes(1L << 32, 1L << 32);

    private Parties parties;
    private Parties.Node alice;
    private Parties.Node bob;
    private NodeId bobId;

    /** For subclasses. */
    protected CallContract() {}

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
        bob = parties.open();
        bobId = bob.party().id;
        bob.messenger().serve(ECHO, Messenger.MAX_BODY_BYTES, false, (peer, body) -> body);
        introduce(alice, bob);
    }

    @AfterEach
    void end() throws Exception {
        parties.close();
    }

    private static RequestOptions within() {
        return RequestOptions.within(WAIT);
    }

    private Call call(RequestOptions options) {
        return alice.messenger().call(bobId, SERVICE, options);
    }

    private byte[] echo(byte[] body) {
        return alice.messenger().request(bobId, ECHO, body, WAIT);
    }

    private static final class Teapot extends CodedException {
        private static final long serialVersionUID = 1L;

        Teapot() {
            super("TEAPOT", Retry.WHOLE_OPERATION, "short and stout", null);
        }
    }

    private static RequestHandler heldBy(CountDownLatch arrived, CountDownLatch release) {
        return (peer, body) -> {
            arrived.countDown();
            await(release);
            return body;
        };
    }

    @Test
    void bodiesLargerThanAnyArrayFlowInBothDirectionsAtOnce() throws Exception {
        int size = 24_000_000;
        bob.messenger().serve(SERVICE, ANY_SIZE, exchange -> {
            byte[] buffer = new byte[50_000];
            InputStream in = exchange.body();
            OutputStream out = exchange.answer();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                for (int i = 0; i < n; i++) {
                    buffer[i] ^= 0x55;
                }
                out.write(buffer, 0, n);
            }
        });
        try (Call call = call(within().withMaxAnswerBytes(size))) {
            Future<?> writer = parties.threads.submit(() -> {
                byte[] piece = new byte[100_000];
                for (int at = 0; at < size; at += piece.length) {
                    for (int i = 0; i < piece.length; i++) {
                        piece[i] = (byte) ((at + i) * 31);
                    }
                    call.body().write(piece);
                }
                call.body().close();
                return null;
            });
            byte[] buffer = new byte[70_001];
            int at = 0;
            for (int n = call.answer().read(buffer); n >= 0; n = call.answer().read(buffer)) {
                for (int i = 0; i < n; i++, at++) {
                    if ((byte) (buffer[i] ^ 0x55) != (byte) (at * 31)) {
                        throw new AssertionError("byte " + at + " is another");
                    }
                }
            }
            assertThat(at).isEqualTo(size);
            writer.get(60, TimeUnit.SECONDS);
        }
        assertThat(echo(new byte[5])).hasSize(5);
    }

    @Test
    void wholeAndStreamedBodiesMeet() throws Exception {
        bob.messenger()
                .serve(
                        SERVICE,
                        ServiceLimits.DEFAULT,
                        exchange -> exchange.body().transferTo(exchange.answer()));
        for (int size : new int[] {0, 1, 32 * 1024, 32 * 1024 + 1, 3_000_000}) {
            byte[] body = new byte[size];
            if (size > 0) {
                body[size / 2] = 9;
            }
            assertThat(alice.messenger().request(bobId, SERVICE, body, WAIT)).isEqualTo(body);
            try (Call call = alice.messenger().call(bobId, ECHO, within())) {
                call.body().write(body);
                call.body().close();
                assertThat(call.answer().readAllBytes()).isEqualTo(body);
                assertThat(call.answer().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void whatIsNotReadHoldsTheWriterUp() {
        CountDownLatch release = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, ANY_SIZE, exchange -> await(release));
        AtomicLong written = new AtomicLong();
        StoqException failure;
        echo(new byte[1]);
        try (Call call = call(RequestOptions.within(Duration.ofMillis(800)))) {
            failure = failure(() -> {
                byte[] piece = new byte[100_000];
                while (true) {
                    call.body().write(piece);
                    written.addAndGet(piece.length);
                }
            });
        }
        release.countDown();
        assertThat(failure.code()).isEqualTo(StoqException.Code.TIMEOUT);
        assertThat(written.get()).as("window and buffers, not the heap").isLessThan(24_000_000);
        assertThat(echo(new byte[5])).hasSize(5);
    }

    @Test
    void anAnswerThatIsNotReadHoldsTheHandlerUpUntilTheCallerGivesUp() {
        AtomicLong written = new AtomicLong();
        AtomicReference<Throwable> failed = new AtomicReference<>();
        CountDownLatch ended = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, ANY_SIZE, exchange -> {
            try {
                byte[] piece = new byte[100_000];
                while (true) {
                    exchange.answer().write(piece);
                    written.addAndGet(piece.length);
                }
            } catch (StoqException e) {
                failed.set(e);
                assertThat(exchange.cancelled()).isTrue();
                throw e;
            } finally {
                ended.countDown();
            }
        });
        try (Call call = call(within().withMaxAnswerBytes(1L << 32))) {
            Parties.doing(() -> call.body().close());
            long quiet = -1;
            while (quiet != written.get()) {
                quiet = written.get();
                long until = System.nanoTime() + 300_000_000;
                await(() -> System.nanoTime() > until);
            }
            assertThat(quiet).isLessThan(24_000_000);
            assertThat(ended.getCount()).isEqualTo(1);
        }
        await(ended);
        assertThat(failed.get()).isInstanceOf(StoqException.class);
        assertThat(echo(new byte[5])).hasSize(5);
    }

    @Test
    void cancellingACallReachesAHandlerThatOnlyComputes() {
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch seen = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, ServiceLimits.DEFAULT, exchange -> {
            exchange.body().readAllBytes();
            exchange.onCancelled(seen::countDown);
            assertThat(exchange.cancelled()).isFalse();
            began.countDown();
            await(seen);
            assertThat(exchange.cancelled()).isTrue();
        });
        Call call = call(within());
        Parties.doing(() -> {
            call.body().write(new byte[100_000]);
            call.body().close();
        });
        await(began);
        call.cancel();
        await(seen);
        assertThat(echo(new byte[5])).hasSize(5);
    }

    @Test
    void cancellingWhatWasAskedReachesTheHandler() {
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch seen = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, ServiceLimits.DEFAULT, exchange -> {
            exchange.onCancelled(seen::countDown);
            began.countDown();
            await(seen);
        });
        CompletableFuture<byte[]> answer = alice.messenger().ask(bobId, SERVICE, new byte[10], within());
        await(began);
        answer.cancel(true);
        await(seen);
        assertThat(answer).isCancelled();
        assertThat(echo(new byte[5])).hasSize(5);
    }

    @Test
    void theDeadlineReachesTheHandlerAndEndsTheExchangeThere() {
        AtomicReference<Duration> told = new AtomicReference<>();
        CountDownLatch stopped = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, ServiceLimits.DEFAULT, exchange -> {
            told.set(exchange.remaining());
            exchange.onCancelled(stopped::countDown);
            await(stopped);
            assertThat(exchange.remaining()).isEqualTo(Duration.ZERO);
        });
        echo(new byte[1]);
        // where a loaded machine does not get a request across in so short a time, it is asked again
        await(() -> {
            StoqException failure =
                    failure(() -> alice.messenger().request(bobId, SERVICE, new byte[1], Duration.ofMillis(400)));
            assertThat(failure.code()).isEqualTo(StoqException.Code.TIMEOUT);
            return told.get() != null;
        });
        await(stopped);
        assertThat(told.get()).isBetween(Duration.ofMillis(1), Duration.ofMillis(400));
        assertThat(echo(new byte[5])).hasSize(5);
    }

    @Test
    void theServicesOwnTimeLimitsTheCaller() {
        CountDownLatch stopped = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, ServiceLimits.DEFAULT.withDuration(Duration.ofMillis(200)), exchange -> {
            exchange.onCancelled(stopped::countDown);
            await(stopped);
        });
        long began = System.nanoTime();
        StoqException failure = failure(() -> alice.messenger().request(bobId, SERVICE, new byte[1], WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.TIMEOUT);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(WAIT);
    }

    @Test
    void aFailureInTheMiddleOfAnAnswerArrivesTyped() throws IOException {
        bob.messenger().serve(SERVICE, ServiceLimits.DEFAULT, exchange -> {
            exchange.answer().write(new byte[100_000]);
            throw new Teapot();
        });
        try (Call call = call(within())) {
            call.body().close();
            StoqException failure = failure(() -> call.answer().readAllBytes());
            assertThat(failure.code()).isEqualTo(StoqException.Code.REMOTE_FAILURE);
            assertThat(failure.remoteCode()).isEqualTo("TEAPOT");
            assertThat(failure.retry()).isEqualTo(Retry.WHOLE_OPERATION);
        }
        StoqException whole = failure(() -> alice.messenger().request(bobId, SERVICE, new byte[1], WAIT));
        assertThat(whole.remoteCode()).isEqualTo("TEAPOT");
    }

    @Test
    void aFailureStopsTheWriterOfALargeBody() {
        bob.messenger().serve(SERVICE, ANY_SIZE, exchange -> {
            throw new Teapot();
        });
        try (Call call = call(within())) {
            StoqException failure = failure(() -> {
                byte[] piece = new byte[100_000];
                while (true) {
                    call.body().write(piece);
                }
            });
            assertThat(failure.remoteCode()).isEqualTo("TEAPOT");
            assertThat(failure(() -> call.answer().read()).remoteCode()).isEqualTo("TEAPOT");
        }
        assertThat(echo(new byte[5])).hasSize(5);
    }

    @Test
    void limitsHoldForBodiesOfUntoldLength() {
        bob.messenger().serve(SERVICE, ServiceLimits.DEFAULT.withBytes(200_000, 300_000), exchange -> {
            exchange.body().readAllBytes();
            exchange.answer().write(new byte[300_001]);
        });
        bob.messenger().serve(9, 200_000, false, (peer, body) -> body);
        for (int service : new int[] {SERVICE, 9}) {
            try (Call call = alice.messenger().call(bobId, service, within())) {
                StoqException failure = failure(() -> {
                    call.body().write(new byte[200_001]);
                    call.body().close();
                    call.answer().readAllBytes();
                });
                assertThat(failure.code()).isEqualTo(StoqException.Code.LIMIT_EXCEEDED);
            }
        }
        StoqException answer = failure(() -> alice.messenger().request(bobId, SERVICE, new byte[1], WAIT));
        assertThat(answer.remoteCode()).isEqualTo("LIMIT_EXCEEDED");
        assertThat(failure(() -> alice.messenger().request(bobId, ECHO, new byte[50], within().withMaxAnswerBytes(49)))
                        .code())
                .isEqualTo(StoqException.Code.LIMIT_EXCEEDED);
    }

    @Test
    void manyRequestsAreUnderWayWithoutAThreadEach() {
        List<CompletableFuture<byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            answers.add(alice.messenger().ask(bobId, ECHO, ("request " + i).getBytes(UTF_8), within()));
        }
        for (int i = 0; i < 500; i++) {
            assertThat(answer(answers.get(i))).isEqualTo(("request " + i).getBytes(UTF_8));
        }
    }

    @Test
    void anAskedRequestEndsAtItsDeadline() {
        CountDownLatch release = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, 100, false, heldBy(new CountDownLatch(1), release));
        CompletableFuture<byte[]> answer =
                alice.messenger().ask(bobId, SERVICE, new byte[1], RequestOptions.within(Duration.ofMillis(300)));
        assertThat(codeOf(answer)).isEqualTo(StoqException.Code.TIMEOUT);
        release.countDown();
    }

    private static byte[] answer(CompletableFuture<byte[]> answer) {
        try {
            return answer.get(WAIT.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw (StoqException) e.getCause();
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("no answer within " + WAIT, e);
        }
    }

    private static StoqException.@Nullable Code codeOf(CompletableFuture<byte[]> answer) {
        try {
            answer(answer);
            return null;
        } catch (StoqException e) {
            return e.code();
        }
    }

    @Test
    void aLostConnectionIsHiddenFromRepeatableRequestsAndOnlyFromThem() throws Exception {
        CountDownLatch arrived = new CountDownLatch(2);
        CountDownLatch release = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, 100, false, heldBy(arrived, release));
        CompletableFuture<byte[]> once = alice.messenger().ask(bobId, SERVICE, new byte[3], within());
        CompletableFuture<byte[]> repeatable =
                alice.messenger().ask(bobId, SERVICE, new byte[4], within().repeatable());
        await(arrived);
        int port = bob.transport().localAddress().getPort();
        bob.messenger().close();
        Parties.Node again = parties.open(bob.party(), port, MessengerConfig.DEFAULT);
        again.messenger().serve(SERVICE, 100, false, (peer, body) -> body);
        assertThat(repeatable.get(60, TimeUnit.SECONDS)).hasSize(4);
        StoqException failed = failure(() -> answer(once));
        assertThat(failed.code()).isIn(StoqException.Code.CLOSED, StoqException.Code.UNREACHABLE);
        assertThat(failed.retry()).isEqualTo(Retry.WHOLE_OPERATION);
        release.countDown();
    }

    @Test
    void aRepeatableRequestWaitsForAPeerThatIsNotThereYet() throws Exception {
        int port = bob.transport().localAddress().getPort();
        bob.messenger().close();
        CompletableFuture<byte[]> answer = alice.messenger().ask(bobId, ECHO, new byte[6], within().repeatable());
        StoqException impatient =
                failure(() -> alice.messenger().request(bobId, ECHO, new byte[1], Duration.ofSeconds(10)));
        assertThat(impatient.code()).isEqualTo(StoqException.Code.UNREACHABLE);
        assertThat(answer).isNotDone();
        Parties.Node again = parties.open(bob.party(), port, MessengerConfig.DEFAULT);
        again.messenger().serve(ECHO, 100, false, (peer, body) -> body);
        assertThat(answer.get(60, TimeUnit.SECONDS)).hasSize(6);
    }

    @Test
    void aRepeatableRequestToAnAbsentPeerEndsAtItsDeadline() {
        bob.messenger().close();
        StoqException failure = failure(() -> alice.messenger()
                .request(
                        bobId,
                        ECHO,
                        new byte[1],
                        RequestOptions.within(Duration.ofMillis(500)).repeatable()));
        assertThat(failure.code()).isEqualTo(StoqException.Code.TIMEOUT);
    }

    @Test
    void aFloodIsRefusedAsOverloadAndOthersAreServed() {
        CountDownLatch arrived = new CountDownLatch(8);
        CountDownLatch release = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, 100, false, heldBy(arrived, release));
        List<CompletableFuture<byte[]>> flood = new ArrayList<>();
        for (int i = 0; i < 1200; i++) {
            flood.add(alice.messenger().ask(bobId, SERVICE, new byte[1], within()));
        }
        await(arrived);
        await(() -> flood.stream()
                        .filter(CompletableFuture::isCompletedExceptionally)
                        .count()
                >= 1200 - 8 - 1024);
        Parties.Node carol = parties.open();
        introduce(carol, bob);
        assertThat(carol.messenger().request(bobId, ECHO, new byte[2], WAIT)).hasSize(2);
        release.countDown();
        int answered = 0;
        for (CompletableFuture<byte[]> each : flood) {
            StoqException.Code code = codeOf(each);
            assertThat(code).isIn(null, StoqException.Code.OVERLOADED);
            answered += code == null ? 1 : 0;
        }
        assertThat(answered).isBetween(1024, 1200 - 1);
    }

    @Test
    void thisSidesOwnFloodIsBounded() {
        CountDownLatch release = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, 100, false, heldBy(new CountDownLatch(1), release));
        Parties.Node dave = parties.open(new Party(), 0, MessengerConfig.DEFAULT.withMaxRequestsPerPeer(3));
        introduce(dave, bob);
        List<CompletableFuture<byte[]>> few = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            few.add(dave.messenger().ask(bobId, SERVICE, new byte[1], within()));
        }
        assertThat(codeOf(dave.messenger().ask(bobId, SERVICE, new byte[1], within())))
                .isEqualTo(StoqException.Code.BUSY);
        release.countDown();
        few.forEach(each -> assertThat(answer(each)).hasSize(1));
        await(() -> codeOf(dave.messenger().ask(bobId, ECHO, new byte[1], within())) == null);
    }

    @Test
    void oneGoodAddressAmongSeveralIsFound() {
        Parties.Node carol = parties.open();
        InetSocketAddress good = bob.transport().localAddress();
        int free = freed();
        carol.messenger()
                .route(bobId, List.of(Party.loopback(free), alice.transport().localAddress(), good));
        assertThat(carol.messenger().request(bobId, ECHO, new byte[2], WAIT)).hasSize(2);
        assertThat(carol.messenger().routeTo(bobId).orElseThrow().address()).isEqualTo(Party.loopback(free));
    }

    /** A port of which nobody listens any more. */
    private int freed() {
        Parties.Node gone = parties.open();
        int port = gone.transport().localAddress().getPort();
        gone.messenger().close();
        return port;
    }

    @Test
    void whenNoAddressLeadsToThePeerEachIsNamedWithItsReason() {
        Parties.Node carol = parties.open();
        int free = freed();
        int wrong = alice.transport().localAddress().getPort();
        carol.messenger().route(bobId, List.of(Party.loopback(free), Party.loopback(wrong)));
        StoqException failure = failure(() -> carol.messenger().request(bobId, ECHO, new byte[2], WAIT));
        assertThat(failure.code()).isEqualTo(StoqException.Code.UNREACHABLE);
        assertThat(failure)
                .hasMessageContaining(":" + free + ": UNREACHABLE")
                .hasMessageContaining(":" + wrong + ": WRONG_IDENTITY");
    }

    @Test
    void drainingLetsRequestsUnderWayEnd() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, 100, false, heldBy(arrived, release));
        CompletableFuture<byte[]> underWay = alice.messenger().ask(bobId, SERVICE, new byte[5], within());
        await(arrived);
        Future<?> draining = parties.threads.submit(() -> alice.messenger().close(WAIT));
        await(() -> codeOf(alice.messenger().ask(bobId, ECHO, new byte[1], within())) == StoqException.Code.CLOSED);
        assertThat(draining.isDone()).isFalse();
        release.countDown();
        assertThat(underWay.get(60, TimeUnit.SECONDS)).hasSize(5);
        draining.get(60, TimeUnit.SECONDS);
    }

    @Test
    void drainingEndsAtItsTime() {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, 100, false, heldBy(arrived, release));
        CompletableFuture<byte[]> underWay = alice.messenger().ask(bobId, SERVICE, new byte[5], within());
        await(arrived);
        alice.messenger().close(Duration.ofMillis(200));
        assertThat(codeOf(underWay)).isEqualTo(StoqException.Code.CLOSED);
        release.countDown();
    }

    @Test
    void threadsThatWaitForStreamsAreBoundedPerPeer() {
        AtomicInteger running = new AtomicInteger();
        CountDownLatch release = new CountDownLatch(1);
        bob.messenger().serve(SERVICE, ServiceLimits.DEFAULT, exchange -> {
            running.incrementAndGet();
            await(release);
        });
        List<CompletableFuture<byte[]>> calls = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            calls.add(alice.messenger().ask(bobId, SERVICE, new byte[1], within()));
        }
        await(() -> calls.stream()
                        .filter(CompletableFuture::isCompletedExceptionally)
                        .count()
                == 100 - 16 - 64);
        await(() -> running.get() >= 16);
        assertThat(running.get()).isEqualTo(16);
        release.countDown();
        calls.forEach(each -> assertThat(codeOf(each)).isIn(null, StoqException.Code.OVERLOADED));
    }
}
