package online.hypermesh.impl.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.content.Vectors;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import org.junit.jupiter.api.Test;

class ErasureCoderTests {
    private static final ErasurePolicy SMALL = new ErasurePolicy(4, 3);

    @Test
    void anySufficientPartRestoresTheContent() {
        byte[] content = random(5000, 1);
        ErasureCoder.Coded coded = new ErasureCoder(SMALL).encode(content);
        for (int mask = 0; mask < 1 << SMALL.shards(); mask++) {
            int present = mask;
            List<Shard> some = coded.shards().stream()
                    .filter(s -> (present >>> s.index() & 1) == 1)
                    .toList();
            if (some.size() < SMALL.dataShards()) {
                assertThatThrownBy(() -> ErasureCoder.restore(coded.set(), some))
                        .isInstanceOf(HypermeshException.class)
                        .hasMessageContaining("4 are needed");
            } else {
                assertThat(ErasureCoder.restore(coded.set(), some).content()).isEqualTo(content);
            }
        }
    }

    @Test
    void policiesAndLengthsOfAllSortsComeBack() {
        Random random = new Random(3);
        for (ErasurePolicy policy : List.of(
                new ErasurePolicy(1, 1),
                ErasurePolicy.RS_4_2,
                ErasurePolicy.RS_10_4,
                ErasurePolicy.RS_20_20,
                new ErasurePolicy(128, 128))) {
            ErasureCoder coder = new ErasureCoder(policy);
            for (int length : List.of(1, 63, 64 * policy.dataShards(), 64 * policy.dataShards() + 1, 400_001)) {
                byte[] content = random(length, length);
                ErasureCoder.Coded coded = coder.encode(content);
                List<Shard> shards = new ArrayList<>(coded.shards());
                Collections.shuffle(shards, random);
                assertThat(ErasureCoder.restore(coded.set(), shards.subList(0, policy.dataShards()))
                                .content())
                        .isEqualTo(content);
            }
        }
    }

    @Test
    void parityIsTheFieldsProductComputedSymbolBySymbol() {
        // 16 384 bytes are one full stripe, the rest a short one
        int length = 16_384 + 192;
        List<byte[]> data =
                IntStream.range(0, 4).mapToObj(i -> random(length, i)).toList();
        List<byte[]> parity = new ReedSolomon(SMALL).parity(data);
        int[][] matrix = CodingMatrix.parity(SMALL);
        for (int[] stripe : new int[][] {{0, 16_384}, {16_384, 192}}) {
            int packetBits = stripe[1];
            for (int t = 0; t < packetBits; t++) {
                for (int i = 0; i < 3; i++) {
                    int sum = 0;
                    for (int j = 0; j < 4; j++) {
                        sum ^= product(matrix[i][j], symbol(data.get(j), stripe[0], packetBits, t));
                    }
                    assertThat(symbol(parity.get(i), stripe[0], packetBits, t)).isEqualTo(sum);
                }
            }
        }
    }

    private static int symbol(byte[] shard, int start, int packetBits, int t) {
        int symbol = 0;
        for (int b = 0; b < 8; b++) {
            int bit = b * packetBits + t;
            symbol |= (shard[start + bit / 8] >>> bit % 8 & 1) << b;
        }
        return symbol;
    }

    private static int product(int a, int b) {
        int product = 0;
        for (int bit = 7; bit >= 0; bit--) {
            product = product << 1 ^ (product >> 7) * 0x11d ^ (b >>> bit & 1) * a;
        }
        return product;
    }

    @Test
    void corruptShardsAreNamedAndNotUsed() {
        byte[] content = random(10_000, 4);
        ErasureCoder.Coded coded = new ErasureCoder(SMALL).encode(content);
        List<Shard> shards = new ArrayList<>(coded.shards());
        shards.set(1, flipped(shards.get(1)));
        shards.set(5, new Shard(5, shards.get(6).bytes(), shards.get(6).path()));
        shards.set(6, new Shard(6, new byte[64], shards.get(6).path()));
        ErasureCoder.Restored restored = ErasureCoder.restore(coded.set(), shards);
        assertThat(restored.content()).isEqualTo(content);
        assertThat(restored.corrupt()).containsExactly(1, 5, 6);
        shards.set(0, flipped(shards.get(0)));
        assertThatThrownBy(() -> ErasureCoder.restore(coded.set(), shards)).hasMessageContaining("[0, 1, 5, 6]");
    }

    @Test
    void repairMakesExactlyTheShardsThatWereLost() {
        ErasureCoder.Coded coded = new ErasureCoder(ErasurePolicy.RS_10_4).encode(random(123_456, 5));
        List<Shard> left = new ArrayList<>(coded.shards());
        left.set(12, flipped(left.get(12)));
        left.remove(7);
        left.remove(0);
        assertThat(ErasureCoder.repair(coded.set(), left))
                .containsExactly(
                        coded.shards().get(0),
                        coded.shards().get(7),
                        coded.shards().get(12));
    }

