package online.hypermesh.impl.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.Transaction;
import org.junit.jupiter.api.Test;

class BlockShelfTests {
    private final BlockShelf shelf = new BlockShelf(100);

    private static Block large(long view, Transaction t) {
        return new Block(Samples.block(view).header(), List.of(t));
    }

    @Test
    void theOldestMakesRoomByNumberAndByBytes() {
        for (int v = 1; v <= BlockShelf.MAX_BLOCKS + 5; v++) {
            Block b = Samples.block(v);
            shelf.put(b.id(), b);
        }
        assertThat(shelf.size()).isEqualTo(BlockShelf.MAX_BLOCKS);
        assertThat(shelf.get(Samples.block(5).id())).isNull();
        assertThat(shelf.get(Samples.block(6).id())).isNotNull();
        Transaction t = new Transaction(
                Samples.NETWORK,
                Samples.KEY.verifyKey(),
                1,
                "notes",
                new byte[5 << 20],
                Samples.transaction().signature());
        for (int v = 200; v < 230; v++) {
            shelf.put(Samples.digest(v), large(v, t));
            assertThat(shelf.bytes()).isLessThanOrEqualTo(BlockShelf.MAX_BYTES);
        }
        assertThat(shelf.size()).isEqualTo(12);
        shelf.forget(1_000, id -> false);
        assertThat(shelf.bytes()).isZero();
        assertThat(shelf.size()).isZero();
    }

    @Test
    void aQuestionIsRepeatedOnlyAfterAWhileAndForgottenWhenItDoesNotMatter() {
        assertThat(shelf.want(Samples.digest(1), 0)).isTrue();
        assertThat(shelf.want(Samples.digest(1), 99)).isFalse();
        assertThat(shelf.want(Samples.digest(1), 100)).isTrue();
        assertThat(shelf.isWaiting()).isTrue();
        shelf.forget(0, id -> false);
        assertThat(shelf.isWaiting()).isFalse();
    }

    @Test
    void removingGivesTheBytesBack() {
        Block b = Samples.block(3);
        shelf.put(b.id(), b);
        shelf.put(b.id(), b);
        long bytes = shelf.bytes();
        assertThat(bytes).isPositive();
        shelf.remove(b.id());
        shelf.remove(b.id());
        assertThat(shelf.bytes()).isZero();
    }
}
