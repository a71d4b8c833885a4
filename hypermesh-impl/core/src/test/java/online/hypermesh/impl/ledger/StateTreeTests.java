package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateTreeTests {
    private static final String M = "kv";

    private static StateTree of(Map<String, String> entries) {
        StateTree tree = StateTree.EMPTY;
        for (Map.Entry<String, String> e : entries.entrySet()) {
            tree = tree.put(M, utf8(e.getKey()), utf8(e.getValue()));
        }
        return tree;
    }

    private static Verdict verify(StateTree tree, String key, Optional<String> value, byte[] path) {
        return StateTree.verify(tree.root(), M, utf8(key), value.map(Network4::utf8), path);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void behavesAsASortedMapUnderRandomChanges(long seed) {
        Random random = new Random(seed);
        TreeMap<String, String> model = new TreeMap<>();
        StateTree tree = StateTree.EMPTY;
        for (int i = 0; i < 2000; i++) {
            String key = "k" + random.nextInt(120);
            if (random.nextInt(3) == 0) {
                model.remove(key);
                tree = tree.remove(M, utf8(key));
            } else {
                model.put(key, "v" + i);
                tree = tree.put(M, utf8(key), utf8("v" + i));
            }
            assertThat(tree.size()).isEqualTo(model.size());
            String probe = "k" + random.nextInt(120);
            assertThat(tree.get(M, utf8(probe)).map(v -> new String(v, java.nio.charset.StandardCharsets.UTF_8)))
                    .isEqualTo(Optional.ofNullable(model.get(probe)));
            if (i % 50 == 0) {
                assertThat(tree.root()).isEqualTo(of(model).root());
                for (int k = 0; k < 120; k++) {
                    String each = "k" + k;
                    Optional<String> value = Optional.ofNullable(model.get(each));
                    assertThat(verify(tree, each, value, tree.path(M, utf8(each))))
                            .isEqualTo(Verdict.ACCEPTED);
                }
            }
        }
    }

    @Test
    void sameContentsGiveTheSameRootInAnyOrderAndAfterDetours() {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            keys.add("key" + i);
        }
        Digest expected = null;
        for (int round = 0; round < 5; round++) {
            Collections.shuffle(keys, new Random(round));
            StateTree tree = StateTree.EMPTY.put(M, utf8("gone"), utf8("x"));
            for (String key : keys) {
                tree = tree.put(M, utf8(key), utf8("first")).put(M, utf8(key), utf8(key));
            }
            Digest root = tree.remove(M, utf8("gone")).root();
            expected = expected == null ? root : expected;
            assertThat(root).isEqualTo(expected);
        }
    }

    /** Rebuilds the root from the definition: split the sorted places at the first bit in which they differ. */
    @Test
    void rootMatchesTheDefinitionComputedByBruteForce() {
        for (int n = 0; n <= 40; n++) {
            StateTree tree = StateTree.EMPTY;
            TreeMap<Digest, Digest> leaves = new TreeMap<>();
            for (int i = 0; i < n; i++) {
                byte[] key = utf8("k" + i);
                byte[] value = utf8("value " + i);
                tree = tree.put(M, key, value);
                leaves.put(
                        hash("state-place", new CborWriter().array(2).text(M).bytes(key)),
                        hash(
                                "state-entry",
                                new CborWriter().array(3).text(M).bytes(key).bytes(value)));
            }
            assertThat(tree.root()).isEqualTo(reference(leaves, 0));
        }
    }

    private static Digest hash(String purpose, CborWriter body) {
        return Hashing.hash(new DomainTag("hypermesh/" + purpose + "/v1"), body.toBytes());
    }

    private static Digest reference(TreeMap<Digest, Digest> leaves, int bit) {
        if (leaves.isEmpty()) {
            return Hashing.hash(new DomainTag("hypermesh/state-empty/v1"), new byte[0]);
        }
        if (leaves.size() == 1) {
            Map.Entry<Digest, Digest> only = leaves.firstEntry();
            return hash(
                    "state-leaf",
                    new CborWriter()
                            .array(2)
                            .bytes(only.getKey().toBytes())
                            .bytes(only.getValue().toBytes()));
        }
        TreeMap<Digest, Digest> left = new TreeMap<>();
        TreeMap<Digest, Digest> right = new TreeMap<>();
        leaves.forEach((place, entry) -> (place.bit(bit) == 0 ? left : right).put(place, entry));
        if (left.isEmpty() || right.isEmpty()) {
            return reference(leaves, bit + 1);
        }
        return hash(
                "state-branch",
                new CborWriter()
                        .array(3)
                        .uint(bit)
                        .bytes(reference(left, bit + 1).toBytes())
                        .bytes(reference(right, bit + 1).toBytes()));
    }

    @Test
    void oldTreesAreUnchangedByLaterChanges() {
        StateTree before = of(Map.of("a", "1", "b", "2"));
        Digest root = before.root();
        StateTree after = before.put(M, utf8("a"), utf8("9")).remove(M, utf8("b"));
        assertThat(before.root()).isEqualTo(root);
        assertThat(before.get(M, utf8("a")))
                .hasValueSatisfying(v -> assertThat(v).isEqualTo(utf8("1")));
        assertThat(after.get(M, utf8("b"))).isEmpty();
    }

    @Test
    void valuesHandedInAndOutAreCopies() {
        byte[] value = utf8("value");
        StateTree tree = StateTree.EMPTY.put(M, utf8("k"), value);
        value[0] = 'X';
        tree.get(M, utf8("k")).orElseThrow()[1] = 'X';
        assertThat(tree.get(M, utf8("k")).orElseThrow()).isEqualTo(utf8("value"));
    }

    @Test
    void modulesDoNotShareKeys() {
        StateTree tree = StateTree.EMPTY.put("a", utf8("bc"), utf8("1"));
        assertThat(tree.get("ab", utf8("c"))).isEmpty();
        assertThat(StateTree.verify(tree.root(), "ab", utf8("bc"), Optional.of(utf8("1")), tree.path("a", utf8("bc")))
                        .accepted())
                .isFalse();
    }

    @Test
    void emptyTreeProvesAbsenceOfEverything() {
        byte[] path = StateTree.EMPTY.path(M, utf8("x"));
        assertThat(verify(StateTree.EMPTY, "x", Optional.empty(), path)).isEqualTo(Verdict.ACCEPTED);
        assertThat(verify(StateTree.EMPTY, "x", Optional.of("1"), path).accepted())
                .isFalse();
        assertThat(verify(of(Map.of("x", "1")), "x", Optional.empty(), path).accepted())
                .isFalse();
    }

    @Test
    void everyFlippedBitOfAProofIsRefused() {
        TreeMap<String, String> entries = new TreeMap<>();
        for (int i = 0; i < 64; i++) {
            entries.put("k" + i, "v" + i);
        }
        StateTree tree = of(entries);
        for (String key : List.of("k7", "absent")) {
            Optional<String> value = Optional.ofNullable(entries.get(key));
            byte[] path = tree.path(M, utf8(key));
            assertThat(verify(tree, key, value, path)).isEqualTo(Verdict.ACCEPTED);
            for (int bit = 0; bit < path.length * 8; bit++) {
                byte[] forged = path.clone();
                forged[bit / 8] ^= (byte) (1 << (bit % 8));
                assertThat(verify(tree, key, value, forged).accepted())
                        .as("%s with bit %d flipped", key, bit)
                        .isFalse();
            }
            for (int length = 0; length < path.length; length++) {
                assertThat(verify(tree, key, value, java.util.Arrays.copyOf(path, length))
                                .accepted())
                        .isFalse();
            }
            assertThat(verify(tree, key, value, java.util.Arrays.copyOf(path, path.length + 1)))
                    .isInstanceOfSatisfying(
                            Verdict.Rejected.class, r -> assertThat(r.code()).isEqualTo(Code.MALFORMED));
        }
    }

    @Test
    void proofsDoNotCarryOverToOtherKeysValuesOrRoots() {
        StateTree tree = of(Map.of("a", "1", "b", "2", "c", "3", "d", "4"));
        byte[] ofA = tree.path(M, utf8("a"));
        assertThat(verify(tree, "a", Optional.of("2"), ofA).accepted()).isFalse();
        assertThat(verify(tree, "b", Optional.of("1"), ofA).accepted()).isFalse();
        assertThat(verify(tree, "b", Optional.of("2"), ofA).accepted()).isFalse();
        assertThat(verify(tree, "a", Optional.empty(), ofA).accepted()).isFalse();
        assertThat(verify(tree.put(M, utf8("d"), utf8("5")), "a", Optional.of("1"), ofA)
                        .accepted())
                .isFalse();
    }

    @Test
    void aPresentKeyCannotBeShownAbsent() {
        StateTree tree = StateTree.EMPTY;
        for (int i = 0; i < 50; i++) {
            tree = tree.put(M, utf8("k" + i), utf8("v"));
        }
        byte[] target = utf8("k5");
        for (int i = 0; i < 200; i++) {
            // Dress every other path up as absence of the target, its own leaf included.
            byte[] other = utf8("k" + i);
            byte[] path = tree.path(M, other);
            assertThat(StateTree.verify(tree.root(), M, target, Optional.empty(), path)
                            .accepted())
                    .isFalse();
            if (i < 50) {
                CborReader r = new CborReader(path).expectArray(2);
                r.expect(1, "kind");
                byte[] steps = java.util.Arrays.copyOfRange(path, r.position(), path.length);
                byte[] forged = new CborWriter()
                        .array(4)
                        .uint(2)
                        .bytes(StateNode.place(M, other).toBytes())
                        .bytes(StateNode.entryHash(M, other, utf8("v")).toBytes())
                        .toBytes();
                byte[] whole = java.util.Arrays.copyOf(forged, forged.length + steps.length);
                System.arraycopy(steps, 0, whole, forged.length, steps.length);
                assertThat(StateTree.verify(tree.root(), M, target, Optional.empty(), whole)
                                .accepted())
                        .as("leaf of k%d shown for absence of k5", i)
                        .isFalse();
            }
        }
    }

    @Test
    void limitsAreNamed() {
        assertThatThrownBy(() -> StateTree.EMPTY.put(M, new byte[257], new byte[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("256");
        assertThatThrownBy(() -> StateTree.EMPTY.put(M, new byte[0], new byte[1]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> StateTree.EMPTY.put(M, new byte[1], new byte[65_537]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65536");
        assertThat(StateTree.verify(StateTree.EMPTY.root(), M, utf8("k"), Optional.empty(), new byte[16_385]))
                .isInstanceOfSatisfying(
                        Verdict.Rejected.class, r -> assertThat(r.code()).isEqualTo(Code.LIMIT_EXCEEDED));
    }
}
