package planted.clock.bootstrap;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Violation: a core that asks the machine. */
public class Phases {
    long nanos() {
        return System.nanoTime();
    }

    Instant instant() {
        return Instant.now();
    }

    Clock clock() {
        return Clock.systemUTC();
    }

    int chance() {
        return new Random().nextInt();
    }

    int secureChance() {
        return new SecureRandom().nextInt();
    }

    void shuffle(List<String> names) {
        Collections.shuffle(names);
    }
}
