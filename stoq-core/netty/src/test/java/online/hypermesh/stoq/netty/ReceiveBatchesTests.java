package online.hypermesh.stoq.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class ReceiveBatchesTests {
    private static final int DATAGRAM = 1500;
    private static final int MOST = 64;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ExtendedHandle handle = (ExtendedHandle) new ReceiveBatches(DATAGRAM, MOST).newHandle();

    /** A round in which so many datagrams of so many bytes wait; returns how often the system was asked. */
    private int round(int waiting, int bytes) {
        handle.reset(channel.config());
        int left = waiting;
        int calls = 0;
        do {
            calls++;
            int asked = handle.guess() / DATAGRAM;
            int got = Math.min(asked, left);
            if (got == 0) {
                break;
            }
            left -= got;
            handle.lastBytesRead(asked == 1 ? bytes : got * DATAGRAM);
            handle.incMessagesRead(got);
        } while (handle.continueReading(() -> true));
        handle.readComplete();
        return calls;
    }

    @Test
    void datagramsThatComeAloneAreAskedForOneByOne() {
        for (int i = 0; i < 10; i++) {
            assertThat(round(1, 100)).isEqualTo(2);
            assertThat(handle.guess()).isEqualTo(DATAGRAM);
        }
    }

    @Test
    void datagramsThatComeTogetherAreAskedForAtOnceUntilTheyComeAloneForAWhile() {
        assertThat(round(40, 100))
                .as("eight by themselves, the others together")
                .isEqualTo(9);
        assertThat(handle.guess()).isEqualTo(MOST * DATAGRAM);
        assertThat(round(40, 100)).isEqualTo(1);
        for (int i = 0; i < 4; i++) {
            round(1, 100);
        }
        assertThat(handle.guess()).isEqualTo(DATAGRAM);
    }

    @Test
    void aRoundEndsAfterAFullBatchSoThatOthersHaveTheirTurn() {
        round(40, DATAGRAM);
        assertThat(round(100_000, DATAGRAM)).isLessThan(4);
    }
}
