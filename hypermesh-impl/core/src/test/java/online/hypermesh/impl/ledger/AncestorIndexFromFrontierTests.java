package online.hypermesh.impl.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

class AncestorIndexFromFrontierTests {
    private static final int BLOCKS = 700;

    @Test
    void pathsOfLaterBlocksAreThoseOfAnIndexOfAllBlocks() {
        List<Digest> ids = new ArrayList<>();
        for (int i = 0; i < BLOCKS; i++) {
            ids.add(Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8)}));
        }
        AncestorIndex all = new AncestorIndex(h -> ids.get((int) h));
        ids.forEach(all::add);
        AncestorFrontier frontier = AncestorFrontier.EMPTY;
        for (int base = 0; base < 400; base++) {
            if (base % AncestorIndex.CHUNK == 0) {
                AncestorIndex later = new AncestorIndex(h -> ids.get((int) h), frontier);
                for (int h = base; h < BLOCKS; h++) {
                    later.add(ids.get(h));
                }
                for (int anchor = base + 1; anchor <= BLOCKS; anchor += 23) {
                    for (int h = base; h < anchor; h += 7) {
                        assertThat(later.path(h, anchor))
                                .as("base %d, height %d, anchor %d", base, h, anchor)
                                .isEqualTo(all.path(h, anchor));
                    }
                }
                int below = base - 1;
                assertThatThrownBy(() -> later.path(below, BLOCKS)).isInstanceOf(IllegalArgumentException.class);
            } else {
                AncestorFrontier odd = frontier;
                assertThatThrownBy(() -> new AncestorIndex(h -> ids.get((int) h), odd))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            frontier = frontier.with(ids.get(base));
        }
    }

    @Test
    void aFrontierMakesTheSamePathsFromTheIdsAfterIt() {
        List<Digest> ids = new ArrayList<>();
        for (int i = 0; i < BLOCKS; i++) {
            ids.add(Digest.sha256(new byte[] {(byte) i, (byte) (i >> 8)}));
        }
        AncestorIndex all = new AncestorIndex(h -> ids.get((int) h));
        ids.forEach(all::add);
        AncestorFrontier frontier = AncestorFrontier.EMPTY;
        for (int h = 0; h < BLOCKS; h++) {
            for (int anchor = h + 1; anchor <= BLOCKS; anchor += 1 + anchor % 37) {
                assertThat(frontier.path(ids.subList(h, anchor)))
                        .as("height %d, anchor %d", h, anchor)
                        .isEqualTo(all.path(h, anchor));
            }
            frontier = frontier.with(ids.get(h));
        }
    }
}
