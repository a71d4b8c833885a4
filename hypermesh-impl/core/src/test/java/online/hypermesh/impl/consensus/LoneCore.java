package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.impl.ledger.LedgerTree;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/** One core of four validators, with the keys of all others in the test's hands. */
final class LoneCore {
    static final long NOW = 1_000_000_000L;
    static final long WALL = 2_000_000L;
    static final long SECOND = 1_000_000_000L;

    final Genesis genesis;
    final ValidatorSet set;
    final LeaderSchedule schedule;
    /** The core's own tree. */
    final LedgerTree tree;
    /** A tree of an honest peer. */
    final LedgerTree honest;

    final SimplexCore core;
    final int self;

    LoneCore() {
        List<GenesisValidator> validators = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            validators.add(new GenesisValidator(
                    "n" + i,
                    TestKeys.of(10 + i).verifyKey(),
                    TestKeys.of(20 + i).verifyKey(),
                    TestKeys.of(30 + i).verifyKey(),
                    1));
        }
        genesis = new Genesis(
                "lone",
                1_000_000,
                validators,
                List.of(),
                new Parameters(3600, 1_048_576, 4_194_304, 30_000, 5_000, 300, 3));
        set = ValidatorSet.of(genesis);
        schedule = new LeaderSchedule(set);
        tree = tree();
        honest = tree();
        int chosen = 0;
        while (chosen == schedule.leader(1) || chosen == schedule.leader(2)) {
            chosen++;
        }
        self = chosen;
        SigningKey key = votingKey(self);
        core = new SimplexCore(
                new SimplexCore.Settings(id(self), genesis.parameters(), StartMode.FRESH, 1),
                tree,
                new NothingPending(),
                Optional.of(new SigningGuard(s -> key.sign(VoteStatement.TAG, genesis.networkId(), s.encode()))),
                VoteVerifier.of(genesis.networkId(), set),
                Recovered.NOTHING,
                Optional.empty());
        core.start(NOW, WALL);
    }

    private LedgerTree tree() {
        return new LedgerTree(genesis, List.of(), TransactionGate.OPEN);
    }

    NodeId id(int validator) {
        return set.get(validator).id();
    }

    SigningKey votingKey(int validator) {
        NodeId id = id(validator);
        for (int i = 0; i < 4; i++) {
            if (NodeId.of(TestKeys.of(10 + i).verifyKey()).equals(id)) {
                return TestKeys.of(20 + i);
            }
        }
        throw new AssertionError("unknown validator " + id);
    }

    Vote vote(int validator, VoteKind kind, long view, Digest block) {
        VoteStatement s = new VoteStatement(kind, 0, view, block);
        return new Vote(validator, s, votingKey(validator).sign(VoteStatement.TAG, genesis.networkId(), s.encode()));
    }

    /** Signed by all validators but this one. */
    Certificate certificate(VoteKind kind, long view, Digest block) {
        List<Certificate.IndexedSignature> signatures = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            if (i != self) {
                signatures.add(new Certificate.IndexedSignature(
                        i, vote(i, kind, view, block).signature()));
            }
        }
        return new Certificate(new VoteStatement(kind, 0, view, block), signatures);
    }

    /** A valid block of the view's leader, added to the honest tree. */
    Block block(Digest parent, long view) {
        Block block = honest.assemble(parent, 0, view, id(schedule.leader(view)), WALL, List.of());
        honest.add(block);
        return block;
    }

    /** Consecutive valid blocks in views from one on; only the last of them has a certificate of its own. */
    List<FinalizedBlock> chain(Digest parent, long firstView, int length) {
        List<Block> blocks = new ArrayList<>();
        Digest at = parent;
        for (int i = 0; i < length; i++) {
            Block next = block(at, firstView + i);
            blocks.add(next);
            at = next.id();
        }
        Certificate finality = certificate(VoteKind.FINALIZE, firstView + length - 1, at);
        return blocks.stream().map(b -> new FinalizedBlock(b, finality)).toList();
    }

    List<Action> receive(long now, int from, Message message) {
        return core.on(now, WALL + (now - NOW) / 1_000_000, new Event.Received(id(from), message));
    }

    List<Action> tick(long now) {
        return core.on(now, WALL + (now - NOW) / 1_000_000, new Event.Tick());
    }

    List<Action> answer(long now, int from, List<FinalizedBlock> blocks) {
        return core.on(now, WALL + (now - NOW) / 1_000_000, new Event.CaughtUp(id(from), blocks));
    }

    /** A validator that is not this one. */
    int other(int k) {
        return (self + 1 + k) % 4;
    }

    static final class NothingPending implements PendingTransactions {
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
