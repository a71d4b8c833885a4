package planted.clock.impl.consensus;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Allowed: seeded, and told the time. */
public class Engine {
    int chance(long seed) {
        return new Random(seed).nextInt();
    }

    void shuffle(List<String> names, Random random) {
        Collections.shuffle(names, random);
    }

    Instant later(Instant now) {
        return now.plusSeconds(1);
    }
}
