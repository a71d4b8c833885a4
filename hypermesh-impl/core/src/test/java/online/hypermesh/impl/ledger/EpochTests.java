package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.Equivocation;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.CheckpointCertificate;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.MlDsa65;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

/** Where epochs end, what may follow, and who votes then. */
class EpochTests {
    private final Network4 net = new Network4(16_384);
    private final LedgerTree tree = net.tree;
    private final long epochMillis = net.genesis.parameters().epochSeconds() * 1000L;
    private long nonce;

    private Transaction change(int validator, ValidatorChange change) {
        return Transaction.sign(
                net.genesis.networkId(), key(10 + validator), ++nonce, ValidatorChange.MODULE, change.encode());
    }

    private Outcome outcome(Transaction t) {
        Block block = net.commit(t);
        return tree.outcomes(block.id()).get(0);
    }

    /** A block that ends the epoch, added and not final. */
    private Block ending(Transaction... transactions) {
        BlockHeader head = tree.finalizedHead();
        if (head.view() == 0 || head.isClosing()) {
            net.commit();
            head = tree.finalizedHead();
        }
        Block block = tree.assemble(
                head.id(),
                head.epoch(),
                head.view() + 1,
                tree.validators().get(0).id(),
                head.timeMillis() + epochMillis,
                List.of(transactions));
        assertThat(tree.check(block)).isEqualTo(Verdict.ACCEPTED);
        tree.add(block);
        return block;
    }

    private Block endEpoch() {
        Block block = ending();
        tree.finalizeUpTo(block.id());
        return block;
    }

    @Test
    void anEpochEndsWithTheFirstBlockOfItsTimeButNeverWithItsFirstBlock() {
        Block first = tree.assemble(
                tree.finalizedHead().id(),
                0,
                1,
                net.validator(0),
                net.genesis.createdAtMillis() + 5 * epochMillis,
                List.of());
        assertThat(first.header().isClosing()).isFalse();
        net.commit();
        BlockHeader head = tree.finalizedHead();
        Block before = tree.assemble(
                head.id(), 0, 7, net.validator(0), net.genesis.createdAtMillis() + epochMillis - 1, List.of());
        assertThat(before.header().isClosing()).isFalse();
        Block end = tree.assemble(
                head.id(), 0, 7, net.validator(0), net.genesis.createdAtMillis() + epochMillis, List.of());
        assertThat(end.header().isClosing()).isTrue();
        assertThat(end.header().nextValidatorsRoot())
                .isEqualTo(ValidatorSet.of(net.genesis).root());
    }

    @Test
    void theNextEpochBeginsOnlyOnTheFinalizedBlockThatEndsTheOneBefore() {
        Block end = ending(net.put(50, 1, "a", "1"));
        Block otherTree = new Block(next(end, 1).header(), List.of());
        assertThat(tree.epoch()).isZero();
        tree.finalizeUpTo(end.id());
        assertThat(tree.epoch()).isEqualTo(1);
        Block first =
                tree.assemble(end.id(), 1, 3, net.validator(1), end.header().timeMillis() + 9, List.of());
        assertThat(first.header().parentView()).isZero();
        assertThat(tree.check(first)).isEqualTo(Verdict.ACCEPTED);
        assertThat(tree.check(otherTree)).isEqualTo(Verdict.ACCEPTED);

        Network4 behind = new Network4(16_384);
        behind.tree.add(behind.child(behind.tree.finalizedHead().id()));
        assertThat(behind.tree.check(first)).isInstanceOf(Verdict.Rejected.class);
    }

