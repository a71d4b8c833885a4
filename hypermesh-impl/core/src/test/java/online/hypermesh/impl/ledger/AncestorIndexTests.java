package online.hypermesh.impl.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import org.junit.jupiter.api.Test;

/** Paths from old blocks to the ancestors root of later ones. */
class AncestorIndexTests {
    private final List<Digest> ids = new ArrayList<>();
    private final List<Digest> leaves = new ArrayList<>();
    private int reads;
    private final AncestorIndex index = new AncestorIndex(height -> {
        reads++;
        return ids.get((int) height);
    });

    private void grow(int size) {
        while (ids.size() < size) {
            Digest id =
                    Digest.sha256(new byte[] {(byte) ids.size(), (byte) (ids.size() >> 8), (byte) (ids.size() >> 16)});
            ids.add(id);
            leaves.add(AncestorFrontier.leaf(id));
            index.add(id);
        }
    }

    @Test
    void everyPathIsThatOfTheWholeTreeAtEveryEarlierSize() {
        grow(150);
        for (int size = 1; size <= 150; size++) {
            List<Digest> then = leaves.subList(0, size);
            for (int i = 0; i < size; i++) {
                assertThat(index.path(i, size)).as(i + " of " + size).isEqualTo(MerkleTree.path(then, i));
            }
        }
    }

    @Test
    void aPathReadsAFewBlocksHoweverLongTheChainIs() {
        grow(40_000);
        Digest root = MerkleTree.root(leaves.subList(0, 39_999));
        for (int height : new int[] {0, 1, 15, 16, 20_000, 32_767, 32_768, 39_997, 39_998}) {
            reads = 0;
            List<Digest> path = index.path(height, 39_999);
            assertThat(reads).as("reads for " + height).isLessThanOrEqualTo(2 * AncestorIndex.CHUNK);
            assertThat(path).hasSizeLessThanOrEqualTo(16);
            assertThat(MerkleTree.verify(leaves.get(height), height, 39_999, path, root))
                    .isTrue();
            assertThat(MerkleTree.verify(leaves.get(height), height + 1, 39_999, path, root))
                    .isFalse();
        }
    }

    @Test
    void whatIsNoAncestorHasNoPath() {
        grow(20);
        assertThatThrownBy(() -> index.path(5, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> index.path(-1, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> index.path(5, 21)).isInstanceOf(IllegalArgumentException.class);
    }
}
