package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class QuorumTests {
    private static ValidatorSet set(long... stakes) {
        List<Validator> validators = new ArrayList<>();
        for (int i = 0; i < stakes.length; i++) {
            validators.add(new Validator(
                    NodeId.of(TestKeys.of(i + 1).verifyKey()),
                    TestKeys.of(i + 1).verifyKey(),
                    stakes[i]));
        }
        return new ValidatorSet(validators);
    }

    private static boolean exact(long stake, long total) {
        return BigInteger.valueOf(stake)
                        .multiply(BigInteger.valueOf(3))
                        .compareTo(BigInteger.valueOf(total).multiply(BigInteger.TWO))
                > 0;
    }

    @Test
    void exactlyTwoThirdsIsNoQuorumAndOneMoreIs() {
        ValidatorSet three = set(1, 1, 1);
        assertThat(three.isQuorum(2)).isFalse();
        assertThat(three.isQuorum(3)).isTrue();
        ValidatorSet large = set(3_000_000_000_000_000_000L, 3_000_000_000_000_000_000L, 3_000_000_000_000_000_000L);
        assertThat(large.isQuorum(6_000_000_000_000_000_000L)).isFalse();
        assertThat(large.isQuorum(6_000_000_000_000_000_001L)).isTrue();
    }

    @Test
    void stakesNearTheEndOfTheNumbersAreCountedExactly() {
        SplittableRandom random = new SplittableRandom(4);
        for (long total : new long[] {
            Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MAX_VALUE - 2, Long.MAX_VALUE / 2, Long.MAX_VALUE / 3, 7, 6, 5, 4
        }) {
            ValidatorSet set = set(total - 3, 1, 1, 1);
            assertThat(set.totalStake()).isEqualTo(total);
            long third = total / 3;
            for (long stake : new long[] {0, 1, third, 2 * third - 1, 2 * third, 2 * third + 1, total - 1, total}) {
                assertThat(set.isQuorum(stake)).as("%d of %d", stake, total).isEqualTo(exact(stake, total));
            }
            for (int i = 0; i < 1_000; i++) {
                long stake = random.nextLong(total);
                assertThat(set.isQuorum(stake)).isEqualTo(exact(stake, total));
            }
        }
    }

    @Test
    void aTotalBeyondTheNumbersIsRefused() {
        assertThatThrownBy(() -> set(Long.MAX_VALUE, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> set(1, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void leadersOfHugeStakesAreStillShared() {
        LeaderSchedule schedule =
                new LeaderSchedule(set(Long.MAX_VALUE / 4, Long.MAX_VALUE / 4, Long.MAX_VALUE / 4, Long.MAX_VALUE / 4));
        for (int v = 0; v < 8; v++) {
            assertThat(schedule.leader(v)).isEqualTo(v % 4);
        }
        assertThat(schedule.leader(Long.MAX_VALUE)).isBetween(0, 3);
    }
}