    @Test
    void shardsThatNoContentHasRestoreNothing() {
        ErasureCoder.Coded honest = new ErasureCoder(SMALL).encode(random(1000, 6));
        List<byte[]> bytes =
                new ArrayList<>(honest.shards().stream().map(Shard::bytes).toList());
        bytes.set(6, random(bytes.get(6).length, 7));
        List<Digest> leaves = bytes.stream().map(MerkleTree::leafHash).toList();
        ShardSet forged = new ShardSet(SMALL, 1000, MerkleTree.root(leaves));
        List<Shard> shards = IntStream.range(0, 7)
                .mapToObj(i -> new Shard(i, bytes.get(i), MerkleTree.path(leaves, i)))
                .toList();
        assertThat(shards).allMatch(s -> s.belongsTo(forged));
        assertThatThrownBy(() -> ErasureCoder.restore(forged, shards.subList(1, 7)))
                .hasMessageContaining("not all made of one content");
        assertThatThrownBy(() -> ErasureCoder.repair(forged, shards.subList(0, 4)))
                .hasMessageContaining("not all made of one content");
    }

    @Test
    void fillingThatIsNotZeroIsRefused() {
        List<byte[]> data = new ArrayList<>(
                IntStream.range(0, 4).mapToObj(i -> random(64, i)).toList());
        data.addAll(new ReedSolomon(SMALL).parity(data));
        List<Digest> leaves = data.stream().map(MerkleTree::leafHash).toList();
        ShardSet set = new ShardSet(SMALL, 200, MerkleTree.root(leaves));
        List<Shard> shards = IntStream.range(0, 7)
                .mapToObj(i -> new Shard(i, data.get(i), MerkleTree.path(leaves, i)))
                .toList();
        assertThatThrownBy(() -> ErasureCoder.restore(set, shards)).hasMessageContaining("one content");
    }

    @Test
    void encodingsAreThoseOfTheVectors() throws Exception {
        Vectors vectors = Vectors.of("erasure.txt");
        ErasureCoder.Coded coded = new ErasureCoder(ErasurePolicy.RS_4_2).encode(Vectors.counted(1000));
        assertThat(HexFormat.of().formatHex(coded.set().encode())).isEqualTo(vectors.text("set"));
        assertThat(coded.set().id().toHex()).isEqualTo(vectors.text("set_id"));
        for (Shard shard : coded.shards()) {
            assertThat(Digest.sha256(shard.encode()).toHex())
                    .isEqualTo(vectors.text("shard_" + shard.index() + "_sha256"));
            assertThat(Shard.decode(shard.encode(), 256)).isEqualTo(shard);
        }
        StringBuilder matrix = new StringBuilder();
        for (int[] row : CodingMatrix.parity(ErasurePolicy.RS_10_4)) {
            Arrays.stream(row).forEach(e -> matrix.append(HexFormat.of().toHexDigits((byte) e)));
        }
        assertThat(matrix).hasToString(vectors.text("matrix_10_4"));
        assertThat(ShardSet.decode(vectors.bytes("set"))).isEqualTo(coded.set());
    }

    @Test
    void damagedEncodingsAreRefusedOrStayCanonical() {
        ErasureCoder.Coded coded = new ErasureCoder(SMALL).encode(random(300, 8));
        byte[] set = coded.set().encode();
        byte[] shard = coded.shards().get(2).encode();
        Random random = new Random(9);
        for (int i = 0; i < 20_000; i++) {
            byte[] damagedSet = damaged(set, random);
            byte[] damagedShard = damaged(shard, random);
            try {
                assertThat(ShardSet.decode(damagedSet).encode()).isEqualTo(damagedSet);
            } catch (CborException refused) {
                assertThat(refused).hasMessageNotContaining("null");
            }
            try {
                Shard decoded = Shard.decode(damagedShard, 128);
                assertThat(decoded.encode()).isEqualTo(damagedShard);
                assertThat(decoded.belongsTo(coded.set())).isEqualTo(Arrays.equals(damagedShard, shard));
            } catch (CborException refused) {
                assertThat(refused).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void misuseIsNamed() {
        assertThatThrownBy(() -> new ErasurePolicy(0, 4)).hasMessageContaining("dataShards");
        assertThatThrownBy(() -> new ErasurePolicy(4, 129)).hasMessageContaining("parityShards");
        assertThatThrownBy(() -> new ErasureCoder(SMALL).encode(new byte[0])).hasMessageContaining("got 0");
        ReedSolomon code = new ReedSolomon(SMALL);
        assertThatThrownBy(() -> code.parity(List.of(new byte[64]))).hasMessageContaining("got 1");
        assertThatThrownBy(() -> code.parity(List.of(new byte[64], new byte[64], new byte[64], new byte[128])))
                .hasMessageContaining("one length");
        TreeMap<Integer, byte[]> given = new TreeMap<>();
        IntStream.range(0, 4).forEach(i -> given.put(i + 4, new byte[64]));
        assertThatThrownBy(() -> code.restore(given, List.of(0))).hasMessageContaining("got 7");
    }

    private static byte[] damaged(byte[] bytes, Random random) {
        byte[] copy = random.nextInt(10) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 4)) : bytes.clone();
        for (int n = random.nextInt(3); n >= 0 && copy.length > 0; n--) {
            copy[random.nextInt(random.nextBoolean() ? Math.min(copy.length, 12) : copy.length)] ^=
                    (byte) (1 << random.nextInt(8));
        }
        return copy;
    }

    private static Shard flipped(Shard shard) {
        byte[] bytes = shard.bytes().clone();
        bytes[17] ^= 1;
        return new Shard(shard.index(), bytes, shard.path());
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
