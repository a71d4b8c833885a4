package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

/** What peers may make a core hold, fetch and send. */
class BoundsTests {
    private static final long NOW = LoneCore.NOW;
    private static final long MILLI = 1_000_000L;

    private final LoneCore lone = new LoneCore();
    private final int liar = lone.other(0);

    private static Optional<Action.CatchUp> catchUp(List<Action> actions) {
        return actions.stream()
                .filter(Action.CatchUp.class::isInstance)
                .map(Action.CatchUp.class::cast)
                .findFirst();
    }

    /** Claims a height until the core asks; at most a second of virtual time later. */
    private long untilAsked(long from, int claimant) {
        for (long at = from; at < from + LoneCore.SECOND; at += 20 * MILLI) {
            List<Action> actions = new ArrayList<>(lone.receive(at, claimant, new Message.Position(0, 1, 1_000, 1)));
            actions.addAll(lone.tick(at));
            if (catchUp(actions).isPresent()) {
                return at;
            }
        }
        return -1;
    }

    @Test
    void blocksWithoutProofNeverReachTheTree() {
        long at = untilAsked(NOW, liar);
        List<FinalizedBlock> forged = new ArrayList<>();
        for (FinalizedBlock f : lone.chain(lone.tree.finalizedHead().id(), 1, 20)) {
            forged.add(new FinalizedBlock(f.block(), lone.certificate(VoteKind.FINALIZE, 99, Digest.ZERO)));
        }
        lone.answer(at, liar, forged);
        assertThat(forged).noneMatch(f -> lone.tree.contains(f.block().id()));
        assertThat(lone.core.footprint().unproven()).isEqualTo(20);
    }

    @Test
    void aForgedCertificateAtTheEndBringsNothingIntoTheTree() {
        long at = untilAsked(NOW, liar);
        List<FinalizedBlock> chain = lone.chain(lone.tree.finalizedHead().id(), 1, 3);
        FinalizedBlock last = chain.get(2);
        List<FinalizedBlock> forged = new ArrayList<>(chain.subList(0, 2));
        forged.add(new FinalizedBlock(
                last.block(),
                new online.hypermesh.api.consensus.Certificate(
                        last.certificate().statement(),
                        lone.certificate(VoteKind.FINALIZE, 77, last.block().id())
                                .votes())));
        lone.answer(at, liar, forged);
        assertThat(chain).noneMatch(f -> lone.tree.contains(f.block().id()));
        assertThat(lone.core.footprint().unproven()).isZero();
    }

    @Test
    void aPeerThatKeepsClaimingHeightIsHeldToWhatItCanProve() {
        Digest head = lone.tree.finalizedHead().id();
        long at = NOW;
        int answers = 0;
        for (int round = 0; round < 40; round++) {
            long asked = untilAsked(at, liar);
            if (asked < 0) {
                at += LoneCore.SECOND;
                continue;
            }
            answers++;
            at = asked;
            List<FinalizedBlock> forged = new ArrayList<>();
            for (FinalizedBlock f : lone.chain(head, 1 + round * 40L, 40)) {
                forged.add(new FinalizedBlock(f.block(), lone.certificate(VoteKind.FINALIZE, 9_999, Digest.ZERO)));
            }
            lone.answer(at, liar, forged);
            assertThat(forged).noneMatch(f -> lone.tree.contains(f.block().id()));
            assertThat(lone.core.footprint().unproven()).isLessThanOrEqualTo(CatchUp.MAX_UNPROVEN_BLOCKS);
        }
        assertThat(answers).isLessThan(15);
    }

    @Test
    void aChainWhoseCertificateComesTwoAnswersLaterIsFinalized() {
        int peer = lone.other(1);
        List<FinalizedBlock> chain = lone.chain(lone.tree.finalizedHead().id(), 1, 30);
        long at = untilAsked(NOW, peer);
        Action.CatchUp second =
                catchUp(lone.answer(at, peer, chain.subList(0, 10))).orElseThrow();
        assertThat(lone.tree.finalizedHead().height()).isZero();
        assertThat(second.fromHeight()).isEqualTo(11);
        assertThat(second.peer()).isEqualTo(lone.id(peer));
        Action.CatchUp third =
                catchUp(lone.answer(at + MILLI, peer, chain.subList(10, 20))).orElseThrow();
        assertThat(third.fromHeight()).isEqualTo(21);
        lone.answer(at + 2 * MILLI, peer, chain.subList(20, 30));
        assertThat(lone.tree.finalizedHead().height()).isEqualTo(30);
        assertThat(lone.core.footprint().unproven()).isZero();
    }

