package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.api.ledger.OrderedRead;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import org.junit.jupiter.api.Test;

class BatchBookTests {
    private static final long NOW = LoneCore.NOW;
    private static final long MILLI = Turn.MILLI;
    private static final int FETCHED = (Proposals.PROPOSALS_AHEAD + 2) * BodyParts.MAX_BATCHES;

    private final LoneCore lone = new LoneCore();
    private final Set<Digest> forgotten = new HashSet<>();
    private final Set<Digest> spent = new HashSet<>();
    private final List<BodyEntry> pooled = new ArrayList<>();
    private final Turn turn = new Turn();
    private List<BodyEntry> candidates = List.of();

    private final PendingTransactions pending = new PendingTransactions() {
        @Override
        public Verdict offer(BodyEntry entry) {
            pooled.add(entry);
            return Verdict.ACCEPTED;
        }

        @Override
        public boolean contains(Digest id) {
            return !forgotten.contains(id);
        }

        @Override
        public boolean isSpent(BodyEntry entry) {
            return spent.contains(entry.id());
        }

        @Override
        public boolean isEmpty() {
            return false;
        }

        @Override
        public List<BodyEntry> candidates(int maxBytes, Digest parentId) {
            return candidates;
        }

        @Override
        public void finalized(List<Block> blocks, Digest headId) {}
    };

    private Transaction entry(long nonce, int bytes) {
        return entry(3, nonce, bytes);
    }

    private Transaction entry(int sender, long nonce, int bytes) {
        return Transaction.sign(
                lone.genesis.networkId(), TestKeys.of(sender), nonce, OrderedRead.MODULE, new byte[bytes]);
    }

    private Availability availability() {
        SigningKey key = lone.votingKey(lone.self);
        return new Availability(
                Optional.of(s -> key.sign(AvailabilityStatement.TAG, lone.genesis.networkId(), s.encode())),
                AvailabilityVerifier.of(lone.genesis.networkId(), lone.set));
    }

    private SimplexCore.Settings settings() {
        return new SimplexCore.Settings(lone.id(lone.self), lone.genesis.parameters(), StartMode.FRESH, 1);
    }

    private VoteSigner signer() {
        SigningKey key = lone.votingKey(lone.self);
        return new SigningGuard(s -> key.sign(VoteStatement.TAG, lone.genesis.networkId(), s.encode()));
    }

    private BatchBook book() {
        turn.begin(NOW, LoneCore.WALL);
        Seat seat = new Seat(lone.set, lone.self, 0, lone.schedule);
        PeerBook peers = new PeerBook(lone.set.size(), 100 * MILLI);
        VoteVerifier verifier = VoteVerifier.of(lone.genesis.networkId(), lone.set);
        ViewBook views = new ViewBook(
                lone.set,
                verifier,
                new ViewBook.EpochHead(lone.tree.finalizedHead().id(), 0, null));
        return new BatchBook(
                turn,
                seat,
                lone.genesis.networkId(),
                lone.genesis.parameters().maxTransactionBytes(),
                availability(),
                BodyParts.MAX_INLINE_BYTES / 2,
                pending,
                peers,
                new OwnVotes(turn, seat, settings(), signer(), views, peers),
                100 * MILLI);
    }

    /** A core that leads the view it is in, with nothing to propose yet. */
    private SimplexCore leader() {
        SimplexCore core = core();
        int first = lone.schedule.leader(1);
        Block block = lone.block(lone.tree.finalizedHead().id(), 1);
        List<Certificate> certificates = new ArrayList<>();
        certificates.add(lone.certificate(VoteKind.NOTARIZE, 1, block.id()));
        certificates.add(lone.certificate(VoteKind.FINALIZE, 1, block.id()));
        for (long view = 2; lone.schedule.leader(view) != lone.self; view++) {
            certificates.add(lone.certificate(VoteKind.NULLIFY, view, Digest.ZERO));
        }
        Vote vote = lone.vote(first, VoteKind.NOTARIZE, 1, block.id());
        for (Message m :
                List.of(new Message.Proposal(block, vote, List.of()), new Message.Certificates(certificates))) {
            core.on(NOW, LoneCore.WALL, new Event.Received(lone.id(first), m));
        }
        return core;
    }

    private SimplexCore core() {
        SimplexCore core = new SimplexCore(
                settings(),
                lone.tree,
                pending,
                Optional.of(signer()),
                VoteVerifier.of(lone.genesis.networkId(), lone.set),
                (validator, statement, signature) -> false,
                Recovered.NOTHING,
                Optional.empty(),
                new OwnTransactions(pending, lone.genesis.parameters().maxTransactionBytes()),
                availability());
        core.start(NOW, LoneCore.WALL);
        return core;
    }