    /** The next epoch's first block, as a node makes it that takes the end for final too early. */
    private Block next(Block end, long view) {
        Network4 other = new Network4(16_384);
        other.commit();
        other.tree.add(end);
        other.tree.finalizeUpTo(end.id());
        Block first = other.tree.assemble(
                end.id(), 1, view, net.validator(1), end.header().timeMillis() + 9, List.of());
        assertThat(tree.check(first))
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class, r -> assertThat(r.detail()).contains("finalized"));
        return first;
    }

    @Test
    void betweenTheEndAndItsFinalityBlocksCarryNothingAndBelongToNoChain() {
        Block end = ending();
        Transaction t = net.put(50, 1, "a", "1");
        Block trailing = tree.assemble(end.id(), 0, end.header().view() + 1, net.validator(1), 0, List.of(t));
        assertThat(trailing.transactions()).isEmpty();
        assertThat(trailing.header().nextValidatorsRoot())
                .isEqualTo(end.header().nextValidatorsRoot());
        assertThat(tree.check(trailing)).isEqualTo(Verdict.ACCEPTED);

        BlockHeader h = trailing.header();
        byte[] body = Block.encodeBody(List.of(t));
        BlockHeader carrying = new BlockHeader(
                h.version(),
                h.network(),
                h.epoch(),
                h.view(),
                h.parentView(),
                h.height(),
                h.previous(),
                h.ancestorsRoot(),
                Block.transactionsRoot(List.of(t)),
                h.parentStateRoot(),
                h.parentReceiptsRoot(),
                h.evidenceRoot(),
                h.proofsRoot(),
                h.validatorsRoot(),
                h.nextValidatorsRoot(),
                h.timeMillis(),
                h.proposer(),
                Block.bodyCommitment(body),
                body.length,
                h.suite());
        assertThat(tree.check(new Block(carrying, List.of(t))))
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class, r -> assertThat(r.detail()).contains("carries nothing"));

        tree.add(trailing);
        Block more = tree.assemble(trailing.id(), 0, trailing.header().view() + 3, net.validator(2), 0, List.of());
        tree.add(more);
        assertThat(tree.finalizeUpTo(more.id())).containsExactly(end);
        assertThat(tree.finalizedHead()).isEqualTo(end.header());
        assertThat(tree.contains(trailing.id())).isFalse();
        Block first = tree.assemble(end.id(), 1, 1, net.validator(3), 0, List.of(t));
        assertThat(first.header().height()).isEqualTo(trailing.header().height());
        assertThat(first.transactions()).containsExactly(t);
        assertThat(tree.check(first)).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void aNewVotingKeyCountsFromTheNextEpochOnAndNeedsItsOwnSignature() {
        SigningKey fresh = key(77);
        ValidatorChange.Rotate rotate = ValidatorChange.rotate(net.genesis.networkId(), net.validator(2), fresh);
        assertThat(ValidatorChange.decode(rotate.encode())).isEqualTo(rotate);
        assertRefused(
                outcome(change(2, new ValidatorChange.Rotate(fresh.verifyKey(), Signature.of(new byte[64])))),
                "INVALID_SIGNATURE");
        assertRefused(outcome(change(1, rotate)), "INVALID_SIGNATURE");
        assertRefused(
                outcome(change(2, ValidatorChange.rotate(net.genesis.networkId(), net.validator(2), key(21)))),
                "CONFLICT");
        assertThat(outcome(change(2, rotate))).isInstanceOf(Outcome.Applied.class);
        assertThat(tree.validators().get(2).votingKey()).isEqualTo(key(22).verifyKey());
        endEpoch();
        assertThat(tree.validators().get(2).votingKey()).isEqualTo(fresh.verifyKey());
        assertThat(tree.validators(0).orElseThrow().get(2).votingKey()).isEqualTo(key(22).verifyKey());
        assertRefused(
                outcome(change(2, ValidatorChange.rotate(net.genesis.networkId(), net.validator(2), key(22)))),
                "CONFLICT");
    }

    @Test
    void aValidatorReplacesItsVotingKeyOncePerEpoch() {
        NetworkId network = net.genesis.networkId();
        assertThat(outcome(change(2, ValidatorChange.rotate(network, net.validator(2), key(77)))))
                .isInstanceOf(Outcome.Applied.class);
        assertRefused(outcome(change(2, ValidatorChange.rotate(network, net.validator(2), key(78)))), "LIMIT_EXCEEDED");
        assertThat(outcome(change(1, ValidatorChange.rotate(network, net.validator(1), key(79)))))
                .isInstanceOf(Outcome.Applied.class);
        endEpoch();
        assertThat(tree.validators().get(2).votingKey()).isEqualTo(key(77).verifyKey());
        assertThat(outcome(change(2, ValidatorChange.rotate(network, net.validator(2), key(78)))))
                .isInstanceOf(Outcome.Applied.class);

        // Whoever only joins has no vote yet whose key could be replaced.
        NodeId candidate = NodeId.of(key(60).verifyKey());
        ValidatorChange join = ValidatorChange.join(network, candidate, key(61), 5);
        for (int i = 0; i < 3; i++) {
            outcome(change(i, join));
        }
        assertRefused(
                outcome(Transaction.sign(
                        network,
                        key(60),
                        ++nonce,
                        ValidatorChange.MODULE,
                        ValidatorChange.rotate(network, candidate, key(62)).encode())),
                "CONFLICT");
    }

    /** A key that is no point: decoding it fails. */
    @Test
    void whetherAKeyIsTakenIsToldWithoutDecodingEverybodysKeys() {
        MapState state = new MapState();
        List<online.hypermesh.api.consensus.Validator> some = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            some.add(new online.hypermesh.api.consensus.Validator(
                    new NodeId(Digest.sha256(new byte[] {(byte) i})), key(i + 1).verifyKey(), i + 1));
        }
        ValidatorRegistry.found(state, new ValidatorSet(some), 5);
        byte[] member = some.get(3).id().digest().toBytes();
        byte[] record = state.get(member).orElseThrow().clone();
        byte[] noPoint = new byte[32];
        java.util.Arrays.fill(noPoint, (byte) 0xff);
        System.arraycopy(noPoint, 0, record, 3, 32);
        state.put(member, record);
        assertThat(ValidatorRegistry.isKeyRegistered(state, noPoint)).isTrue();
        assertThat(ValidatorRegistry.isKeyRegistered(state, key(5).verifyKey().toBytes()))
                .isTrue();
        assertThat(ValidatorRegistry.isKeyRegistered(state, key(6).verifyKey().toBytes()))
                .isFalse();
        assertThat(ValidatorRegistry.registeredStake(state)).isEqualTo(15);
        assertThat(ValidatorRegistry.registeredCount(state)).isEqualTo(5);
        assertThat(ValidatorRegistry.current(state)).as("decoded once").isSameAs(ValidatorRegistry.current(state));
    }

    @Test
    void decodedSetsAreThoseOfTheirBytesAndBounded() {
        DecodedSets sets = new DecodedSets();
        byte[] one = encoded(1);
        ValidatorSet first = sets.of(List.of(one));
        assertThat(sets.of(List.of(encoded(1)))).isSameAs(first);
        assertThat(sets.of(List.of(encoded(2))).root()).isNotEqualTo(first.root());
        assertThat(sets.of(List.of(encoded(1), encoded(2))).size()).isEqualTo(2);
        one[one.length - 1] ^= 1; // the array was not the set's own
        assertThat(sets.of(List.of(encoded(1)))).isSameAs(first);
        for (int i = 3; i < 40; i++) {
            sets.of(List.of(encoded(i)));
        }
        assertThat(sets.of(List.of(encoded(1)))).isNotSameAs(first);
        assertThat(sets.of(List.of(encoded(1))).root()).isEqualTo(first.root());
    }

    private static byte[] encoded(int i) {
        return new ValidatorSet(List.of(new online.hypermesh.api.consensus.Validator(
                        new NodeId(Digest.sha256(new byte[] {(byte) i})), key(i).verifyKey(), i)))
                .encode();
    }

    @Test
    void joiningStakesAndRemovalsNeedMoreThanTwoThirdsOfTheStake() {
        NodeId candidate = NodeId.of(key(60).verifyKey());
        ValidatorChange.Join join = ValidatorChange.join(net.genesis.networkId(), candidate, key(61), 5);
        assertRefused(outcome(net.transaction(50, 1, ValidatorChange.MODULE, join.encode())), "DENIED");
        outcome(change(0, join));
        outcome(change(0, join));
        outcome(change(1, join));
        outcome(change(1, new ValidatorChange.Stake(net.validator(3), 9)));
        endEpoch();
        assertThat(tree.validators().size()).as("two of four asked").isEqualTo(4);

        outcome(change(2, join));
        endEpoch();
        assertThat(tree.validators().size())
                .as("those of the epoch before do not count")
                .isEqualTo(4);

        for (int i = 0; i < 3; i++) {
            outcome(change(i, join));
            outcome(change(i, new ValidatorChange.Stake(net.validator(3), 9)));
        }
        assertThat(tree.validators().size()).isEqualTo(4);
        endEpoch();
        assertThat(tree.validators().get(4).id()).isEqualTo(candidate);
        assertThat(tree.validators().totalStake()).isEqualTo(17);
        assertThat(tree.validators().get(3).stake()).isEqualTo(9);

        // Stakes 1, 1, 1, 9, 5: three heads are no quorum now.
        ValidatorChange remove = new ValidatorChange.Remove(net.validator(0));
        for (int i = 0; i < 3; i++) {
            outcome(change(i, remove));
        }
        endEpoch();
        assertThat(tree.validators().indexOf(net.validator(0))).isPresent();
        outcome(change(3, remove));
        outcome(Transaction.sign(net.genesis.networkId(), key(60), ++nonce, ValidatorChange.MODULE, remove.encode()));
        assertThat(outcome(change(1, new ValidatorChange.Leave()))).isInstanceOf(Outcome.Applied.class);
        endEpoch();
        assertThat(tree.validators().validators().stream().map(v -> v.id()))
                .containsExactly(net.validator(2), net.validator(3), candidate);
    }

    @Test
    void aValidatorThatAsksForMuchKeepsNobodyFromAsking() {
        for (int i = 0; i < ValidatorsModule.MAX_OPEN_OF_ONE; i++) {
            assertThat(outcome(change(3, new ValidatorChange.Stake(net.validator(0), 100 + i))))
                    .isInstanceOf(Outcome.Applied.class);
        }
        assertRefused(outcome(change(3, new ValidatorChange.Stake(net.validator(0), 99))), "LIMIT_EXCEEDED");
        assertThat(outcome(change(3, new ValidatorChange.Stake(net.validator(0), 100))))
                .as("what waits already may be asked for again")
                .isInstanceOf(Outcome.Applied.class);
        ValidatorChange remove = new ValidatorChange.Remove(net.validator(3));
        for (int i = 0; i < 3; i++) {
            assertThat(outcome(change(i, remove))).isInstanceOf(Outcome.Applied.class);
        }
        endEpoch();
        assertThat(tree.validators().indexOf(net.validator(3))).isEmpty();
    }

    @Test
    void theLastValidatorStaysAndSumsOfStakesDoNotOverflow() {
        for (int i = 0; i < 3; i++) {
            assertThat(outcome(change(i, new ValidatorChange.Leave()))).isInstanceOf(Outcome.Applied.class);
        }
        assertRefused(outcome(change(0, new ValidatorChange.Leave())), "NOT_FOUND");
        assertRefused(outcome(change(3, new ValidatorChange.Leave())), "CONFLICT");
        endEpoch();
        assertThat(tree.validators().size()).isEqualTo(1);
        assertThat(outcome(change(3, new ValidatorChange.Stake(net.validator(3), Long.MAX_VALUE))))
                .isInstanceOf(Outcome.Applied.class);
        NodeId candidate = NodeId.of(key(60).verifyKey());
        assertRefused(
                outcome(change(3, ValidatorChange.join(net.genesis.networkId(), candidate, key(61), 1))),
                "LIMIT_EXCEEDED");
    }

    @Test
    void evidenceOfTheEpochBeforeIsRecordedAndOlderIsNot() {
        Equivocation e = Equivocation.of(
                1,
                new VoteStatement(VoteKind.NOTARIZE, 0, 1, Digest.sha256(new byte[] {1})),
                sign(21, 1, 1),
                new VoteStatement(VoteKind.NOTARIZE, 0, 1, Digest.sha256(new byte[] {2})),
                sign(21, 1, 2));
        outcome(change(1, ValidatorChange.rotate(net.genesis.networkId(), net.validator(1), key(88))));
        outcome(change(0, new ValidatorChange.Leave()));
        Block end = endEpoch();
        assertThat(tree.admits(end.id(), e)).isTrue();
        Block carrying = tree.assemble(end.id(), 1, 1, net.validator(1), 0, List.of(), List.of(e));
        assertThat(carrying.evidence()).containsExactly(e);
        assertThat(tree.check(carrying)).isEqualTo(Verdict.ACCEPTED);
        tree.add(carrying);
        assertThat(tree.state(carrying.id(), Equivocation.STATE_MODULE).get(e.stateKey(net.validator(1))))
                .isPresent();
        endEpoch();
        assertThat(tree.admits(tree.finalizedHead().id(), e)).isFalse();
    }

    @Test
    void theEndOfAnEpochIsSignedAgainWithKeysThatWithstandQuantumComputers() {
        MlDsa65[] keys = new MlDsa65[4];
        for (int i = 0; i < 4; i++) {
            byte[] seed = new byte[MlDsa65.SEED_LENGTH];
            seed[0] = (byte) i;
            keys[i] = MlDsa65.fromSeed(seed);
        }
        NetworkId network = net.genesis.networkId();
        outcome(change(1, ValidatorChange.checkpointKey(network, net.validator(1), keys[1])));
        for (int i : new int[] {0, 2}) {
            assertThat(outcome(change(i, ValidatorChange.checkpointKey(network, net.validator(i), keys[i]))))
                    .isInstanceOf(Outcome.Applied.class);
        }
        assertRefused(
                outcome(change(3, ValidatorChange.checkpointKey(network, net.validator(0), keys[3]))),
                "INVALID_SIGNATURE");
        assertRefused(
                outcome(change(
                        0,
                        ValidatorChange.coSign(network, 0, tree.finalizedHead().id(), keys[0]))),
                "CONFLICT");
        endEpoch();
        ValidatorSet set = tree.validators();
        Block end = endEpoch();
        assertThat(ValidatorsModule.checkpoint(state())
                        .orElseThrow()
                        .verify(network, set)
                        .accepted())
                .isFalse();
        assertRefused(outcome(change(3, ValidatorChange.coSign(network, 1, end.id(), keys[3]))), "DENIED");
        assertRefused(
                outcome(change(
                        0, ValidatorChange.coSign(network, 1, end.header().previous(), keys[0]))),
                "INVALID_SIGNATURE");
        assertRefused(outcome(change(0, ValidatorChange.coSign(network, 0, end.id(), keys[0]))), "CONFLICT");
        for (int i = 0; i < 3; i++) {
            assertThat(ValidatorsModule.checkpoint(state())
                            .orElseThrow()
                            .verify(network, set)
                            .accepted())
                    .isFalse();
            assertThat(outcome(change(i, ValidatorChange.coSign(network, 1, end.id(), keys[i]))))
                    .isInstanceOf(Outcome.Applied.class);
        }
        assertRefused(outcome(change(0, ValidatorChange.coSign(network, 1, end.id(), keys[0]))), "CONFLICT");
        CheckpointCertificate certificate = ValidatorsModule.checkpoint(state()).orElseThrow();
        assertThat(certificate.headerId()).isEqualTo(end.id());
        assertThat(certificate.verify(network, set)).isEqualTo(Verdict.ACCEPTED);
        CheckpointCertificate again = CheckpointCertificate.decode(certificate.encode());
        assertThat(again.encode()).isEqualTo(certificate.encode());
        assertThat(again.verify(network, set)).isEqualTo(Verdict.ACCEPTED);
        assertThat(new CheckpointCertificate(end.header().previous(), certificate.signatures())
                        .verify(network, set)
                        .accepted())
                .isFalse();
        assertThat(new CheckpointCertificate(
                                end.id(),
                                List.of(
                                        certificate.signatures().get(0),
                                        certificate.signatures().get(1),
                                        certificate.signatures().get(1)))
                        .verify(network, set)
                        .accepted())
                .isFalse();
        endEpoch();
        assertThat(ValidatorsModule.checkpoint(state()).orElseThrow().signatures())
                .isEmpty();
    }

    private online.hypermesh.api.ledger.StateReader state() {
        return tree.state(tree.finalizedHead().id(), ValidatorChange.MODULE);
    }

    private Signature sign(int seed, long view, int block) {
        VoteStatement s = new VoteStatement(VoteKind.NOTARIZE, 0, view, Digest.sha256(new byte[] {(byte) block}));
        return key(seed).sign(VoteStatement.TAG, net.genesis.networkId(), s.encode());
    }

    @Test
    void theAncestorsRootIsTheMerkleTreeOverAllIds() {
        List<Digest> leaves = new ArrayList<>();
        leaves.add(AncestorFrontier.leaf(tree.finalizedHead().id()));
        for (int i = 0; i < 20; i++) {
            Block block = net.commit();
            assertThat(block.header().ancestorsRoot()).isEqualTo(MerkleTree.root(leaves));
            leaves.add(AncestorFrontier.leaf(block.id()));
        }
    }

    @Test
    void aSetOfSeveralPagesIsReadAsItWasWritten() {
        List<online.hypermesh.api.consensus.Validator> many = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            many.add(new online.hypermesh.api.consensus.Validator(
                    new NodeId(Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8)})), key(1).verifyKey(), i + 1));
        }
        MapState state = new MapState();
        ValidatorRegistry.found(state, new ValidatorSet(many), 5);
        assertThat(ValidatorRegistry.next(state).root()).isEqualTo(new ValidatorSet(many).root());
        ValidatorRegistry.turn(state, new ValidatorSet(many.subList(0, 10)), 6, Digest.ZERO);
        assertThat(ValidatorRegistry.current(state).size()).isEqualTo(10);
        assertThat(ValidatorRegistry.before(state).orElseThrow().root()).isEqualTo(new ValidatorSet(many).root());
        assertThat(ValidatorRegistry.epoch(state)).isEqualTo(new ValidatorRegistry.Epoch(1, 6));
    }

    private static final class MapState implements online.hypermesh.api.ledger.StateWriter {
        private final java.util.TreeMap<byte[], byte[]> map =
                new java.util.TreeMap<>(java.util.Arrays::compareUnsigned);

        @Override
        public java.util.Optional<byte[]> get(byte[] key) {
            return java.util.Optional.ofNullable(map.get(key));
        }

        @Override
        public void put(byte[] key, byte[] value) {
            map.put(key, value);
        }

        @Override
        public void remove(byte[] key) {
            map.remove(key);
        }
    }

    private static void assertRefused(Outcome outcome, String code) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo(code));
    }
}
