package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One core against what a validator or a client may do to it. */
class HostilePeerTests {
    private static final long NOW = 1_000_000_000L;
    private static final long WALL = 2_000_000L;

    private final Genesis genesis = genesis();
    private final ValidatorSet set = ValidatorSet.of(genesis);
    private final LeaderSchedule schedule = new LeaderSchedule(set);
    private final LedgerTree honest = tree();
    private final int victim = victim();
    private final AtomicInteger verifications = new AtomicInteger();
    private final SimplexCore core = core();

    private static Genesis genesis() {
        List<GenesisValidator> validators = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            validators.add(new GenesisValidator(
                    "n" + i,
                    TestKeys.of(10 + i).verifyKey(),
                    TestKeys.of(20 + i).verifyKey(),
                    TestKeys.of(30 + i).verifyKey(),
                    1));
        }
        return new Genesis(
                "hostile",
                1_000_000,
                validators,
                List.of(),
                new Parameters(3600, 1_048_576, 4_194_304, 30_000, 5_000, 300, 3));
    }

    private LedgerTree tree() {
        return new LedgerTree(genesis, List.of(), TransactionGate.OPEN);
    }

    /** A validator that leads neither of the first two views. */
    private int victim() {
        for (int i = 0; i < 4; i++) {
            if (i != schedule.leader(1) && i != schedule.leader(2)) {
                return i;
            }
        }
        throw new AssertionError("four validators, two leaders");
    }

    private SigningKey votingKey(int validator) {
        NodeId id = set.get(validator).id();
        for (int i = 0; i < 4; i++) {
            if (NodeId.of(TestKeys.of(10 + i).verifyKey()).equals(id)) {
                return TestKeys.of(20 + i);
            }
        }
        throw new AssertionError("unknown validator " + id);
    }

    private SimplexCore core() {
        SigningKey key = votingKey(victim);
        SimplexCore made = new SimplexCore(
                new SimplexCore.Settings(set.get(victim).id(), genesis.parameters(), StartMode.FRESH, 1),
                tree(),
                new NothingPending(),
                Optional.of(new SigningGuard(s -> key.sign(VoteStatement.TAG, genesis.networkId(), s.encode()))),
                this::holds,
                Recovered.NOTHING,
                Optional.empty());
        made.start(NOW, WALL);
        return made;
    }

    private boolean holds(int validator, VoteStatement statement, Signature signature) {
        verifications.incrementAndGet();
        return VoteVerifier.of(genesis.networkId(), set).holds(validator, statement, signature);
    }

    private Vote vote(int validator, VoteKind kind, long view, Digest block) {
        VoteStatement s = new VoteStatement(kind, 0, view, block);
        return new Vote(validator, s, votingKey(validator).sign(VoteStatement.TAG, genesis.networkId(), s.encode()));
    }

    private Certificate notarization(Block block) {
        List<Certificate.IndexedSignature> signatures = new ArrayList<>();
        long view = block.header().view();
        for (int i = 0; i < 4; i++) {
            if (i != victim) {
                signatures.add(new Certificate.IndexedSignature(
                        i, vote(i, VoteKind.NOTARIZE, view, block.id()).signature()));
            }
        }
        return new Certificate(new VoteStatement(VoteKind.NOTARIZE, 0, view, block.id()), signatures);
    }

    private Block block(Digest parent, long view) {
        Block block =
                honest.assemble(parent, 0, view, set.get(schedule.leader(view)).id(), WALL, List.of());
        honest.add(block);
        return block;
    }

    private Block withOtherTransactions(Block block) {
        return new Block(
                block.header(),
                List.of(Transaction.sign(genesis.networkId(), TestKeys.of(50), 1, "notes", new byte[] {1})));
    }

    private List<Action> receive(int from, Message message) {
        return core.on(NOW, WALL, new Event.Received(set.get(from).id(), message));
    }

    private List<Action> propose(Block block, List<Certificate> justification) {
        int leader = schedule.leader(block.header().view());
        return receive(
                leader,
                new Message.Proposal(
                        block, vote(leader, VoteKind.NOTARIZE, block.header().view(), block.id()), justification));
    }

    private static boolean asksFor(List<Action> actions, Digest block) {
        return actions.stream()
                .anyMatch(a -> a instanceof Action.Send s
                        && s.message() instanceof Message.BlockWanted w
                        && w.id().equals(block));
    }

    private static boolean notarizes(List<Action> actions, Digest block) {
        return actions.stream()
                .anyMatch(a -> a instanceof Action.Broadcast b
                        && b.message() instanceof Message.Voted v
                        && v.vote().kind() == VoteKind.NOTARIZE
                        && v.vote().statement().blockId().equals(block));
    }

    @Test
    void aBodyThatIsNotTheHeadersIsNotTakenForACertifiedBlockThatFails() {
        Block first = block(honest.finalizedHead().id(), 1);
        Block second = block(first.id(), 2);
        propose(withOtherTransactions(first), List.of());
        assertThat(asksFor(propose(second, List.of(notarization(first))), first.id()))
                .isTrue();
        receive(schedule.leader(1), new Message.BlockFound(withOtherTransactions(first)));
        assertThat(notarizes(receive(schedule.leader(2), new Message.BlockFound(first)), second.id()))
                .isTrue();
    }

    @Test
    void aWrongBodyOfAnOvertakenViewIsDroppedAndAskedForAgain() {
        Block first = block(honest.finalizedHead().id(), 1);
        Block second = block(first.id(), 2);
        receive(schedule.leader(2), new Message.Certificates(List.of(notarization(first))));
        propose(withOtherTransactions(first), List.of());
        assertThat(asksFor(propose(second, List.of()), first.id())).isTrue();
        assertThat(notarizes(receive(schedule.leader(2), new Message.BlockFound(first)), second.id()))
                .isTrue();
    }

    @Test
    void manyLargeTransactionsAreToldInMessagesOfBoundedSize() {
        List<BodyEntry> many = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            many.add(Transaction.sign(
                    genesis.networkId(), TestKeys.of(50), i, "notes", new byte[i == 0 ? 1_000_000 : 100_000]));
        }
        List<BodyEntry> told = new ArrayList<>();
        for (Action action : core.on(NOW, WALL, new Event.Taken(many, true))) {
            if (action instanceof Action.Broadcast b && b.message() instanceof Message.Gossip gossip) {
                assertThat(gossip.encode().length).isLessThan(1_048_576);
                told.addAll(gossip.entries());
            }
        }
        assertThat(told).isEqualTo(many);
    }

    private Certificate forgedNullification(long view) {
        List<Certificate.IndexedSignature> signatures = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            signatures.add(new Certificate.IndexedSignature(
                    i, vote(i, VoteKind.NULLIFY, view + 1, Digest.ZERO).signature()));
        }
        return new Certificate(new VoteStatement(VoteKind.NULLIFY, 0, view, Digest.ZERO), signatures);
    }

    private Certificate nullification(long view) {
        List<Certificate.IndexedSignature> signatures = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            if (i != victim) {
                signatures.add(new Certificate.IndexedSignature(
                        i, vote(i, VoteKind.NULLIFY, view, Digest.ZERO).signature()));
            }
        }
        return new Certificate(new VoteStatement(VoteKind.NULLIFY, 0, view, Digest.ZERO), signatures);
    }

    @Test
    void forgedCertificatesCostOneVerificationAndTheirSendersWordForAWhile() {
        int forger = schedule.leader(1);
        List<Certificate> forged = new ArrayList<>();
        for (int view = 1; view <= 64; view++) {
            forged.add(forgedNullification(view));
        }
        for (int i = 0; i < 10; i++) {
            receive(forger, new Message.Certificates(forged));
        }
        assertThat(verifications).hasValue(1);
        receive(forger, new Message.Certificates(List.of(nullification(1))));
        assertThat(core.view()).isEqualTo(1);
        receive(schedule.leader(2), new Message.Certificates(List.of(nullification(1))));
        assertThat(core.view()).isEqualTo(2);
        core.on(
                NOW + 10_000_000_000L,
                WALL + 10_000,
                new Event.Received(set.get(forger).id(), new Message.Certificates(List.of(nullification(2)))));
        assertThat(core.view()).isEqualTo(3);
    }

    @Test
    @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aCertificateFromFarAheadIsFollowedWithoutCountingTheViewsInBetween() {
        long far = 1_000_000_000_000L;
        List<Action> actions = new ArrayList<>(
                receive(schedule.leader(1), new Message.Certificates(List.of(nullification(1), nullification(far)))));
        actions.addAll(core.on(NOW + 10_000_000_000L, WALL + 10_000, new Event.Tick()));
        assertThat(core.view()).isGreaterThan(far);
        assertThat(actions)
                .anyMatch(a -> a instanceof Action.Broadcast b
                        && b.message() instanceof Message.Position p
                        && p.view() > far
                        && p.lacksFrom() == 2);
    }

    @Test
    void forgedVotesCostOneVerificationAndDoNotKeepTheOthersFromAQuorum() {
        int forger = schedule.leader(1);
        VoteStatement statement = new VoteStatement(VoteKind.NULLIFY, 0, 1, Digest.ZERO);
        Vote bad = new Vote(
                forger,
                statement,
                vote(forger, VoteKind.NULLIFY, 9, Digest.ZERO).signature());
        receive(forger, new Message.Voted(bad));
        int others = 0;
        for (int i = 0; i < 4; i++) {
            if (i != forger && i != victim) {
                receive(i, new Message.Voted(vote(i, VoteKind.NULLIFY, 1, Digest.ZERO)));
                others++;
            }
        }
        assertThat(others).isEqualTo(2);
        assertThat(verifications).hasValueLessThanOrEqualTo(3);
        int before = verifications.get();
        for (int i = 0; i < 100; i++) {
            receive(forger, new Message.Voted(bad));
        }
        assertThat(verifications).hasValue(before);
        core.on(NOW + 1_000_000_000L, WALL + 1_000, new Event.Tick());
        assertThat(core.view()).isEqualTo(2);
    }

    private static final class NothingPending implements PendingTransactions {
        @Override
        public Verdict offer(BodyEntry entry) {
            return Verdict.ACCEPTED;
        }

        @Override
        public boolean contains(Digest id) {
            return false;
        }

        @Override
        public boolean isSpent(BodyEntry entry) {
            return false;
        }

        @Override
        public boolean isEmpty() {
            return true;
        }

        @Override
        public List<BodyEntry> candidates(int maxBytes, Digest parentId) {
            return List.of();
        }

        @Override
        public void finalized(List<Block> blocks, Digest headId) {}
    }
}
