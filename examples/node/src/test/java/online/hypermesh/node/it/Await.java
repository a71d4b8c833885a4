package online.hypermesh.node.it;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import online.hypermesh.stoq.base.error.CodedException;

/** Waits for facts that other processes establish. Thread-safe. */
final class Await {
    private static final long LOOK_AGAIN_MILLIS = 50;

    private Await() {}

    /** Waits until a look finds something; a look that fails because a node does not answer finds nothing yet. */
    static <T> T fact(String what, Duration deadline, Supplier<Optional<T>> look) {
        long end = System.nanoTime() + deadline.toNanos();
        String last = "";
        while (true) {
            try {
                Optional<T> found = look.get();
                if (found.isPresent()) {
                    return found.get();
                }
            } catch (CodedException e) {
                last = ". Last failure: " + e;
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("not so within " + deadline.toSeconds() + " s: " + what + last);
            }
            pause(LOOK_AGAIN_MILLIS);
        }
    }

    /** As the other one, for a condition. */
    static void until(String what, Duration deadline, Supplier<Boolean> condition) {
        fact(what, deadline, () -> condition.get() ? Optional.of(true) : Optional.empty());
    }

    /** Lets time pass where the moment itself is what a test chooses. */
    static void pause(long millis) {
        try {
            if (new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("nobody counts this down");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting", e);
        }
    }
}
