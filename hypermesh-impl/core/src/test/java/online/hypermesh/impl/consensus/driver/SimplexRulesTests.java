package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.impl.consensus.Action;
import online.hypermesh.impl.consensus.Event;
import online.hypermesh.impl.consensus.Message;
import online.hypermesh.impl.consensus.Recovered;
import online.hypermesh.impl.consensus.SigningGuard;
import online.hypermesh.impl.consensus.SimplexCore;
import online.hypermesh.impl.consensus.StartMode;
import online.hypermesh.impl.consensus.Vote;
import online.hypermesh.impl.consensus.VoteVerifier;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.impl.ledger.Mempool;
import online.hypermesh.impl.ledger.SignatureCheck;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One core of validator 3, spoken to by hand; validator v mod 4 leads view v. */
class SimplexRulesTests {
    private static final int SELF = 3;

    @TempDir
    Path directory;

    private TestCluster cluster;
    private LedgerTree tree;
    private SimplexCore core;
    private long wall;

    @BeforeEach
    void create() {
        cluster = new TestCluster(directory, 4);
        wall = cluster.genesis.createdAtMillis() + 1000;
        core = core(StartMode.FRESH);
        core.start(0, wall);
    }

    private SimplexCore core(StartMode mode) {
        SignatureCheck signatures = new SignatureCheck();
        tree = cluster.tree(signatures);
        Mempool pool = cluster.pool(tree, signatures);
        return new SimplexCore(
                new SimplexCore.Settings(cluster.id(SELF), cluster.genesis.parameters(), mode, 1),
                tree,
                new PooledTransactions(pool, tree),
                Optional.of(new SigningGuard(s -> vote(SELF, s).signature())),
                VoteVerifier.of(tree.network(), tree.validators()),
                Recovered.NOTHING,
                Optional.empty());
    }

    private Vote vote(int validator, VoteStatement s) {
        return new Vote(
                validator, s, cluster.votingKeys.get(validator).sign(VoteStatement.TAG, tree.network(), s.encode()));
    }

    private Certificate certificate(VoteKind kind, long view, Digest block) {
        VoteStatement s = new VoteStatement(kind, 0, view, block);
        return new Certificate(
                s,
                IntStream.range(0, 3)
                        .mapToObj(i ->
                                new Certificate.IndexedSignature(i, vote(i, s).signature()))
                        .toList());
    }

    private Block block(Digest parent, long view, long time) {
        return tree.assemble(parent, 0, view, cluster.id((int) (view % 4)), time, List.of());
    }

    private List<Action> receive(int from, Message message) {
        return core.on(1, wall, new Event.Received(cluster.id(from), message));
    }

    private List<Action> propose(Block b, Certificate... justification) {
        int leader = (int) (b.header().view() % 4);
        VoteStatement s = new VoteStatement(VoteKind.NOTARIZE, 0, b.header().view(), b.id());
        return receive(leader, new Message.Proposal(b, vote(leader, s), List.of(justification)));
    }

    private static List<VoteStatement> votes(List<Action> actions) {
        return actions.stream()
                .flatMap(a -> a instanceof Action.Broadcast b && b.message() instanceof Message.Voted v
                        ? java.util.stream.Stream.of(v.vote().statement())
                        : java.util.stream.Stream.empty())
                .toList();
    }

    private Digest genesis() {
        return tree.finalizedHead().id();
    }

    @Test
    void aValidProposalIsNotarizedAfterItWasMadeDurable() {
        Block b = block(genesis(), 1, wall);
        List<Action> actions = propose(b);
        assertThat(votes(actions)).containsExactly(new VoteStatement(VoteKind.NOTARIZE, 0, 1, b.id()));
        assertThat(actions.subList(0, 2)).allMatch(a -> a instanceof Action.Persist);
    }

    @Test
    void aProposalThatSkipsAViewNeedsItsNullification() {
        Block b = block(genesis(), 2, wall);
        receive(
                0,
                new Message.Certificates(List.of(certificate(
                        VoteKind.NOTARIZE, 1, block(genesis(), 1, wall).id()))));
        assertThat(core.view()).isEqualTo(2);
        assertThat(votes(propose(b))).isEmpty();
        assertThat(votes(receive(0, new Message.Certificates(List.of(certificate(VoteKind.NULLIFY, 1, Digest.ZERO))))))
                .containsExactly(new VoteStatement(VoteKind.NOTARIZE, 0, 2, b.id()));
    }

    @Test
    void aProposalOnABlockThatWasNotNotarizedIsNotVotedFor() {
        Block notarized = block(genesis(), 1, wall);
        Block other = block(genesis(), 1, wall + 1);
        tree.add(notarized);
        tree.add(other);
        receive(0, new Message.Certificates(List.of(certificate(VoteKind.NOTARIZE, 1, notarized.id()))));
        assertThat(votes(propose(block(other.id(), 2, wall + 5)))).isEmpty();
    }

