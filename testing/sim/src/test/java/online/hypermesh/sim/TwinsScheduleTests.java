package online.hypermesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TwinsScheduleTests {
    private static final int MACHINES = TwinsSchedule.VALIDATORS + 1;

    /** Who runs twice and who is divided from whom in every view. */
    private static long choices(long number) {
        TwinsSchedule schedule = TwinsSchedule.of(number);
        long choices = schedule.twin();
        for (long view = 1; view <= TwinsSchedule.VIEWS; view++) {
            for (int i = 1; i < MACHINES; i++) {
                choices = choices << 1 | (schedule.separates(view, 0, i, 0) ? 1 : 0);
            }
        }
        return choices;
    }

    @Test
    void numbersNameDifferentSchedules() {
        Set<Long> seen = new HashSet<>();
        BitSet twins = new BitSet();
        for (long number = 0; number < 100_000; number++) {
            assertThat(choices(number)).isLessThan(TwinsSchedule.COUNT);
            seen.add(choices(number));
            twins.set(TwinsSchedule.of(number).twin());
        }
        assertThat(seen).hasSize(100_000);
        assertThat(twins.cardinality()).isEqualTo(TwinsSchedule.VALIDATORS);
        assertThat(choices(TwinsSchedule.COUNT + 5)).isEqualTo(choices(5));
    }

    @Test
    void thoseOnOneSideHearEachOther() {
        for (long number = 0; number < 100; number++) {
            TwinsSchedule schedule = TwinsSchedule.of(number);
            for (int a = 0; a < MACHINES; a++) {
                for (int b = 0; b < MACHINES; b++) {
                    boolean apart = schedule.separates(3, 0, a, 0) != schedule.separates(3, 0, b, 0);
                    assertThat(schedule.separates(3, a, b, 0)).isEqualTo(apart);
                }
            }
        }
    }

    @Test
    void divisionsEndAfterAWhileAndWithTheLastView() {
        TwinsSchedule schedule = TwinsSchedule.of(11);
        int other = 1;
        while (!schedule.separates(2, 0, other, 0)) {
            other++;
        }
        long entered = 5_000_000_000L;
        assertThat(schedule.entered(2, entered)).isTrue();
        assertThat(schedule.entered(2, entered)).isFalse();
        assertThat(schedule.entered(1, entered)).isFalse();
        assertThat(schedule.separates(2, 0, other, entered + 299_000_000L)).isTrue();
        assertThat(schedule.separates(2, 0, other, entered + 300_000_000L)).isFalse();
        assertThat(schedule.isOver()).isFalse();
        assertThat(schedule.entered(TwinsSchedule.VIEWS + 1L, entered)).isTrue();
        assertThat(schedule.isOver()).isTrue();
        assertThat(schedule.separates(TwinsSchedule.VIEWS + 1L, 0, other, entered))
                .isFalse();
    }
}