    @Test
    void afterALieAnotherPeerIsAsked() {
        int honest = lone.other(1);
        List<FinalizedBlock> chain = lone.chain(lone.tree.finalizedHead().id(), 1, 3);
        long at = untilAsked(NOW, liar);
        lone.answer(at, liar, chain.subList(1, 3));
        long again = untilAsked(at, liar);
        assertThat(again).as("the liar's claims are not believed").isNegative();
        long asked = untilAsked(at + LoneCore.SECOND, honest);
        assertThat(asked).isPositive();
        lone.answer(asked, honest, chain);
        assertThat(lone.tree.finalizedHead().height()).isEqualTo(3);
    }

    @Test
    void askingForOneBodyAgainAndAgainIsAnsweredWithinABudget() {
        Block small = lone.block(lone.tree.finalizedHead().id(), 2);
        List<Transaction> body =
                List.of(Transaction.sign(lone.genesis.networkId(), TestKeys.of(50), 1, "notes", new byte[1_000_000]));
        Block large = new Block(small.header(), body);
        int leader = lone.schedule.leader(2);
        lone.receive(
                NOW,
                leader,
                new Message.Proposal(large, lone.vote(leader, VoteKind.NOTARIZE, 2, large.id()), List.of()));
        long sent = 0;
        for (int i = 0; i < 1_000; i++) {
            for (Action a : lone.receive(NOW + i * MILLI, liar, new Message.BlockWanted(large.id()))) {
                if (a instanceof Action.Send s && s.message() instanceof Message.BlockFound) {
                    sent += 1_000_000;
                }
            }
        }
        assertThat(sent).isBetween(1_000_000L, 32_000_000L);
    }

    @Test
    void askingForHeldVotesAgainAndAgainIsAnsweredNowAndThen() {
        int answers = 0;
        for (int i = 0; i < 1_000; i++) {
            for (Action a : lone.receive(NOW + i * MILLI, liar, new Message.VotesWanted(0, i))) {
                answers += a instanceof Action.Send ? 1 : 0;
            }
        }
        assertThat(answers).isBetween(10, 100);
    }

    @Test
    void votesAndProposalsOfFarViewsAreNotHeld() {
        for (long view = 2; view < 3_000; view++) {
            for (int i = 0; i < 4; i++) {
                if (i != lone.self) {
                    lone.receive(
                            NOW, i, new Message.Voted(lone.vote(i, VoteKind.NULLIFY, view + i * 10_000L, Digest.ZERO)));
                }
            }
            if (view > 64) {
                break;
            }
        }
        assertThat(lone.core.footprint().views()).isLessThanOrEqualTo(18);
    }

    @Test
    void proposalsOfViewsLeftBehindAreNotKept() {
        Digest head = lone.tree.finalizedHead().id();
        List<Transaction> body =
                List.of(Transaction.sign(lone.genesis.networkId(), TestKeys.of(50), 1, "notes", new byte[900_000]));
        for (long view = 1; view <= 300; view++) {
            int leader = lone.schedule.leader(view);
            if (leader != lone.self) {
                Block block = new Block(lone.block(head, view).header(), body);
                lone.receive(
                        NOW,
                        leader,
                        new Message.Proposal(block, lone.vote(leader, VoteKind.NOTARIZE, view, block.id()), List.of()));
            }
            lone.receive(
                    NOW,
                    lone.other(0),
                    new Message.Certificates(List.of(lone.certificate(VoteKind.NULLIFY, view, Digest.ZERO))));
        }
        assertThat(lone.core.view()).isEqualTo(301);
        assertThat(lone.core.footprint().blocks()).isLessThanOrEqualTo(BlockShelf.MAX_BLOCKS);
        assertThat(lone.core.footprint().blockBytes()).isLessThanOrEqualTo(BlockShelf.MAX_BYTES);
    }
}
