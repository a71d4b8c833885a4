package online.hypermesh.stoq.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.messaging.RaceCore.Action;
import org.junit.jupiter.api.Test;

class RaceCoreTests {
    private static final long DELAY = 250;

    private final RaceCore<String> core = new RaceCore<>(List.of("[::1]:1", "[::2]:2", "[::3]:3"), DELAY);

    private static StoqException failure(StoqException.Code code, Retry retry) {
        return new StoqException(code, retry, "because " + code);
    }

    @Test
    void addressesAreTriedOneAfterTheOtherWithADelay() {
        assertThat(core.start(1000)).containsExactly(new Action.Start<>(0), new Action.WakeAt<>(1250));
        assertThat(core.onTick(1249)).isEmpty();
        assertThat(core.onTick(1250)).containsExactly(new Action.Start<>(1), new Action.WakeAt<>(1500));
        assertThat(core.onTick(1500)).containsExactly(new Action.Start<>(2));
        assertThat(core.onTick(9999)).isEmpty();
    }

    @Test
    void aFailureStartsTheNextAtOnceAndMovesTheDelay() {
        core.start(0);
        assertThat(core.onFailed(10, 0, failure(StoqException.Code.UNREACHABLE, Retry.SAME_CALL)))
                .containsExactly(new Action.Start<>(1), new Action.WakeAt<>(260));
        assertThat(core.onTick(250)).as("overtaken").isEmpty();
        assertThat(core.onTick(260)).containsExactly(new Action.Start<>(2));
    }

    @Test
    void theFirstToConnectWinsAndTheOthersAreStoppedAndDiscarded() {
        core.start(0);
        core.onTick(250);
        assertThat(core.onConnected(1, "c1")).containsExactly(new Action.Won<>(1, "c1"), new Action.Stop<>(0));
        assertThat(core.onConnected(0, "c0")).containsExactly(new Action.Discard<>("c0"));
        assertThat(core.onTick(500)).as("the third is never tried").isEmpty();
        assertThat(core.onFailed(600, 0, failure(StoqException.Code.INTERRUPTED, Retry.SAME_CALL)))
                .isEmpty();
    }

    @Test
    void whenAllFailOneErrorNamesEachAddressAndReason() {
        core.start(0);
        core.onFailed(1, 0, failure(StoqException.Code.UNREACHABLE, Retry.SAME_CALL));
        core.onFailed(2, 1, failure(StoqException.Code.WRONG_IDENTITY, Retry.NEVER));
        List<Action<String>> last = core.onFailed(3, 2, failure(StoqException.Code.UNREACHABLE, Retry.SAME_CALL));
        assertThat(last).singleElement().isInstanceOfSatisfying(Action.Lost.class, lost -> {
            assertThat(lost.reason().code()).isEqualTo(StoqException.Code.UNREACHABLE);
            assertThat(lost.reason().retry()).isEqualTo(Retry.SAME_CALL);
            assertThat(lost.reason())
                    .hasMessageContaining("[::1]:1: UNREACHABLE: because UNREACHABLE")
                    .hasMessageContaining("[::2]:2: WRONG_IDENTITY")
                    .hasMessageContaining("[::3]:3: UNREACHABLE");
        });
    }

    @Test
    void aCommonCodeIsKept() {
        core.start(0);
        core.onFailed(1, 0, failure(StoqException.Code.WRONG_NETWORK, Retry.NEVER));
        core.onFailed(2, 1, failure(StoqException.Code.WRONG_NETWORK, Retry.NEVER));
        List<Action<String>> last = core.onFailed(3, 2, failure(StoqException.Code.WRONG_NETWORK, Retry.NEVER));
        assertThat(last).singleElement().isInstanceOfSatisfying(Action.Lost.class, lost -> {
            assertThat(lost.reason().code()).isEqualTo(StoqException.Code.WRONG_NETWORK);
            assertThat(lost.reason().retry()).isEqualTo(Retry.NEVER);
        });
    }

    @Test
    void theDeadlineStopsWhatRunsAndTellsWhatWasNotTried() {
        core.start(0);
        core.onFailed(1, 0, failure(StoqException.Code.UNREACHABLE, Retry.SAME_CALL));
        List<Action<String>> actions = core.onGivenUp();
        assertThat(actions.get(0)).isEqualTo(new Action.Stop<>(1));
        assertThat(actions.get(1))
                .isInstanceOfSatisfying(
                        Action.Lost.class,
                        lost -> assertThat(lost.reason())
                                .hasMessageContaining("[::2]:2: not answered within the deadline")
                                .hasMessageContaining("[::3]:3: not tried"));
        assertThat(core.onGivenUp()).isEmpty();
    }
}
