package online.hypermesh.impl.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;

class StateSkeletonTests {
    private static final StateTree LARGE = tree(3000, 1);

    private static StateTree tree(int entries, long seed) {
        Random random = new Random(seed);
        StateTree tree = StateTree.EMPTY;
        for (int i = 0; i < entries; i++) {
            byte[] value = new byte[random.nextInt(1500)];
            random.nextBytes(value);
            tree = tree.put(
                    i % 3 == 0 ? "names" : "assets",
                    ByteBuffer.allocate(4).putInt(i).array(),
                    value);
        }
        return tree;
    }

    private static byte[] encoded(StateSkeleton skeleton) {
        CborWriter w = new CborWriter();
        skeleton.writeTo(w);
        return w.toBytes();
    }

    @Test
    void aStateComesApartAndTogetherAgain() {
        for (StateTree tree : List.of(StateTree.EMPTY, tree(1, 2), tree(2, 3), tree(100, 4), LARGE)) {
            StateTree.Division division = tree.divide();
            CborReader r = new CborReader(encoded(division.skeleton()));
            StateSkeleton read = StateSkeleton.readFrom(r);
            r.end();
            List<StateTree> parts = new ArrayList<>();
            for (StateTree part : division.parts()) {
                assertThat(part.encode().length).isLessThan(StateTree.MAX_PART_BYTES);
                parts.add(StateTree.decode(part.encode()));
            }
            StateTree joined = read.join(parts);
            assertThat(read.root()).isEqualTo(tree.root());
            assertThat(joined.root()).isEqualTo(tree.root());
            assertThat(joined.size()).isEqualTo(tree.size());
            assertThat(joined.put("names", new byte[] {1}, new byte[3]).root())
                    .isEqualTo(tree.put("names", new byte[] {1}, new byte[3]).root());
            assertThat(joined.divide().skeleton().parts())
                    .isEqualTo(division.skeleton().parts());
        }
        assertThat(LARGE.divide().parts()).hasSizeGreaterThan(3);
    }

    @Test
    void whoeverWroteAStateInAnotherOrderTakesItApartInTheSameWay() {
        StateTree other = StateTree.EMPTY.put("x", new byte[] {1}, new byte[9]);
        List<byte[][]> entries = new ArrayList<>();
        LARGE.forEach((module, key, value) -> entries.add(new byte[][] {module.getBytes(), key, value}));
        java.util.Collections.reverse(entries);
        for (byte[][] e : entries) {
            other = other.put(new String(e[0]), e[1], e[2]);
        }
        other = other.remove("x", new byte[] {1});
        assertThat(encoded(other.divide().skeleton()))
                .isEqualTo(encoded(LARGE.divide().skeleton()));
    }

    @Test
    void aPartThatIsAnotherIsNotTaken() {
        StateTree.Division division = LARGE.divide();
        List<StateTree> parts = new ArrayList<>(division.parts());
        parts.set(1, parts.get(1).put("names", new byte[] {9, 9}, new byte[1]));
        assertThatThrownBy(() -> division.skeleton().join(parts))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("part 1");
        assertThatThrownBy(() -> division.skeleton().join(parts.subList(0, 2)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void entriesOutOfOrderAndTwiceAreRefused() {
        byte[] one = new CborWriter()
                .array(3)
                .text("m")
                .bytes(new byte[] {1})
                .bytes(new byte[0])
                .toBytes();
        byte[] two = new CborWriter()
                .array(3)
                .text("m")
                .bytes(new byte[] {2})
                .bytes(new byte[0])
                .toBytes();
        boolean ordered = StateNode.place("m", new byte[] {1}).compareTo(StateNode.place("m", new byte[] {2})) < 0;
        assertThat(StateTree.decode(list(ordered ? one : two, ordered ? two : one))
                        .size())
                .isEqualTo(2);
        assertThatThrownBy(() -> StateTree.decode(list(ordered ? two : one, ordered ? one : two)))
                .isInstanceOf(CborException.class);
        assertThatThrownBy(() -> StateTree.decode(list(one, one))).isInstanceOf(CborException.class);
        assertThatThrownBy(() -> StateTree.decode(new byte[StateTree.MAX_PART_BYTES + 1]))
                .isInstanceOf(CborException.class);
    }

    private static byte[] list(byte[] a, byte[] b) {
        return new CborWriter().array(2).encoded(a).encoded(b).toBytes();
    }

    @Test
    void skeletonsThatAreNoTreesAreMalformed() {
        Digest hash = Digest.sha256(new byte[] {1});
        for (int[] shape : new int[][] {{}, {0, 0}, {1}, {2, 2, 0, 0, 0}, {0, 1, 0}, {1, 0}, {5, 0, 3, 0, 0}}) {
            for (int parts = 0; parts < 4; parts++) {
                boolean tree = (shape.length == 0 && parts == 0);
                CborWriter w = new CborWriter().array(2).array(shape.length);
                for (int bit : shape) {
                    w.uint(bit);
                }
                w.array(parts);
                for (int i = 0; i < parts; i++) {
                    w.bytes(hash.toBytes());
                }
                byte[] bytes = w.toBytes();
                if (!tree) {
                    assertThatThrownBy(() -> StateSkeleton.readFrom(new CborReader(bytes)))
                            .as("%s with %d", java.util.Arrays.toString(shape), parts)
                            .isInstanceOf(CborException.class);
                }
            }
        }
    }

    @Test
    void randomBytesAreMalformedOrATree() {
        Random random = new Random(5);
        byte[] whole = encoded(LARGE.divide().skeleton());
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = whole.clone();
            bytes[random.nextInt(24)] ^= (byte) (1 << random.nextInt(8));
            try {
                StateSkeleton read = StateSkeleton.readFrom(new CborReader(bytes));
                assertThat(read.root().equals(LARGE.root())).isEqualTo(java.util.Arrays.equals(bytes, whole));
            } catch (CborException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }
}
