package online.hypermesh.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import online.hypermesh.stoq.Messenger;
import online.hypermesh.stoq.RequestOptions;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class RecognitionTests {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final byte[] ANSWER = {1};

    private final Recognition recognition = new Recognition(new Random(1));

    private static StoqException refused(String remoteCode) {
        return new StoqException(
                StoqException.Code.REFUSED_BY_PEER, Retry.NEVER, "refused: " + remoteCode, null, remoteCode);
    }

    /** Every part of the node asks through the guarded messenger; a fake peer answers. */
    private Messenger toA(Function<RequestOptions, byte[]> peer) {
        Messenger fake = (Messenger) Proxy.newProxyInstance(
                Messenger.class.getClassLoader(),
                new Class<?>[] {Messenger.class},
                (proxy, method, args) -> peer.apply((RequestOptions) args[3]));
        return new GuardedMessenger(fake, id -> Optional.empty(), recognition);
    }

    private static byte[] ask(Messenger messenger, Duration deadline) {
        return messenger.request(
                new NodeId(Digest.ZERO),
                31,
                new byte[0],
                RequestOptions.within(deadline).withMaxAnswerBytes(77));
    }

    @Test
    void aPeerThatRefusesABareMemberIsAskedAgainUntilItKnowsBetter() {
        List<RequestOptions> attempts = new ArrayList<>();
        byte[] answer = ask(
                toA(options -> {
                    attempts.add(options);
                    if (attempts.size() < 4) {
                        throw refused("MEMBER_ONLY");
                    }
                    return ANSWER;
                }),
                LONG);
        assertThat(answer).isEqualTo(ANSWER);
        assertThat(attempts).hasSize(4).allSatisfy(o -> {
            assertThat(o.maxAnswerBytes()).isEqualTo(77);
            assertThat(o.deadline()).isPositive().isLessThanOrEqualTo(LONG);
        });
        assertThat(attempts.get(3).deadline())
                .as("all attempts share one deadline")
                .isLessThan(attempts.get(0).deadline());
    }

    @Test
    void aLeafThatBecomesFinalEndsTheWaitAtOnce() throws Exception {
        Recognition slow = new Recognition(new Random(1) {
            @Override
            public long nextLong(long bound) {
                return bound - 1; // the longest pauses there are
            }
        });
        int refusals = 12; // pauses of these would take longer than the test may
        CountDownLatch waiting = new CountDownLatch(refusals);
        CompletableFuture<byte[]> answer = CompletableFuture.supplyAsync(() -> slow.patiently(LONG, left -> {
            if (waiting.getCount() > 0) {
                waiting.countDown();
                slow.changed(); // between the refusal and the wait: must not be missed
                throw refused("MEMBER_ONLY");
            }
            return ANSWER;
        }));
        assertThat(waiting.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(answer.get(5, TimeUnit.SECONDS)).isEqualTo(ANSWER);
    }

    @Test
    void whoIsNeverRecognisedIsToldSoWithinTheDeadline() {
        List<Duration> attempts = new ArrayList<>();
        assertThatThrownBy(() -> ask(
                        toA(options -> {
                            attempts.add(options.deadline());
                            throw refused("MEMBER_ONLY");
                        }),
                        Duration.ofMillis(400)))
                .isInstanceOfSatisfying(StoqException.class, e -> {
                    assertThat(e.code()).isEqualTo(StoqException.Code.REFUSED_BY_PEER);
                    assertThat(e.remoteCode()).isEqualTo("MEMBER_ONLY");
                    assertThat(e.retry()).isEqualTo(Retry.SAME_CALL);
                    assertThat(e).hasMessageContaining("400 ms").hasMessageContaining("hypermesh status");
                });
        assertThat(attempts).as("with pauses between them").hasSizeLessThanOrEqualTo(5);
    }

    @Test
    void otherRefusalsAreNotRepeated() {
        List<Duration> attempts = new ArrayList<>();
        assertThatThrownBy(() -> ask(
                        toA(options -> {
                            attempts.add(options.deadline());
                            throw refused("DENIED");
                        }),
                        LONG))
                .isInstanceOfSatisfying(
                        StoqException.class, e -> assertThat(e.remoteCode()).isEqualTo("DENIED"));
        assertThat(attempts).hasSize(1);
    }
}
