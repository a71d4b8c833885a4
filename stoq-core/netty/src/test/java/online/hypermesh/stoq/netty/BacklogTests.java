package online.hypermesh.stoq.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BacklogTests {
    private static final int FULL = (int) Backlog.FULL_BYTES;

    private final AtomicLong sent = new AtomicLong(5_000_000);
    private final Backlog backlog = new Backlog(sent::get);

    BacklogTests() {
        backlog.forget();
    }

    @Test
    void whatWasHandedOverAndNotSentCounts() {
        backlog.handed(FULL - 1);
        assertThat(backlog.isFull()).isFalse();
        backlog.handed(1);
        assertThat(backlog.isFull()).isTrue();
        sent.addAndGet(1);
        assertThat(backlog.isFull()).isFalse();
        backlog.handed(FULL);
        assertThat(backlog.isFull()).isTrue();
        sent.addAndGet(FULL);
        assertThat(backlog.isFull()).isFalse();
    }

    @Test
    void otherBytesThatWereSentAreNoCredit() {
        backlog.handed(FULL);
        sent.addAndGet(10L * FULL);
        assertThat(backlog.isFull()).isFalse();
        backlog.handed(FULL);
        assertThat(backlog.isFull()).isTrue();
    }

    @Test
    void whoeverSendsNothingForLongIsAskedWithoutWhatWas() {
        backlog.handed(3 * FULL);
        backlog.isStuck();
        sent.addAndGet(1);
        assertThat(backlog.isStuck()).isFalse();
        assertThat(backlog.isStuck()).isTrue();
        backlog.forget();
        assertThat(backlog.isFull()).isFalse();
    }
}