    private static Stream<BodyEntry> gossiped(List<Action> actions) {
        return actions.stream()
                .filter(a -> a instanceof Action.Broadcast b && b.message() instanceof Message.Gossip)
                .flatMap(a -> ((Message.Gossip) ((Action.Broadcast) a).message()).entries().stream());
    }

    private static Stream<BodyEntry> offered(List<Action> actions) {
        return actions.stream()
                .filter(a -> a instanceof Action.Broadcast b && b.message() instanceof Message.BatchOffered)
                .flatMap(a -> ((Message.BatchOffered) ((Action.Broadcast) a).message()).batch().entries().stream());
    }

    private Event taken(BodyEntry... entries) {
        return new Event.Taken(List.of(entries), true);
    }

    @Test
    void whatComesWhileABatchIsGatheredDoesNotOvertakeIt() {
        BodyEntry first = entry(1, 100_000);
        BodyEntry second = entry(2, 60_000);
        BodyEntry third = entry(3, 10);
        long repeated = NOW;
        SimplexCore core = core();
        core.on(NOW, LoneCore.WALL, taken(first));
        while (gossiped(core.on(repeated, LoneCore.WALL, new Event.Tick()))
                .findAny()
                .isEmpty()) {
            repeated += MILLI;
        }

        core = core();
        assertThat(gossiped(core.on(NOW, LoneCore.WALL, taken(first)))).containsExactly(first);
        assertThat(gossiped(core.on(repeated - MILLI, LoneCore.WALL, taken(second))))
                .isEmpty();
        forgotten.add(first.id()); // final, so that less than a proposal carries is under way
        core.on(repeated, LoneCore.WALL, new Event.Tick());
        assertThat(gossiped(core.on(repeated, LoneCore.WALL, taken(third)))).isEmpty();
        assertThat(offered(core.on(repeated + 2 * MILLI, LoneCore.WALL, new Event.Tick())))
                .containsExactly(second, third);
    }

    @Test
    void whatWasProposedIsToldBeforeWhatItsSenderHandsInLater() {
        SimplexCore leader = leader();
        BodyEntry first = entry(1, 10);
        BodyEntry second = entry(2, 10);
        BodyEntry third = entry(3, 10);
        BodyEntry ofAnother = entry(4, 1, 10);
        candidates = List.of(first, second);
        List<Action> proposed = leader.on(NOW, LoneCore.WALL, taken(first, second));
        assertThat(proposed).anyMatch(a -> a instanceof Action.Broadcast b && b.message() instanceof Message.Proposal);
        assertThat(gossiped(proposed)).isEmpty();
        assertThat(gossiped(leader.on(NOW + 1, LoneCore.WALL, taken(ofAnother))))
                .containsExactly(ofAnother);
        assertThat(gossiped(leader.on(NOW + 2, LoneCore.WALL, taken(third)))).containsExactly(first, second, third);
        assertThat(gossiped(leader.on(NOW + 3, LoneCore.WALL, taken(entry(4, 10)))))
                .hasSize(1);
    }

    @Test
    void whatWasProposedIsInTheBatchOfWhatItsSenderHandsInLater() {
        SimplexCore leader = leader();
        BodyEntry first = entry(1, 10);
        BodyEntry large = entry(2, 200_000);
        candidates = List.of(first);
        leader.on(NOW, LoneCore.WALL, taken(first));
        assertThat(offered(leader.on(NOW + 1, LoneCore.WALL, taken(large)))).containsExactly(first, large);
    }

    @Test
    void whatOthersBroughtIsToldAgainWhereNothingMoves() {
        BodyEntry ofOthers = entry(1, 10);
        BodyEntry own = entry(4, 1, 10);
        candidates = List.of(ofOthers);
        SimplexCore core = core();
        assertThat(gossiped(repeated(core, NOW))).containsExactly(ofOthers);
        core.on(NOW + LoneCore.SECOND, LoneCore.WALL, taken(own));
        assertThat(gossiped(repeated(core, NOW + LoneCore.SECOND))).containsExactly(own);
    }

    private static List<Action> repeated(SimplexCore core, long fromNanos) {
        for (long now = fromNanos; ; now += MILLI) {
            List<Action> actions = core.on(now, LoneCore.WALL, new Event.Tick());
            if (gossiped(actions).findAny().isPresent()) {
                return actions;
            }
            assertThat(now).isLessThan(fromNanos + 10 * LoneCore.SECOND);
        }
    }

