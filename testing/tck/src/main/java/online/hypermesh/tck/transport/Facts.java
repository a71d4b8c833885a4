package online.hypermesh.tck.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what the other side does, without taking the processor from it. Thread-safe. */
final class Facts {
    /** Longer than any stall of a loaded machine; nothing waits it out that goes well. */
    static final Duration WAIT = Duration.ofSeconds(60);

    private static final long LOOK_AGAIN_NANOS = 200_000;

    private Facts() {}

    static void await(BooleanSupplier fact) {
        long deadline = System.nanoTime() + WAIT.toNanos();
        while (!fact.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited for the fact").isLessThan(deadline);
            lookAgainSoon();
        }
    }

    static void lookAgainSoon() {
        LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    }
}
