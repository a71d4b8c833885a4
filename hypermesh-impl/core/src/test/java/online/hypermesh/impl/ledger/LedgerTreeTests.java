package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.key;
import static online.hypermesh.impl.ledger.Network4.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.impl.ledger.Network4.PutModule;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class LedgerTreeTests {
    private final Network4 net = new Network4();
    private final LedgerTree tree = net.tree;
    private final Digest genesisId = tree.finalizedHead().id();

    private static void assertRejected(Verdict verdict, Code code, String text) {
        assertThat(verdict).isInstanceOfSatisfying(Verdict.Rejected.class, r -> {
            assertThat(r.code()).as(r.detail()).isEqualTo(code);
            assertThat(r.detail()).contains(text);
        });
    }

    @Test
    void startsAtTheGenesisHeaderAndTheModulesFoundingState() {
        BlockHeader head = tree.finalizedHead();
        assertThat(head).isEqualTo(LedgerTree.genesisHeader(net.genesis));
        assertThat(head.height()).isZero();
        assertThat(head.view()).isZero();
        assertThat(head.previous()).isEqualTo(Digest.ZERO);
        assertThat(head.timeMillis()).isEqualTo(net.genesis.createdAtMillis());
        assertThat(tree.state(genesisId, "kv").get(utf8("founder")).orElseThrow())
                .isEqualTo(utf8("four"));
        assertThat(tree.contains(genesisId)).isTrue();
        assertThat(tree.block(genesisId)).isEmpty();
    }

    @Test
    void anAssembledBlockChecksExecutesAndFinalizes() {
        Block block = net.child(genesisId, net.put(50, 1, "a", "1"), net.put(51, 7, "b", "2"));
        assertThat(tree.check(block)).isEqualTo(Verdict.ACCEPTED);
        assertThat(block.transactions()).hasSize(2);
        tree.add(block);
        assertThat(tree.outcomes(block.id())).hasSize(2).allMatch(o -> o instanceof Outcome.Applied);
        assertThat(tree.state(block.id(), "kv").get(utf8("b")).orElseThrow()).isEqualTo(utf8("2"));
        assertThat(tree.finalizedHead().height()).isZero();
        assertThat(tree.finalizeUpTo(block.id())).containsExactly(block);
        assertThat(tree.finalizedHead()).isEqualTo(block.header());
        assertThat(tree.finalizeUpTo(block.id())).isEmpty();
    }

    @Test
    void theChildCertifiesStateAndReceiptsOfItsParent() {
        Block first = net.commit(net.put(50, 1, "a", "1"));
        Block second = net.child(first.id());
        assertThat(second.header().parentStateRoot()).isEqualTo(tree.stateRoot(first.id()));
        assertThat(second.header().parentReceiptsRoot())
                .isEqualTo(Receipts.of(first, tree.outcomes(first.id())).root());
        assertThat(first.header().parentStateRoot()).isEqualTo(tree.stateRoot(genesisId));
    }

    @Test
    void refusalsUndoEverythingButTheNonce() {
        Block block = net.commit(
                net.transaction(50, 1, "kv", PutModule.op(2, "a", "x")),
                net.transaction(50, 2, "kv", PutModule.op(3, "a", "x")),
                net.transaction(50, 3, "kv", new byte[] {1, 2, 3}),
                net.transaction(50, 4, "kv", PutModule.op(4, "a", "x")),
                net.transaction(50, 5, "kv", PutModule.op(0, "a".repeat(300), "x")));
        List<Outcome> outcomes = tree.outcomes(block.id());
        assertThat(outcomes).hasSize(5).allMatch(o -> o instanceof Outcome.Refused);
        assertThat(outcomes.stream().map(o -> ((Outcome.Refused) o).code()))
                .containsExactly("UNWANTED", "MALFORMED", "MALFORMED", "LIMIT_EXCEEDED", "MALFORMED");
        assertThat(((Outcome.Refused) outcomes.get(0)).detail()).hasSize(1024);
        assertThat(((Outcome.Refused) outcomes.get(1)).detail()).doesNotContain("platform text");
        assertThat(tree.state(block.id(), "kv").get(utf8("a"))).isEmpty();
        assertRejected(tree.check(forged(List.of(net.put(50, 5, "a", "1")))), Code.CONFLICT, "nonce");
        assertThat(tree.check(net.child(block.id(), net.put(50, 6, "a", "1")))).isEqualTo(Verdict.ACCEPTED);
    }

    /** A block on the finalized head whose header matches the given body, valid or not. */
    private Block forged(List<Transaction> transactions) {
        BlockHeader like = net.child(tree.finalizedHead().id()).header();
        byte[] body = Block.encodeBody(transactions);
        return new Block(
                with(like, Block.transactionsRoot(transactions), Block.bodyCommitment(body), body.length),
                transactions);
    }

    private static BlockHeader with(BlockHeader h, Digest transactionsRoot, Digest commitment, int length) {
        return new BlockHeader(
                h.version(),
                h.network(),
                h.epoch(),
                h.view(),
                h.parentView(),
                h.height(),
                h.previous(),
                h.ancestorsRoot(),
                transactionsRoot,
                h.parentStateRoot(),
                h.parentReceiptsRoot(),
                h.evidenceRoot(),
                h.proofsRoot(),
                h.validatorsRoot(),
                h.nextValidatorsRoot(),
                h.timeMillis(),
                h.proposer(),
                commitment,
                length,
                h.suite());
    }

    @Test
    void anInvalidTransactionMakesTheBlockInvalid() {
        Transaction good = net.put(50, 5, "a", "1");
        byte[] signature = good.signature().toBytes();
        signature[3] ^= 1;
        Transaction badSignature = new Transaction(
                good.network(), good.sender(), 6, good.module(), good.payload(), Signature.of(signature));
        Transaction foreign = Transaction.sign(new NetworkId(Digest.ZERO), key(50), 6, "kv", PutModule.put("a", "1"));
        assertThat(tree.check(forged(List.of(good)))).isEqualTo(Verdict.ACCEPTED);
        assertRejected(tree.check(forged(List.of(badSignature))), Code.INVALID_SIGNATURE, "signature");
        assertRejected(tree.check(forged(List.of(foreign))), Code.WRONG_NETWORK, "network");
        assertRejected(
                tree.check(forged(List.of(net.transaction(50, 1, "unknown", new byte[0])))), Code.NOT_FOUND, "unknown");
        assertRejected(
                tree.check(forged(List.of(net.transaction(50, 1, "nonces", new byte[0])))), Code.NOT_FOUND, "nonces");
        assertRejected(tree.check(forged(List.of(net.put(50, 1, "a", "x".repeat(5000))))), Code.LIMIT_EXCEEDED, "4096");
        assertRejected(tree.check(forged(List.of(good, good))), Code.CONFLICT, "nonce");
        assertRejected(tree.check(forged(List.of(good, net.put(50, 4, "a", "2")))), Code.CONFLICT, "nonce");
    }

    @Test
    void everyHeaderFieldIsChecked() {
        Block good = net.child(genesisId, net.put(50, 1, "a", "1"));
        assertThat(tree.check(good)).isEqualTo(Verdict.ACCEPTED);
        BlockHeader h = good.header();
        Digest other = Digest.sha256(utf8("other"));
        String[] fields = {
            "version",
            "network",
            "epoch",
            "view",
            "parent view",
            "height",
            "parent",
            "ancestors root",
            "transactions root",
            "parent state root",
            "parent receipts root",
            "evidence root",
            "proofs root",
            "validators root",
            "next validators root",
            "time",
            "proposer",
            "body commitment",
            "body length",
            "suite"
        };
        for (int i = 0; i < fields.length; i++) {
            BlockHeader bad = new BlockHeader(
                    i == 0 ? 3 : h.version(),
                    i == 1 ? new NetworkId(other) : h.network(),
                    i == 2 ? h.epoch() + 1 : h.epoch(),
                    i == 3 ? 0 : h.view(),
                    i == 4 ? 1 : h.parentView(),
                    i == 5 ? 2 : h.height(),
                    i == 6 ? other : h.previous(),
                    i == 7 ? other : h.ancestorsRoot(),
                    i == 8 ? other : h.transactionsRoot(),
                    i == 9 ? other : h.parentStateRoot(),
                    i == 10 ? other : h.parentReceiptsRoot(),
                    i == 11 ? other : h.evidenceRoot(),
                    i == 12 ? other : h.proofsRoot(),
                    i == 13 ? other : h.validatorsRoot(),
                    i == 14 ? other : h.nextValidatorsRoot(),
                    i == 15 ? net.genesis.createdAtMillis() : h.timeMillis(),
                    i == 16 ? new NodeId(other) : h.proposer(),
                    i == 17 ? other : h.bodyCommitment(),
                    i == 18 ? h.bodyLength() + 1 : h.bodyLength(),
                    i == 19 ? 2025 : h.suite());
            Verdict verdict = tree.check(new Block(bad, good.transactions()));
            String field = fields[i];
            assertThat(verdict)
                    .as(field)
                    .isInstanceOfSatisfying(
                            Verdict.Rejected.class, r -> assertThat(r.detail()).containsIgnoringCase(field));
        }
        assertRejected(tree.check(new Block(h, List.of())), Code.INVALID_PROOF, "body length");
    }

    @Test
    void aBlockWhoseParentIsUnknownIsNotFound() {
        Block block = net.child(genesisId);
        tree.add(block);
        Block grandchild = net.child(block.id());
        assertRejected(new Network4().tree.check(grandchild), Code.NOT_FOUND, "parent");
        assertThatThrownBy(() -> new Network4().tree.add(grandchild)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void assembleLeavesOutWhatIsInvalidAndWhatDoesNotFit() {
        List<Transaction> candidates = new ArrayList<>();
        Transaction replay = net.put(60, 3, "a", "1");
        net.commit(replay);
        candidates.add(replay);
        candidates.add(net.transaction(61, 1, "unknown", new byte[0]));
        for (int i = 0; i < 30; i++) {
            candidates.add(net.put(62, i, "k" + i, "x".repeat(3000)));
        }
        candidates.add(net.put(63, 1, "small", "fits"));
        Block block = tree.assemble(tree.finalizedHead().id(), 0, 9, net.validator(1), 0, candidates);
        assertThat(tree.check(block)).isEqualTo(Verdict.ACCEPTED);
        assertThat(block.header().bodyLength()).isLessThanOrEqualTo(65_536);
        assertThat(block.header().timeMillis()).isEqualTo(tree.finalizedHead().timeMillis() + 1);
        assertThat(block.transactions()).doesNotContain(replay).contains(candidates.get(candidates.size() - 1));
        List<Long> nonces = block.transactions().stream()
                .filter(t -> t.sender().equals(key(62).verifyKey()))
                .map(Transaction::nonce)
                .toList();
        assertThat(nonces).hasSizeBetween(15, 29).isSorted().startsWith(0L);
    }

    @Test
    void branchesHaveTheirOwnStatesUntilOneIsFinal() {
        Block left = net.child(genesisId, net.put(50, 1, "a", "left"));
        Block right =
                tree.assemble(genesisId, 0, 2, net.validator(1), 2_000_000, List.of(net.put(50, 1, "a", "right")));
        tree.add(left);
        tree.add(right);
        Block leftChild = net.child(left.id());
        Block rightChild = net.child(right.id(), net.put(50, 2, "b", "2"));
        tree.add(leftChild);
        tree.add(rightChild);
        StateReader leftState = tree.state(left.id(), "kv");
        assertThat(leftState.get(utf8("a")).orElseThrow()).isEqualTo(utf8("left"));
        assertThat(tree.state(rightChild.id(), "kv").get(utf8("a")).orElseThrow())
                .isEqualTo(utf8("right"));

        assertThat(tree.finalizeUpTo(rightChild.id())).containsExactly(right, rightChild);
        assertThat(tree.contains(left.id())).isFalse();
        assertThat(tree.contains(leftChild.id())).isFalse();
        assertThat(tree.contains(right.id())).isFalse();
        assertThat(tree.contains(rightChild.id())).isTrue();
        assertThat(tree.outcomes(right.id())).hasSize(1);
        assertThat(leftState.get(utf8("a")).orElseThrow()).isEqualTo(utf8("left"));
        assertThatThrownBy(() -> tree.state(left.id(), "kv")).isInstanceOf(IllegalArgumentException.class);
        assertRejected(tree.check(leftChild), Code.NOT_FOUND, "parent");
    }

    @Test
    void descendantsOfTheNewHeadSurvivePruning() {
        Block one = net.child(genesisId);
        tree.add(one);
        Block two = net.child(one.id());
        tree.add(two);
        Block three = net.child(two.id());
        tree.add(three);
        tree.finalizeUpTo(one.id());
        assertThat(tree.contains(three.id())).isTrue();
        assertThat(tree.finalizeUpTo(three.id())).containsExactly(two, three);
    }

    @Test
    void statesOfRecentFinalizedBlocksStayReadableAndOlderOnesGo() {
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < LedgerTree.RETAINED_FINALIZED + 5; i++) {
            blocks.add(net.commit(net.put(50, i, "k", "v" + i)));
        }
        Block old = blocks.get(10);
        assertThat(tree.state(old.id(), "kv").get(utf8("k")).orElseThrow()).isEqualTo(utf8("v10"));
        assertThatThrownBy(() -> tree.outcomes(blocks.get(0).id())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theWholeOfALongBatchStaysReadableUntilTheNext() {
        List<Block> blocks = new ArrayList<>();
        Digest parent = genesisId;
        for (int i = 0; i < LedgerTree.RETAINED_FINALIZED + 10; i++) {
            Block block = net.child(parent, net.put(50, i, "k", "v" + i));
            tree.add(block);
            blocks.add(block);
            parent = block.id();
        }
        assertThat(tree.finalizeUpTo(parent)).isEqualTo(blocks);
        assertThat(tree.outcomes(blocks.get(0).id())).hasSize(1);
        assertThat(tree.finalizeUpTo(blocks.get(5).id())).isEmpty();
        net.commit();
        assertThatThrownBy(() -> tree.outcomes(blocks.get(0).id())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void executionIsTheSameOnEveryNode() {
        Network4 twin = new Network4();
        for (int i = 0; i < 10; i++) {
            Transaction[] body = {
                net.put(50, i, "k" + i, "v"), net.transaction(51, i, "kv", PutModule.op(i % 5, "k" + (i - 1), "w"))
            };
            Block block = net.commit(body);
            assertThat(twin.tree.check(block)).isEqualTo(Verdict.ACCEPTED);
            twin.tree.add(block);
            twin.tree.finalizeUpTo(block.id());
            assertThat(twin.tree.stateRoot(block.id())).isEqualTo(tree.stateRoot(block.id()));
        }
    }

    @Test
    void theGateRefusesBeforeTheModuleRunsAndReadsAnyModulesState() {
        TransactionGate gate =
                context -> context.stateOf("kv").get(utf8("founder")).isPresent()
                                && context.transaction().module().equals("other")
                        ? Optional.of(new Outcome.Refused("DENIED", "not you"))
                        : Optional.empty();
        LedgerTree gated = new LedgerTree(net.genesis, List.of(new PutModule("kv"), new PutModule("other")), gate);
        Block block = gated.assemble(
                genesisId,
                0,
                1,
                net.validator(0),
                2_000_000,
                List.of(net.put(50, 1, "a", "1"), net.transaction(50, 2, "other", PutModule.put("a", "1"))));
        gated.add(block);
        assertThat(gated.outcomes(block.id()).get(0)).isInstanceOf(Outcome.Applied.class);
        assertThat(gated.outcomes(block.id()).get(1)).isEqualTo(new Outcome.Refused("DENIED", "not you"));
        assertThat(gated.state(block.id(), "other").get(utf8("a"))).isEmpty();
    }

    @Test
    void moduleNamesAreDistinctWellFormedAndNotReserved() {
        for (List<String> names :
                List.of(List.of("a", "a"), List.of("nonces"), List.of("validators"), List.of("Upper"), List.of(""))) {
            assertThatThrownBy(() -> new LedgerTree(
                            net.genesis,
                            names.stream()
                                    .map(n -> (online.hypermesh.api.ledger.LedgerModule) new PutModule(n))
                                    .toList(),
                            TransactionGate.OPEN))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
