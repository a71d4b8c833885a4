package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class PacemakerTests {
    private static final long BASE = 400_000_000L;

    private final Pacemaker pacemaker = new Pacemaker(1, BASE);

    private long timeout() {
        return pacemaker.deadlineNanos(null, 0, false);
    }

    @Test
    void theTimerRunsOnlyWhileThereIsWork() {
        assertThat(timeout()).isEqualTo(Turn.NEVER);
        pacemaker.rearm(true, 7);
        pacemaker.rearm(true, 9);
        assertThat(timeout()).isEqualTo(7 + BASE);
        pacemaker.rearm(false, 11);
        assertThat(timeout()).isEqualTo(Turn.NEVER);
    }

    @Test
    void lostViewsDoubleTheTimeoutUpToSixteenTimesAndFinalityEndsThat() {
        pacemaker.rearm(true, 0);
        for (int i = 0; i < 40; i++) {
            pacemaker.slower();
        }
        assertThat(timeout()).isEqualTo(16 * BASE);
        pacemaker.steady();
        assertThat(timeout()).isEqualTo(BASE);
    }

    @Test
    void aGoodProposalGetsHalfATimeoutMoreAndAnOwnNullificationNone() {
        pacemaker.rearm(true, 0);
        ViewState s = new ViewState(1, 4);
        s.accepted = true;
        assertThat(pacemaker.deadlineNanos(s, 0, false)).isEqualTo(BASE + BASE / 2);
        s.put(Samples.vote(VoteKind.NULLIFY, 1, 0), true);
        assertThat(pacemaker.deadlineNanos(s, 0, false)).isEqualTo(Turn.NEVER);
    }

    @Test
    void viewsNeverDecreaseAndANewOneStartsUnarmed() {
        pacemaker.rearm(true, 0);
        assertThat(pacemaker.enter(5, 10)).isTrue();
        assertThat(timeout()).isEqualTo(Turn.NEVER);
        assertThat(pacemaker.enter(5, 11)).isFalse();
        assertThat(pacemaker.enter(4, 12)).isFalse();
        assertThat(pacemaker.view()).isEqualTo(5);
    }

    @Test
    void anAbsentLeaderIsNotWaitedForOnceAQuorumIsKnownToBeThere() {
        ValidatorSet set = new ValidatorSet(IntStream.range(1, 5)
                .mapToObj(i -> new Validator(
                        NodeId.of(TestKeys.of(i).verifyKey()), TestKeys.of(i).verifyKey(), 1))
                .toList());
        PeerBook peers = new PeerBook(4, 1);
        Pacemaker late = new Pacemaker(100, BASE);
        peers.active(1, 99);
        assertThat(late.isInactive(3, 0, peers, set)).isFalse();
        peers.active(2, 99);
        assertThat(late.isInactive(3, 0, peers, set)).isTrue();
        assertThat(late.isInactive(2, 0, peers, set)).isFalse();
        assertThat(late.isInactive(0, 0, peers, set)).isFalse();
        late.rearm(true, 3);
        assertThat(late.deadlineNanos(null, 0, true)).isEqualTo(3);
        assertThat(List.of(late.graceNanos(), late.rebroadcastNanos())).containsExactly(BASE / 4, BASE / 2);
    }
}
