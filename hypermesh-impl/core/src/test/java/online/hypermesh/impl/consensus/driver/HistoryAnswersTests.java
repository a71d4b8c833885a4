package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.impl.consensus.ExecutedBlock;
import online.hypermesh.impl.ledger.AncestorFrontier;
import online.hypermesh.impl.ledger.Receipts;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

/** What it costs a node to be asked about its history, and whom it refuses. */
class HistoryAnswersTests {
    private static final long SECOND = 1_000_000_000L;
    private static final SigningKey KEY = TestCluster.key(1, 1);
    private static final ValidatorSet SET =
            new ValidatorSet(List.of(new Validator(NodeId.of(KEY.verifyKey()), KEY.verifyKey(), 1)));

    private final AtomicInteger reads = new AtomicInteger();
    private final AskerBudget budget = new AskerBudget(SET);
    private final HistoryAnswers answers = new HistoryAnswers(this::handOver, height -> Optional.empty());

    private static NodeId stranger(int i) {
        return new NodeId(Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8), 1}));
    }

    private Optional<HandOver> handOver(long epoch) {
        reads.incrementAndGet();
        if (epoch > 3) {
            return Optional.empty();
        }
        FinalizedBlock end = CatchUpServiceTests.block(epoch + 1);
        return Optional.of(new HandOver(end.block().header(), end.certificate(), List.of(), SET, SET));
    }

    private byte[] ask(NodeId peer, long epoch, long now) {
        return answers.answer(peer, HistoryService.request(epoch), budget, now);
    }

    private static void assertBusy(Runnable asking) {
        assertThatThrownBy(asking::run).isInstanceOfSatisfying(HypermeshException.class, e -> {
            assertThat(e.code()).isEqualTo(Code.BUSY);
            assertThat(e.retry()).isEqualTo(Retry.SAME_CALL);
            assertThat(e).hasMessageContaining("limit").hasMessageContaining("another node");
        });
    }

    @Test
    void anEndThatWasToldIsNotReadAgain() {
        for (int i = 0; i < 20; i++) {
            assertThat(HistoryService.decode(ask(stranger(1), 2, 0))
                            .orElseThrow()
                            .epoch())
                    .isEqualTo(0);
        }
        assertThat(reads).hasValue(1);
        assertThat(HistoryService.decode(ask(stranger(1), 9, 0))).isEmpty();
        assertThatThrownBy(() -> answers.answer(stranger(1), new byte[] {(byte) 0x82, 0, 1}, budget, 0))
                .isInstanceOf(CborException.class);
    }

    @Test
    void oneThatAsksTooMuchIsRefusedForAWhileAndOthersAreNot() {
        int asked = 0;
        while (asked < 10_000) {
            try {
                ask(stranger(1), 2, 0);
                asked++;
            } catch (HypermeshException refused) {
                break;
            }
        }
        assertThat((long) asked * HistoryAnswers.QUESTION_BYTES)
                .isBetween(AskerBudget.STRANGER_BURST_BYTES / 2, AskerBudget.STRANGER_BURST_BYTES);
        assertBusy(() -> ask(stranger(1), 2, 0));
        assertThat(ask(stranger(2), 2, 0)).isNotEmpty();
        assertThat(ask(stranger(1), 2, SECOND)).isNotEmpty();
    }

    @Test
    void strangersTogetherAreBoundedAndValidatorsDoNotSuffer() {
        long possible = AskerBudget.BURST_BYTES / HistoryAnswers.QUESTION_BYTES;
        int asked = 0;
        for (int i = 0; i < 10_000; i++) {
            try {
                ask(stranger(i), 2, 0);
                asked++;
            } catch (HypermeshException refused) {
                break;
            }
        }
        assertThat(asked).isBetween((int) possible / 2, (int) possible);
        assertBusy(() -> ask(stranger(20_000), 2, 0));
        assertThat(ask(SET.get(0).id(), 2, 0)).isNotEmpty();
    }

    /** Tells headers; whoever wants a whole block is wrong here. */
    private static final class HeadersOnly extends MemoryBlockStorage {
        private int headers;

        @Override
        public synchronized Optional<FinalizedBlock> read(long height) {
            throw new IllegalStateException("block " + height + " was read whole");
        }

        @Override
        public synchronized Optional<BlockHeader> readHeader(long height) {
            headers++;
            return super.read(height).map(f -> f.block().header());
        }
    }

    @Test
    void proofsOfLongAgoReadHeadersOnlyAndOnce() {
        HeadersOnly storage = new HeadersOnly();
        FinalizedChain chain = new FinalizedChain();
        BlockHeader genesis = CatchUpServiceTests.block(100_000).block().header();
        Ancestry ancestry = new Ancestry(genesis, Optional.empty(), chain, storage);
        long blocks = FinalizedChain.RETAINED + 200L;
        for (long h = 1; h <= blocks; h++) {
            FinalizedBlock f = CatchUpServiceTests.block(h);
            storage.append(f);
            Digest id = f.block().id();
            ancestry.add(id);
            chain.append(
                    List.of(new ExecutedBlock(
                            id,
                            f.block(),
                            List.of(Outcome.applied()),
                            Receipts.of(f.block(), List.of(Outcome.applied())),
                            Digest.ZERO)),
                    f.certificate(),
                    List.of(),
                    ancestry::path);
        }
        AncestorProof proof = ancestry.proof(50).orElseThrow();
        assertThat(proof.header().height()).isEqualTo(50);
        List<Digest> leaves = new java.util.ArrayList<>();
        leaves.add(AncestorFrontier.leaf(genesis.id()));
        for (long h = 1; h < proof.anchor().height(); h++) {
            leaves.add(
                    AncestorFrontier.leaf(CatchUpServiceTests.block(h).block().id()));
        }
        assertThat(MerkleTree.verify(
                        AncestorFrontier.leaf(proof.header().id()),
                        50,
                        proof.anchor().height(),
                        proof.path(),
                        MerkleTree.root(leaves)))
                .isTrue();
        int once = storage.headers;
        assertThat(once).isBetween(1, 2 * 16 + 1);
        for (int i = 0; i < 20; i++) {
            assertThat(ancestry.proof(50)).isPresent();
        }
        assertThat(storage.headers).as("the ids of a chunk are remembered").isLessThanOrEqualTo(once + 20);
    }
}
