package online.hypermesh.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RoundsTests {
    private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    @Test
    void aRoundThatFailsIsFollowedByTheNext() throws InterruptedException {
        AtomicInteger rounds = new AtomicInteger();
        CountDownLatch five = new CountDownLatch(5);
        new Rounds(
                        executor,
                        () -> {
                            five.countDown();
                            switch (rounds.incrementAndGet()) {
                                case 1 -> throw new IllegalStateException("the first round fails");
                                case 3 -> throw new AssertionError("the third ends with an error");
                                default -> {
                                    return 1;
                                }
                            }
                        },
                        1)
                .start();
        assertThat(five.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void roundsEndWithTheirExecutor() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        new Rounds(
                        executor,
                        () -> {
                            begun.countDown();
                            return 1;
                        },
                        1)
                .start();
        assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
        executor.shutdownNow();
        assertThat(executor.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
}
