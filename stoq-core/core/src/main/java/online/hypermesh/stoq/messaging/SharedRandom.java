package online.hypermesh.stoq.messaging;

import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/** Randomness of the calling thread, of no secret use. Thread-safe. */
final class SharedRandom implements RandomGenerator {
    @Override
    public long nextLong() {
        return ThreadLocalRandom.current().nextLong();
    }
}
