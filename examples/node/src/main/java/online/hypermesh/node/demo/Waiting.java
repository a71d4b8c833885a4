package online.hypermesh.node.demo;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import online.hypermesh.stoq.base.error.CodedException;
import org.jspecify.annotations.Nullable;

/** Waits for facts about other processes, which nobody announces, by looking now and then up to a deadline. */
final class Waiting {
    private static final long LOOK_EVERY_MILLIS = 50;

    private Waiting() {}

    /**
     * Waits until a look finds something; failures of a look count as not yet.
     *
     * @param what for the error
     */
    static <T> T until(String what, Duration deadline, Supplier<Optional<T>> look) {
        long end = System.nanoTime() + deadline.toNanos();
        @Nullable CodedException last = null;
        while (true) {
            try {
                Optional<T> found = look.get();
                if (found.isPresent()) {
                    return found.get();
                }
                last = null;
            } catch (CodedException e) {
                last = e;
            }
            if (System.nanoTime() > end) {
                throw new StepFailedException(
                        what + " did not happen within " + deadline.toSeconds() + " s"
                                + (last == null ? "" : "; the last try failed: " + last.getMessage()),
                        last);
            }
            pause();
        }
    }

    private static void pause() {
        try {
            boolean never = new CountDownLatch(1).await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
            StepFailedException.require(!never, "a latch that nobody counts down opened");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StepFailedException("interrupted", e);
        }
    }
}
