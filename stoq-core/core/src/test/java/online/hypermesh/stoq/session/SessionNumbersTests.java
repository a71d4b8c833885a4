package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import online.hypermesh.stoq.Resumption;
import org.junit.jupiter.api.Test;

class SessionNumbersTests {
    private final AtomicLong nowMillis = new AtomicLong(1_000_000);
    private final AtomicLong phase = new AtomicLong(2);
    private final Clock clock = new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(nowMillis.get());
        }
    };

    private final SessionNumbers numbers = new SessionNumbers(new Resumption(Duration.ofMinutes(1), phase::get), clock);

    @Test
    void aNumberLastsAsLongAsATicket() {
        OptionalLong first = numbers.get();
        nowMillis.addAndGet(59_999);
        assertThat(numbers.get()).isEqualTo(first).isPresent();
        nowMillis.addAndGet(1);
        OptionalLong second = numbers.get();
        assertThat(second).isNotEqualTo(first).isPresent();
        nowMillis.addAndGet(59_999);
        assertThat(numbers.get()).isEqualTo(second);
    }

    @Test
    void anotherPhaseIsAnotherNumberAndNoneComesBack() {
        OptionalLong first = numbers.get();
        phase.set(3);
        OptionalLong second = numbers.get();
        phase.set(2);
        assertThat(second).isNotEqualTo(first);
        assertThat(numbers.get()).isNotEqualTo(first).isNotEqualTo(second);
    }

    @Test
    void aClockThatWasSetBackProlongsNothing() {
        OptionalLong first = numbers.get();
        nowMillis.addAndGet(-1);
        assertThat(numbers.get()).isNotEqualTo(first);
    }

    @Test
    void withoutResumptionThereIsNoNumber() {
        assertThat(new SessionNumbers(Resumption.OFF, clock).get()).isEmpty();
    }
}
