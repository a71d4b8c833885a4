package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class LeaderScheduleTests {
    private static LeaderSchedule schedule(long... stakes) {
        List<Validator> validators = new ArrayList<>();
        for (int i = 0; i < stakes.length; i++) {
            validators.add(new Validator(
                    NodeId.of(TestKeys.of(i + 1).verifyKey()),
                    TestKeys.of(i + 1).verifyKey(),
                    stakes[i]));
        }
        return new LeaderSchedule(new ValidatorSet(validators));
    }

    private static List<Integer> leaders(LeaderSchedule s, int views) {
        return IntStream.range(0, views).map(s::leader).boxed().toList();
    }

    @Test
    void equalStakesTakeTurns() {
        assertThat(leaders(schedule(7, 7, 7, 7), 8)).containsExactly(0, 1, 2, 3, 0, 1, 2, 3);
    }

    @Test
    void unequalStakesLeadInProportionAndSpread() {
        assertThat(leaders(schedule(50, 10, 10), 7)).containsExactly(0, 0, 1, 0, 2, 0, 0);
    }

    @Test
    void hugeAndTinyStakesAllLead() {
        LeaderSchedule s = schedule(Long.MAX_VALUE - 10, 3, 2);
        long[] counts = new long[3];
        LongStream.range(0, 2 * LeaderSchedule.MAX_SLOTS).forEach(v -> counts[s.leader(v)]++);
        assertThat(counts[0]).isGreaterThan(8000);
        assertThat(counts[1]).isPositive();
        assertThat(counts[2]).isPositive();
    }
}
