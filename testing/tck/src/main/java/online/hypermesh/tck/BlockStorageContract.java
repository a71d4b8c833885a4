package online.hypermesh.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Behaviour every {@link BlockStorage} owes its callers; extend and supply a fresh one. */
public abstract class BlockStorageContract {
    /** Largest transaction in the blocks of {@link #block}. */
    protected static final int MAX_TRANSACTION_BYTES = 4096;

    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final Map<Long, FinalizedBlock> BLOCKS = new ConcurrentHashMap<>();
    private static final SigningKey KEY = SigningKey.fromSeed(new byte[32]);

    /** For subclasses. */
    protected BlockStorageContract() {}

    /**
     * Opens the storage in a directory, creating it when it is new.
     *
     * @param directory where it lives
     * @return the storage
     */
    protected abstract BlockStorage open(Path directory);

    /**
     * A block of a height; the same for the same height.
     *
     * @param height its height
     * @return the block with a well-formed certificate that proves nothing
     */
    protected static FinalizedBlock block(long height) {
        return BLOCKS.computeIfAbsent(height, BlockStorageContract::make);
    }

    private static FinalizedBlock make(long height) {
        byte[] payload = new byte[(int) (height * 37 % 600)];
        Arrays.fill(payload, (byte) height);
        List<Transaction> transactions = List.of(Transaction.sign(NETWORK, KEY, height, "kv", payload));
        byte[] body = Block.encodeBody(transactions);
        Digest empty = MerkleTree.root(List.of());
        BlockHeader header = new BlockHeader(
                BlockHeader.VERSION,
                NETWORK,
                0,
                height,
                height - 1,
                height,
                Digest.ZERO,
                Digest.ZERO,
                Block.transactionsRoot(transactions),
                empty,
                empty,
                empty,
                empty,
                empty,
                Digest.ZERO,
                height,
                new NodeId(Digest.ZERO),
                Block.bodyCommitment(body),
                body.length,
                BlockHeader.SUITE_2026);
        Certificate certificate = new Certificate(
                new VoteStatement(VoteKind.FINALIZE, 0, height, header.id()),
                List.of(new Certificate.IndexedSignature(0, Signature.of(new byte[Signature.LENGTH]))));
        return new FinalizedBlock(new Block(header, transactions), certificate);
    }

    private static void assertCode(Runnable call, Code code) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void aNewStorageIsEmpty(@TempDir Path directory) {
        try (BlockStorage storage = open(directory)) {
            assertThat(storage.height()).isZero();
            assertThat(storage.read(1)).isEmpty();
        }
    }

    @Test
    void appendedBlocksAreRead(@TempDir Path directory) {
        try (BlockStorage storage = open(directory)) {
            for (long h = 1; h <= 20; h++) {
                storage.append(block(h));
                assertThat(storage.height()).isEqualTo(h);
            }
            for (long h = 1; h <= 20; h++) {
                assertThat(storage.read(h)).isEqualTo(Optional.of(block(h)));
                assertThat(storage.readEncoded(h)).hasValue(block(h).encode());
                assertThat(storage.readHeader(h)).hasValue(block(h).block().header());
            }
            assertThat(storage.read(21)).isEmpty();
            assertThat(storage.readEncoded(21)).isEmpty();
            assertThat(storage.readHeader(21)).isEmpty();
        }
    }

    @Test
    void syncedBlocksSurviveReopening(@TempDir Path directory) {
        for (long h = 1; h <= 30; h += 10) {
            try (BlockStorage storage = open(directory)) {
                assertThat(storage.height()).isEqualTo(h - 1);
                for (long k = h; k < h + 10; k++) {
                    storage.append(block(k));
                    storage.sync();
                }
            }
        }
        try (BlockStorage storage = open(directory)) {
            assertThat(storage.height()).isEqualTo(30);
            for (long h = 1; h <= 30; h++) {
                assertThat(storage.read(h)).isEqualTo(Optional.of(block(h)));
            }
        }
    }

    @Test
    void closingMakesEverythingDurable(@TempDir Path directory) {
        try (BlockStorage storage = open(directory)) {
            storage.append(block(1));
        }
        try (BlockStorage storage = open(directory)) {
            assertThat(storage.read(1)).isEqualTo(Optional.of(block(1)));
        }
    }

    @Test
    void onlyTheNextHeightIsAppended(@TempDir Path directory) {
        try (BlockStorage storage = open(directory)) {
            assertCode(() -> storage.append(block(2)), Code.CONFLICT);
            storage.append(block(1));
            assertCode(() -> storage.append(block(1)), Code.CONFLICT);
            assertCode(() -> storage.append(block(3)), Code.CONFLICT);
            storage.append(block(2));
            assertThat(storage.height()).isEqualTo(2);
        }
    }

    @Test
    void closingTwiceIsHarmlessAndEndsUse(@TempDir Path directory) {
        BlockStorage storage = open(directory);
        storage.append(block(1));
        storage.close();
        storage.close();
        assertCode(() -> storage.append(block(2)), Code.CLOSED);
        assertCode(() -> storage.read(1), Code.CLOSED);
    }

    @Test
    void oneWriterAtATime(@TempDir Path directory) {
        try (BlockStorage storage = open(directory)) {
            assertCode(() -> open(directory).close(), Code.LOCKED);
            storage.append(block(1));
        }
        open(directory).close();
    }
}
