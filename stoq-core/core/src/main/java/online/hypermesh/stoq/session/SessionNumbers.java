package online.hypermesh.stoq.session;

import java.time.Clock;
import java.util.OptionalLong;
import java.util.function.Supplier;
import online.hypermesh.stoq.Resumption;

/**
 * Numbers the spans of time within which TLS sessions may be resumed: another number when a ticket's lifetime has passed, when
 * the clock was set back, and when the application's phase changes; none if nothing is resumed. Thread-safe.
 */
final class SessionNumbers implements Supplier<OptionalLong> {
    private final Resumption resumption;
    private final Clock clock;
    private long number;
    private long phase;
    private long beganMillis;

    SessionNumbers(Resumption resumption, Clock clock) {
        this.resumption = resumption;
        this.clock = clock;
        this.phase = resumption.phase().getAsLong();
        this.beganMillis = clock.millis();
    }

    @Override
    public synchronized OptionalLong get() {
        if (!resumption.enabled()) {
            return OptionalLong.empty();
        }
        long now = clock.millis();
        long phaseNow = resumption.phase().getAsLong();
        if (phaseNow != phase
                || now < beganMillis
                || now - beganMillis >= resumption.ticketLifetime().toMillis()) {
            number++;
            phase = phaseNow;
            beganMillis = now;
        }
        return OptionalLong.of(number);
    }
}
