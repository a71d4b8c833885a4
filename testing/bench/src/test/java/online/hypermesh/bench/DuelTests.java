package online.hypermesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DuelTests {
    private static final Scale THREE_PAIRS = new Scale(3, 1, Duration.ZERO, 1, 1, Duration.ZERO, 1);

    private static Run of(long nanos) {
        return new Run(nanos, 0, 0);
    }

    @Test
    void turnsAlternateAndWarmUpsDoNotCount() {
        List<String> turns = new ArrayList<>();
        Duel duel = Duel.fight(
                THREE_PAIRS,
                () -> {
                    turns.add("s");
                    return of(turns.size());
                },
                () -> {
                    turns.add("b");
                    return of(turns.size());
                },
                step -> {});
        assertThat(turns).containsExactly("s", "b", "s", "b", "b", "s", "s", "b");
        assertThat(duel.subject()).containsExactly(of(3), of(6), of(7));
        assertThat(duel.baseline()).containsExactly(of(4), of(5), of(8));
    }

    @Test
    void aSubjectThatTakesHalfTheTimeIsTwiceAsFast() {
        Duel duel = new Duel(List.of(of(10), of(20), of(15)), List.of(of(20), of(40), of(15)));
        assertThat(duel.speedRatio()).isEqualTo(2.0);
    }

    @Test
    void theMedianOfAnEvenNumberLiesBetween() {
        assertThat(Duel.median(new double[] {4, 1, 3, 2})).isEqualTo(2.5);
    }
}
