package online.hypermesh.impl.consensus.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.genesis.Parameters;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.impl.consensus.PeerBudget;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

class CatchUpServiceTests {
    private static final SigningKey KEY = TestCluster.key(1, 1);
    private static final NodeId PEER = NodeId.of(KEY.verifyKey());
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));

    private static final AncestorPaths NO_PATHS = (height, descendant) -> Optional.empty();

    private final MemoryBlockStorage storage = new MemoryBlockStorage();

    private static PeerBudget budget(long burst) {
        return new PeerBudget(new ValidatorSet(List.of(new Validator(PEER, KEY.verifyKey(), 1))), burst, 1);
    }

    static FinalizedBlock block(long height) {
        List<Transaction> body = List.of(Transaction.sign(NETWORK, KEY, height, "kv", new byte[1_000]));
        byte[] encoded = Block.encodeBody(body);
        Digest zero = Digest.ZERO;
        BlockHeader h = new BlockHeader(
                BlockHeader.VERSION,
                NETWORK,
                0,
                height,
                height - 1,
                height,
                zero,
                zero,
                Block.transactionsRoot(body),
                zero,
                zero,
                zero,
                zero,
                zero,
                Digest.ZERO,
                height,
                PEER,
                Block.bodyCommitment(encoded),
                encoded.length,
                BlockHeader.SUITE_2026);
        return new FinalizedBlock(
                new Block(h, body),
                new Certificate(new VoteStatement(VoteKind.FINALIZE, 0, height, h.id()), List.of()));
    }

    private List<FinalizedBlock> ask(PeerBudget budget, long now) {
        return CatchUpService.decode(
                CatchUpService.answer(
                        PEER, CatchUpService.request(1), storage, NO_PATHS, Parameters.DEFAULT, budget, now),
                Parameters.DEFAULT);
    }

    @Test
    void anAnswerCarriesTheStoredBlocks() {
        for (long h = 1; h <= 5; h++) {
            storage.append(block(h));
        }
        assertThat(ask(budget(1 << 20), 0)).isEqualTo(List.of(block(1), block(2), block(3), block(4), block(5)));
    }

    @Test
    void aPeerThatUsedUpItsAllowanceGetsNothingUntilItRefills() {
        for (long h = 1; h <= 5; h++) {
            storage.append(block(h));
        }
        PeerBudget budget = budget(2_000);
        assertThat(ask(budget, 0)).hasSize(5);
        for (int i = 0; i < 100; i++) {
            assertThat(ask(budget, i)).isEmpty();
        }
        assertThat(ask(budget, 20_000 * 1_000_000_000L)).hasSize(5);
    }
}
