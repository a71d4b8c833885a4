package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class PeerBudgetTests {
    private static final long SECOND = 1_000_000_000L;

    private final NodeId first = id(1);
    private final NodeId second = id(2);
    private final ValidatorSet set = new ValidatorSet(List.of(validator(1), validator(2)));
    private final PeerBudget budget = new PeerBudget(set, 1_000, 100);

    private static NodeId id(int seed) {
        return NodeId.of(TestKeys.of(seed).verifyKey());
    }

    private static Validator validator(int seed) {
        return new Validator(id(seed), TestKeys.of(seed).verifyKey(), 1);
    }

    @Test
    void aBurstIsServedAndThenOnlyWhatRefills() {
        assertThat(budget.allows(first, 5)).isTrue();
        budget.spend(first, 1_000, 5);
        assertThat(budget.allows(first, 5)).isFalse();
        assertThat(budget.allows(first, SECOND + 5)).isTrue();
        budget.spend(first, 500, SECOND + 5);
        assertThat(budget.allows(first, 2 * SECOND)).isFalse();
        assertThat(budget.allows(first, 6 * SECOND)).isTrue();
    }

    @Test
    void oneValidatorsAppetiteIsNotAnothersLoss() {
        budget.spend(first, 1_000_000, 0);
        assertThat(budget.allows(first, SECOND)).isFalse();
        assertThat(budget.allows(second, SECOND)).isTrue();
    }

    @Test
    void strangersShareOneAllowanceSoThatNewNamesGainNothing() {
        assertThat(budget.allows(id(7), 0)).isTrue();
        budget.spend(id(7), 5_000, 0);
        assertThat(budget.allows(id(8), 0)).isFalse();
        assertThat(budget.allows(first, 0)).isTrue();
    }

    @Test
    void frequentQuestionsDoNotStopTheRefill() {
        budget.spend(first, 1_100, 0);
        boolean served = false;
        for (long at = 0; at <= 3 * SECOND; at += 1_000) {
            served |= budget.allows(first, at);
        }
        assertThat(served).isTrue();
    }

    @Test
    void aBudgetOfNothingIsRefused() {
        assertThatThrownBy(() -> new PeerBudget(set, 0, 1)).hasMessageContaining("burstBytes");
    }
}
