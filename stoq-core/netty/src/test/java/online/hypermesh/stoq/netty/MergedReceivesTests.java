package online.hypermesh.stoq.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class MergedReceivesTests {
    private static final int LONGEST_IP_PACKET = 65_535;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final ExtendedHandle handle = (ExtendedHandle) new MergedReceives().newHandle();

    /** A round in which so many merged datagrams wait, each of so many; returns how often the system was asked. */
    private int round(int waiting, int each) {
        handle.reset(channel.config());
        int calls = 0;
        do {
            calls++;
            if (calls > waiting) {
                handle.lastBytesRead(-1);
                break;
            }
            handle.lastBytesRead(each * 1452);
            handle.incMessagesRead(each);
        } while (handle.continueReading(() -> true));
        handle.readComplete();
        return calls;
    }

    @Test
    void whateverTheSystemMergesFits() {
        assertThat(handle.guess()).isGreaterThanOrEqualTo(LONGEST_IP_PACKET);
        round(10, 40);
        assertThat(handle.guess()).isGreaterThanOrEqualTo(LONGEST_IP_PACKET);
    }

    @Test
    void allThatWaitsIsReadInOneRound() {
        assertThat(round(1, 1)).isEqualTo(2);
        assertThat(round(20, 1)).isEqualTo(21);
    }

    @Test
    void aRoundEndsSoThatOthersHaveTheirTurn() {
        assertThat(round(100_000, 44)).isEqualTo(2);
        assertThat(round(100_000, 1)).isEqualTo(72);
    }
}
