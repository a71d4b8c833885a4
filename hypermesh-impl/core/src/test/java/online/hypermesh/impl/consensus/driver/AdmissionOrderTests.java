package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;

import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class AdmissionOrderTests {
    private static final NodeId CHANNEL = NodeId.of(TestCluster.key(1, 1).verifyKey());
    private static final NodeId OTHER = NodeId.of(TestCluster.key(2, 1).verifyKey());

    private final AdmissionOrder order = new AdmissionOrder();
    private long now;

    private boolean enter(long nonce) {
        return order.enter(CHANNEL, CHANNEL, nonce, ++now);
    }

    private void refused(long nonce) {
        order.refused(CHANNEL, CHANNEL, nonce, ++now);
    }

    @Test
    void withoutRefusalsEverythingEnters() {
        assertThat(enter(5)).isTrue();
        assertThat(enter(3)).isTrue();
        assertThat(enter(7)).isTrue();
    }

    @Test
    void whatComesAfterARefusalEntersInOrder() {
        refused(5);
        assertThat(enter(6)).isFalse();
        assertThat(enter(7)).isFalse();
        assertThat(enter(5)).isTrue();
        assertThat(enter(7)).isFalse();
        assertThat(enter(6)).isTrue();
        assertThat(enter(8)).isFalse();
        assertThat(enter(7)).isTrue();
        assertThat(enter(8)).isTrue();
        assertThat(enter(9)).isTrue();
    }

    @Test
    void earlierEntriesNeedNotWait() {
        refused(5);
        assertThat(enter(4)).isTrue();
        assertThat(enter(6)).isFalse();
    }

    @Test
    void othersAreNotHeldUp() {
        refused(5);
        assertThat(order.enter(OTHER, CHANNEL, 6, now)).isTrue();
        assertThat(order.enter(CHANNEL, OTHER, 6, now)).isTrue();
    }

    @Test
    void whoDoesNotComeAgainIsWaitedForNoMore() {
        refused(5);
        now += AdmissionOrder.PATIENCE_NANOS - 1;
        assertThat(enter(6)).isFalse();
        now += 1;
        assertThat(enter(7)).isFalse();
        assertThat(enter(6)).isTrue();
        assertThat(enter(7)).isTrue();
    }

    @Test
    void theEarliestStayInALineThatIsFull() {
        for (int i = 0; i <= AdmissionOrder.MAX_ENTRIES; i++) {
            refused(5_000 - i);
        }
        long earliest = 5_000 - AdmissionOrder.MAX_ENTRIES;
        assertThat(enter(earliest + 1)).isFalse();
        for (long nonce = earliest; nonce < 5_000; nonce++) {
            assertThat(enter(nonce)).isTrue();
        }
        assertThat(enter(6_000)).isTrue();
    }
}
