package online.hypermesh.stoq.base.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class MerkleTreeTests {
    // the reference leaves and roots of Certificate Transparency implementations
    private static final List<Digest> LEAVES = List.of(
                    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
            .stream()
            .map(leaf -> MerkleTree.leafHash(HexFormat.of().parseHex(leaf)))
            .toList();
    private static final List<String> ROOTS = List.of(
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

    @Test
    void theReferenceRootsHold() {
        for (int size = 0; size <= LEAVES.size(); size++) {
            assertThat(MerkleTree.root(LEAVES.subList(0, size)).toHex()).isEqualTo(ROOTS.get(size));
        }
    }

    private static List<Digest> leaves(int size) {
        List<Digest> leaves = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            leaves.add(MerkleTree.leafHash(ByteBuffer.allocate(4).putInt(i).array()));
        }
        return leaves;
    }

    @Test
    void everyLeafOfEverySizeHasAPathThatHoldsThereAndNowhereElse() {
        for (int size = 1; size <= 33; size++) {
            List<Digest> leaves = leaves(size);
            Digest root = MerkleTree.root(leaves);
            for (int index = 0; index < size; index++) {
                List<Digest> path = MerkleTree.path(leaves, index);
                assertThat(MerkleTree.verify(leaves.get(index), index, size, path, root))
                        .isTrue();
                for (int other = 0; other < size; other++) {
                    if (other != index) {
                        assertThat(MerkleTree.verify(leaves.get(index), other, size, path, root))
                                .isFalse();
                        assertThat(MerkleTree.verify(leaves.get(other), index, size, path, root))
                                .isFalse();
                    }
                }
                assertThat(MerkleTree.verify(leaves.get(index), index, size, path, Digest.ZERO))
                        .isFalse();
            }
        }
    }

    @Test
    void damagedPathsDoNotHold() {
        List<Digest> leaves = leaves(21);
        Digest root = MerkleTree.root(leaves);
        for (int index = 0; index < 21; index++) {
            List<Digest> path = MerkleTree.path(leaves, index);
            for (int step = 0; step < path.size(); step++) {
                List<Digest> changed = new ArrayList<>(path);
                changed.set(step, Digest.ZERO);
                assertThat(MerkleTree.verify(leaves.get(index), index, 21, changed, root))
                        .isFalse();
            }
            List<Digest> longer = new ArrayList<>(path);
            longer.add(Digest.ZERO);
            assertThat(MerkleTree.verify(leaves.get(index), index, 21, longer, root))
                    .isFalse();
            assertThat(MerkleTree.verify(leaves.get(index), index, 21, path.subList(0, path.size() - 1), root))
                    .isFalse();
        }
        assertThat(MerkleTree.verify(leaves.get(0), -1, 21, MerkleTree.path(leaves, 0), root))
                .isFalse();
        assertThat(MerkleTree.verify(leaves.get(0), 21, 21, MerkleTree.path(leaves, 0), root))
                .isFalse();
        assertThatThrownBy(() -> MerkleTree.path(leaves, 21)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aLeafIsNeverANode() {
        List<Digest> leaves = leaves(2);
        byte[] both = new byte[64];
        System.arraycopy(leaves.get(0).toBytes(), 0, both, 0, 32);
        System.arraycopy(leaves.get(1).toBytes(), 0, both, 32, 32);
        assertThat(MerkleTree.leafHash(both)).isNotEqualTo(MerkleTree.root(leaves));
    }
}
