package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProvenPositionTests {
    @Test
    void theNextEpochIsLaterThanAnyHeightOfTheOneBefore() {
        // Behind the end at height 10 of epoch 3 stood headers 11 to 13; epoch 4 began with a block of height 11.
        ProvenPosition trailing = new ProvenPosition(3, 13);
        ProvenPosition first = new ProvenPosition(4, 11);
        assertThat(trailing).isLessThan(first);
        assertThat(first.later(trailing)).isEqualTo(first);
        assertThat(trailing.later(first)).isEqualTo(first);
        assertThat(new ProvenPosition(4, 12)).isGreaterThan(first);
        assertThat(ProvenPosition.NOTHING).isLessThan(trailing);
    }
}
