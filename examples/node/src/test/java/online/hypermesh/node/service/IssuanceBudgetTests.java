package online.hypermesh.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class IssuanceBudgetTests {
    private static final NodeId FOUNDER = node("founder");
    private static final NodeId GUEST = node("guest");
    private static final NodeId OTHER = node("other");

    private final IssuanceBudget budget = new IssuanceBudget(FOUNDER::equals);

    private static NodeId node(String name) {
        return new NodeId(Digest.sha256(name.getBytes(StandardCharsets.UTF_8)));
    }

    private int taken(NodeId member, long nowMillis) {
        int taken = 0;
        try {
            while (taken < 1000) {
                budget.take(member, nowMillis);
                taken++;
            }
        } catch (HypermeshException e) {
            assertThat(e.code()).isEqualTo(Code.BUSY);
        }
        return taken;
    }

    @Test
    void anEnrolledIdentityGetsAFewLeavesAndThenOneNowAndThen() {
        assertThat(taken(GUEST, 1_000)).isEqualTo(IssuanceBudget.AT_ONCE);
        assertThatThrownBy(() -> budget.take(GUEST, 1_000 + IssuanceBudget.ANOTHER_AFTER_MILLIS - 1))
                .hasMessageContaining("30 s");
        assertThat(taken(GUEST, 1_000 + IssuanceBudget.ANOTHER_AFTER_MILLIS)).isEqualTo(1);
        assertThat(taken(GUEST, 1_000 + 4 * IssuanceBudget.ANOTHER_AFTER_MILLIS))
                .isEqualTo(3);
        assertThat(taken(GUEST, 1_000 + 1_000 * IssuanceBudget.ANOTHER_AFTER_MILLIS))
                .isEqualTo(IssuanceBudget.AT_ONCE);
    }

    @Test
    void aClockThatGoesBackEarnsNothing() {
        assertThat(taken(GUEST, 1_000_000)).isEqualTo(IssuanceBudget.AT_ONCE);
        assertThat(taken(GUEST, 0)).isZero();
    }

    @Test
    void membersDoNotTakeFromEachOtherAndFoundersAreFree() {
        assertThat(taken(GUEST, 0)).isEqualTo(IssuanceBudget.AT_ONCE);
        assertThat(taken(OTHER, 0)).isEqualTo(IssuanceBudget.AT_ONCE);
        assertThat(taken(FOUNDER, 0)).isEqualTo(1000);
    }
}