    @Test
    void theEntriesOfABatchThatCannotBeHeldAreTaken() {
        BatchBook book = book();
        int maker = lone.other(0);
        for (int i = 0; i < BatchBook.MAX_OF_MAKER; i++) {
            book.onOffered(maker, new Batch(lone.genesis.networkId(), 0, maker, i, List.of(entry(i, 10))));
        }
        turn.end();
        pooled.clear();
        List<BodyEntry> without = List.of(entry(100, 10), entry(101, 10));
        book.onOffered(maker, new Batch(lone.genesis.networkId(), 0, maker, 100, without));
        assertThat(pooled).isEqualTo(without);
        BodyEntry ofAnEarlierEpoch = entry(102, 10);
        book.onOffered(maker, new Batch(lone.genesis.networkId(), 7, maker, 0, List.of(ofAnEarlierEpoch)));
        assertThat(pooled).endsWith(ofAnEarlierEpoch);
        assertThat(turn.end()).isEmpty();
        assertThat(book.size()).isEqualTo(BatchBook.MAX_OF_MAKER);
    }

    @Test
    void behindABatchWithoutRoomNothingOvertakes() {
        BatchBook book = book();
        for (int i = 0; i < BatchBook.MAX_OF_MAKER - 1; i++) {
            book.gather(List.of(entry(i, 70_000)));
        }
        assertThat(offered(turn.end())).hasSize(BatchBook.MAX_OF_MAKER - 1);
        List<BodyEntry> more = List.of(entry(100, 400_000), entry(101, 400_000), entry(102, 400_000));
        book.gather(more);
        List<Action> actions = turn.end();
        assertThat(offered(actions)).containsExactly(more.get(0));
        assertThat(gossiped(actions)).containsExactly(more.get(1), more.get(2));
    }

    @Test
    void behindABatchThatIsTooLargeForTheQuotaASmallerOneIsNotMade() {
        BatchBook book = book();
        for (int i = 0; i < 16; i++) {
            book.gather(List.of(entry(i, 1_000_000)));
        }
        turn.end();
        List<BodyEntry> more = List.of(entry(100, 900_000), entry(101, 100_000));
        book.gather(more);
        List<Action> actions = turn.end();
        assertThat(offered(actions)).isEmpty();
        assertThat(gossiped(actions)).containsExactlyElementsOf(more);
    }

    @Test
    void whatWaitedWhenAnEpochEndedIsTold() {
        BatchBook before = book();
        BodyEntry waits = entry(1, 10);
        before.gather(List.of(waits));
        assertThat(turn.end()).isEmpty();
        BatchBook after = book();
        after.inherit(before);
        assertThat(after.isGathering()).isTrue();
        assertThat(after.dueNanos()).isLessThanOrEqualTo(NOW);
        after.makeDue();
        assertThat(offered(turn.end())).containsExactly(waits);
    }

    @Test
    void aBatchThatComesLateIsNeitherHeldNorPromised() {
        BatchBook book = book();
        int maker = lone.other(0);
        BodyEntry late = entry(1, 10);
        spent.add(late.id());
        book.onOffered(maker, new Batch(lone.genesis.networkId(), 0, maker, 1, List.of(late)));
        assertThat(turn.end()).isEmpty();
        assertThat(book.size()).isZero();
        book.onOffered(maker, new Batch(lone.genesis.networkId(), 0, maker, 2, List.of(late, entry(2, 10))));
        assertThat(turn.end()).hasSize(2);
        assertThat(book.size()).isOne();
    }

    @Test
    void fetchedBatchesMakeRoomForNewerOnes() {
        BatchBook book = book();
        int maker = lone.other(0);
        List<Batch> all = new ArrayList<>();
        for (int i = 0; i <= FETCHED; i++) {
            Batch batch = new Batch(lone.genesis.networkId(), 0, maker, i, List.of(entry(i, 10)));
            Signature any = Signature.of(new byte[Signature.LENGTH]);
            book.want(new AvailabilityCertificate(
                    batch.statement(), List.of(new Certificate.IndexedSignature(maker, any))));
            book.onOffered(lone.other(1), batch);
            all.add(batch);
        }
        assertThat(book.size()).isEqualTo(FETCHED);
        assertThat(book.get(all.get(0).id())).isNull();
        assertThat(book.get(all.get(FETCHED).id())).isEqualTo(all.get(FETCHED));
        assertThat(book.wanted()).isZero();
    }
}
