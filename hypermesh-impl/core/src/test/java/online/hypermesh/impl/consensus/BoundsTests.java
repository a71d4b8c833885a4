package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.Link;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.ledger.AncestorFrontier;
import online.hypermesh.impl.ledger.CertificateLightClient;
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

    /** An answer of an honest peer: its last block is proven. */
    private List<FinalizedBlock> answer(List<FinalizedBlock> chain, int from, int to) {
        List<FinalizedBlock> answer = new ArrayList<>(chain.subList(from, to));
        answer.set(answer.size() - 1, ProvenAnswer.prove(chain.get(to - 1), new StoredHere(chain)));
        return answer;
    }

    private record StoredHere(List<FinalizedBlock> chain) implements ProvenAnswer.Chain {
        @Override
        public long newest() {
            return chain.size();
        }

        @Override
        public Optional<BlockHeader> header(long height) {
            return Optional.of(chain.get((int) height - 1).block().header());
        }

        @Override
        public Optional<FinalizedBlock> block(long height) {
            return Optional.of(chain.get((int) height - 1));
        }

        @Override
        public Optional<List<Digest>> path(long height, long descendant) {
            AncestorFrontier before = AncestorFrontier.EMPTY;
            List<Digest> ids = new ArrayList<>();
            for (long h = 0; h < descendant; h++) {
                Digest id = header(h + 1).orElseThrow().previous();
                if (h < height) {
                    before = before.with(id);
                } else {
                    ids.add(id);
                }
            }
            return Optional.of(before.path(ids));
        }
    }

    @Test
    void anyNumberOfBlocksUnderOneCertificateIsCaughtUpWithPieceByPiece() {
        int peer = lone.other(1);
        List<FinalizedBlock> chain = lone.chain(lone.tree.finalizedHead().id(), 1, 1_000);
        long at = untilAsked(NOW, peer);
        for (int from = 0; from < 1_000; from += 50) {
            assertThat(lone.tree.finalizedHead().height()).isEqualTo(from);
            List<Action> actions = lone.answer(at, peer, answer(chain, from, from + 50));
            assertThat(lone.core.footprint().unproven()).isZero();
            for (Action action : actions) {
                if (action instanceof Action.Finalized f) {
                    assertThat(f.position()).isEqualTo(new EpochView(0, from + 50));
                    FinalizedBlock stored = new FinalizedBlock(
                            f.blocks().get(f.blocks().size() - 1).block(), f.certificate(), f.links());
                    assertThat(FinalizedBlock.decode(stored.encode(), 1 << 20)).isEqualTo(stored);
                    assertThat(Link.end(stored.block().header(), stored.links()))
                            .hasValueSatisfying(h -> assertThat(h.id())
                                    .isEqualTo(stored.certificate().statement().blockId()));
                }
            }
            if (from < 950) {
                assertThat(catchUp(actions).orElseThrow().fromHeight()).isEqualTo(from + 51);
            }
            at += MILLI;
        }
        assertThat(lone.tree.finalizedHead().height()).isEqualTo(1_000);
        assertThat(lone.core.view()).isEqualTo(1_001);
    }

    @Test
    void blocksThatFollowEachOtherAreProvenByTheCertificateOfTheLast() {
        int peer = lone.other(1);
        List<FinalizedBlock> answer = new ArrayList<>();
        for (FinalizedBlock f : lone.chain(lone.tree.finalizedHead().id(), 1, 20)) {
            long view = f.block().header().view();
            Certificate real =
                    lone.certificate(VoteKind.FINALIZE, view, f.block().id());
            boolean needed = view % CatchUp.MAX_TOGETHER == 0 || view == 20;
            answer.add(new FinalizedBlock(f.block(), needed ? real : new Certificate(real.statement(), List.of())));
        }
        long at = untilAsked(NOW, peer);
        List<Action.Finalized> finalized = lone.answer(at, peer, answer).stream()
                .filter(Action.Finalized.class::isInstance)
                .map(Action.Finalized.class::cast)
                .toList();
        assertThat(lone.tree.finalizedHead().height()).isEqualTo(20);
        assertThat(finalized).extracting(f -> f.blocks().size()).containsExactly(9, 9, 2);
        assertThat(finalized)
                .allMatch(f -> f.links().isEmpty()
                        && f.certificate()
                                .statement()
                                .blockId()
                                .equals(f.blocks().get(f.blocks().size() - 1).id())
                        && !f.certificate().votes().isEmpty());
    }

    @Test
    void aCertificateThatDoesNotHoldProvesNoneOfTheBlocksBeforeIt() {
        long at = untilAsked(NOW, liar);
        List<FinalizedBlock> chain = lone.chain(lone.tree.finalizedHead().id(), 1, 12);
        List<FinalizedBlock> answer = chain.stream()
                .map(f -> new FinalizedBlock(
                        f.block(),
                        new Certificate(
                                new VoteStatement(
                                        VoteKind.FINALIZE,
                                        0,
                                        f.block().header().view(),
                                        f.block().id()),
                                List.of())))
                .toList();
        lone.answer(at, liar, answer);
        assertThat(chain).noneMatch(f -> lone.tree.contains(f.block().id()));
        assertThat(lone.core.footprint().unproven()).isZero();
    }

    @Test
    void aLinkThatDoesNotLeadToACertifiedBlockBringsNothingIntoTheTree() {
        Digest head = lone.tree.finalizedHead().id();
        List<FinalizedBlock> chain = lone.chain(head, 1, 40);
        List<FinalizedBlock> other = lone.chain(head, 50, 40);
        FinalizedBlock good = answer(chain, 0, 10).get(9);
        Link link = good.links().get(0);
        List<Digest> wrong = new ArrayList<>(link.path());
        wrong.set(0, Digest.ZERO);
        BlockHeader elsewhere = other.get(39).block().header();
        List<FinalizedBlock> lies = List.of(
                new FinalizedBlock(good.block(), good.certificate(), List.of(new Link(link.header(), wrong))),
                new FinalizedBlock(good.block(), good.certificate(), List.of(new Link(link.header()))),
                new FinalizedBlock(
                        good.block(), other.get(39).certificate(), List.of(new Link(elsewhere, link.path()))),
                new FinalizedBlock(good.block(), other.get(39).certificate(), good.links()),
                new FinalizedBlock(
                        good.block(),
                        new Certificate(
                                good.certificate().statement(),
                                lone.certificate(VoteKind.FINALIZE, 77, head).votes()),
                        good.links()));
        long at = NOW;
        for (FinalizedBlock lie : lies) {
            long asked = -1;
            for (int second = 0; asked < 0 && second < 30; second++, at += LoneCore.SECOND) {
                asked = untilAsked(at, liar);
            }
            assertThat(asked).as("the liar is asked again after a while").isPositive();
            List<FinalizedBlock> answer = new ArrayList<>(chain.subList(0, 9));
            answer.add(lie);
            if (catchUp(lone.answer(asked, liar, answer)).isPresent()) {
                lone.answer(asked, liar, List.of());
            }
            assertThat(chain).noneMatch(f -> lone.tree.contains(f.block().id()));
            assertThat(lone.core.footprint().unproven()).isLessThanOrEqualTo(10);
        }
    }

    /** A quorum notarizes a block, and nobody makes it final. */
    private void notarized(Block block) {
        long view = block.header().view();
        int leader = lone.schedule.leader(view);
        lone.receive(
                NOW,
                leader,
                new Message.Proposal(block, lone.vote(leader, VoteKind.NOTARIZE, view, block.id()), List.of()));
        certified(lone.certificate(VoteKind.NOTARIZE, view, block.id()));
    }

    private List<Action> certified(Certificate certificate) {
        return lone.receive(NOW, lone.other(0), new Message.Certificates(List.of(certificate)));
    }

    @Test
    void anEpochEndsHoweverManyBlocksTrailItBeforeItIsFinal() {
        Block first = lone.block(lone.tree.finalizedHead().id(), 1);
        notarized(first);
        long later = LoneCore.WALL + 1_000L * Parameters.DEFAULT_EPOCH_SECONDS;
        Block end = lone.honest.assemble(first.id(), 0, 2, lone.id(lone.schedule.leader(2)), later, List.of());
        lone.honest.add(end);
        assertThat(end.header().isClosing()).isTrue();
        notarized(end);
        Block last = end;
        for (long view = 3; view <= 703; view++) {
            if (lone.schedule.leader(view) == lone.self) {
                certified(lone.certificate(VoteKind.NULLIFY, view, Digest.ZERO));
            } else {
                last = lone.block(last.id(), view);
                notarized(last);
            }
        }
        assertThat(last.header().height()).isGreaterThan(500);
        assertThat(lone.tree.finalizedHead().height()).isZero();
        Certificate certificate =
                lone.certificate(VoteKind.FINALIZE, last.header().view(), last.id());
        Action.Finalized ended = certified(certificate).stream()
                .flatMap(a -> a instanceof Action.Finalized f ? Stream.of(f) : Stream.empty())
                .findFirst()
                .orElseThrow();
        assertThat(ended.endsEpoch()).isTrue();
        assertThat(lone.tree.finalizedHead().id()).isEqualTo(end.id());
        FinalizedBlock stored = new FinalizedBlock(end, ended.certificate(), ended.links());
        assertThat(FinalizedBlock.decode(stored.encode(), 1 << 20)).isEqualTo(stored);
        HandOver handOver =
                new HandOver(end.header(), ended.certificate(), ended.links(), lone.set, lone.tree.validators());
        assertThat(new CertificateLightClient(lone.genesis, Duration.ofDays(14), () -> Instant.ofEpochMilli(later))
                        .learn(HandOver.decode(handOver.encode())))
                .isEqualTo(Verdict.ACCEPTED);
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
