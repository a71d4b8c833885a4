package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ToldEndsTests {
    private final ToldEnds ends = new ToldEnds();

    @Test
    void anEndIsGivenOnce() {
        ends.keep(4, 7);
        assertThat(ends.take(8)).isEmpty();
        assertThat(ends.take(4)).hasValue(7);
        assertThat(ends.take(4)).isEmpty();
    }

    @Test
    void theOldestMakePlace() {
        for (long id = 0; id <= ToldEnds.MAX_WAITING; id++) {
            ends.keep(id, 1);
        }
        assertThat(ends.take(0)).isEmpty();
        assertThat(ends.take(1)).hasValue(1);
        assertThat(ends.take(ToldEnds.MAX_WAITING)).hasValue(1);
    }
}