    @Test
    void aSecondProposalOfAViewGetsNoVote() {
        assertThat(votes(propose(block(genesis(), 1, wall)))).hasSize(1);
        List<Action> second = propose(block(genesis(), 1, wall + 1));
        assertThat(votes(second)).isEmpty();
        assertThat(second).anyMatch(a -> a instanceof Action.Report);
    }

    @Test
    void aBlockFarFromTheClockGetsNoVoteUntilTheClockReachesIt() {
        Block b = block(genesis(), 1, wall + 6_000);
        assertThat(votes(propose(b))).isEmpty();
        assertThat(votes(core.on(2, wall + 1_500, new Event.Tick())))
                .containsExactly(new VoteStatement(VoteKind.NOTARIZE, 0, 1, b.id()));
    }

    @Test
    void aCertificateWithAForgedSignatureChangesNothing() {
        VoteStatement s = new VoteStatement(VoteKind.NULLIFY, 0, 1, Digest.ZERO);
        Certificate good = certificate(VoteKind.NULLIFY, 1, Digest.ZERO);
        Certificate forged = new Certificate(
                s,
                List.of(
                        good.votes().get(0),
                        good.votes().get(1),
                        new Certificate.IndexedSignature(2, good.votes().get(1).signature())));
        receive(0, new Message.Certificates(List.of(forged)));
        assertThat(core.view()).isEqualTo(1);
        receive(
                0,
                new Message.Certificates(List.of(new Certificate(s, good.votes().subList(0, 2)))));
        assertThat(core.view()).isEqualTo(1);
        receive(1, new Message.Certificates(List.of(good)));
        assertThat(core.view()).isEqualTo(2);
    }

    private static boolean sendsTo(List<Action> actions, NodeId to, Class<? extends Message> kind) {
        return actions.stream()
                .anyMatch(a -> a instanceof Action.Send s && s.to().equals(to) && kind.isInstance(s.message()));
    }

    @Test
    void validatorsThatAllJustStartedAnswerEachOtherAndSignWithoutATimeout() {
        core = core(StartMode.CHECK_LOG);
        core.start(0, wall);
        Block b = block(genesis(), 1, wall);
        assertThat(votes(propose(b))).isEmpty();
        List<Action> asked = receive(0, new Message.VotesWanted(0, 77));
        assertThat(sendsTo(asked, cluster.id(0), Message.VotesHeld.class)).isTrue();
        assertThat(sendsTo(asked, cluster.id(0), Message.VotesWanted.class)).isTrue();
        Message nothing = new Message.VotesHeld(0, 1, List.of(), 1, false, Optional.empty());
        assertThat(votes(receive(0, nothing))).isEmpty();
        assertThat(sendsTo(receive(0, new Message.VotesWanted(0, 77)), cluster.id(0), Message.VotesWanted.class))
                .isFalse();
        assertThat(votes(receive(1, nothing))).containsExactly(new VoteStatement(VoteKind.NOTARIZE, 0, 1, b.id()));
        assertThat(core.signingState()).isEqualTo("signing");
    }

    @Test
    void aVoteShownByAPeerKeepsANewLogFromSigning() {
        core = core(StartMode.CHECK_LOG);
        core.start(0, wall);
        Block b = block(genesis(), 1, wall);
        Vote earlier = vote(SELF, new VoteStatement(VoteKind.NOTARIZE, 0, 1, b.id()));
        receive(0, new Message.VotesHeld(0, 1, List.of(earlier), 1, false, Optional.empty()));
        receive(1, new Message.VotesHeld(0, 1, List.of(), 1, false, Optional.empty()));
        receive(2, new Message.VotesHeld(0, 1, List.of(), 1, false, Optional.empty()));
        assertThat(core.signingState()).startsWith("stopped: peers hold");
        assertThat(votes(propose(b))).isEmpty();
    }

    @Test
    void afterGivingUpANotarizationIsFollowedButNotVotedFinal() {
        Block b = block(genesis(), 1, wall);
        long late = core.nextDeadlineNanos() + 1_000_000_000L;
        assertThat(votes(core.on(late, wall, new Event.Tick())))
                .contains(new VoteStatement(VoteKind.NULLIFY, 0, 1, Digest.ZERO));
        List<Action> actions = core.on(
                late,
                wall,
                new Event.Received(
                        cluster.id(0), new Message.Certificates(List.of(certificate(VoteKind.NOTARIZE, 1, b.id())))));
        assertThat(core.view()).isEqualTo(2);
        assertThat(votes(actions)).noneMatch(v -> v.kind() == VoteKind.FINALIZE);
    }
}
