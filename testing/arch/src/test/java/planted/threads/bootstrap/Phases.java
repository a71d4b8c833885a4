package planted.threads.bootstrap;

import java.util.concurrent.TimeUnit;

/** Allowed: units of time are not threads. */
public class Phases {
    long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }
}
