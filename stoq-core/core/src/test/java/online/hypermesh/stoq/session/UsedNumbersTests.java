package online.hypermesh.stoq.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UsedNumbersTests {
    @Test
    void eachNumberCountsOnceInAnyNearOrder() {
        UsedNumbers numbers = new UsedNumbers();
        Set<Long> model = new HashSet<>();
        SplittableRandom random = new SplittableRandom(5);
        long top = 0;
        for (int i = 0; i < 200_000; i++) {
            long number = Math.max(0, top - 200 + random.nextInt(260));
            top = Math.max(top, number);
            assertThat(numbers.take(number)).as("number " + number).isEqualTo(model.add(number));
        }
    }

    @Test
    void whatIsFarBehindCountsAsUsed() {
        UsedNumbers numbers = new UsedNumbers();
        assertThat(numbers.take(5)).isTrue();
        assertThat(numbers.take(5L + UsedNumbers.WINDOW)).isTrue();
        assertThat(numbers.take(5)).isFalse();
        assertThat(numbers.take(0)).isFalse();
        assertThat(numbers.take(6)).isTrue();
        long highest = UsedNumbers.LIMIT - 1;
        assertThat(numbers.take(highest)).isTrue();
        assertThat(numbers.take(highest)).isFalse();
        assertThat(numbers.take(7)).isFalse();
        assertThat(numbers.take(highest - 10)).isTrue();
        assertThat(numbers.take(highest - 10)).isFalse();
        assertThat(numbers.take(highest + 1)).isFalse();
        assertThat(numbers.take(-1)).isFalse();
    }
}
