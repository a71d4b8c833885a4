package online.hypermesh.impl.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofVerdict;
import online.hypermesh.api.proof.RejectReason;
import online.hypermesh.api.proof.ReplicaCommitment;
import online.hypermesh.api.proof.SpaceProof;
import online.hypermesh.api.storage.PackStorage;
import online.hypermesh.impl.proof.driver.FileReplica;
import online.hypermesh.impl.storage.SegmentPackStorage;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Space proofs over real files: packs in the pack storage, encoded into a replica file. */
class ReplicaTests {
    private static final NetworkId NETWORK = new NetworkId(Digest.sha256(new byte[] {1}));
    private static final NodeId NODE = NodeId.of(ProofNetwork.key(10).verifyKey());
    private static final int SECTOR = 1 << 14;

    private final FileReplica.Recipe recipe = new FileReplica.Recipe(NETWORK, NODE, Digest.ZERO, SECTOR, 3);

    @TempDir
    Path dir;

    private static ProofContext context(int beacon) {
        return new ProofContext(
                NETWORK,
                0,
                "test",
                Digest.ZERO,
                ProofNetwork.key(10).verifyKey(),
                Digest.sha256(new byte[] {(byte) beacon}),
                9,
                new byte[16]);
    }

    private static byte[] data(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static List<Digest> fill(PackStorage storage) {
        List<Digest> ids = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            ids.add(storage.put(data(i, 5000 + 700 * i)));
        }
        storage.sync();
        return ids;
    }

    private static Optional<RejectReason> check(FileReplica replica, ProofContext context, SpaceProof proof) {
        List<Long> leaves = SpaceChallenge.leaves(context, replica.commitment(), 16);
        return SpaceChallenge.check(proof, replica.commitment(), leaves).map(ProofVerdict.Rejected::reason);
    }

    @Test
    void storedPacksAreEncodedProvenAndReadBack() {
        Path file = dir.resolve("replica");
        try (PackStorage storage = SegmentPackStorage.open(dir.resolve("packs"))) {
            List<Digest> ids = fill(storage);
            try (FileReplica made = FileReplica.create(file, recipe, storage, ids)) {
                assertThat(made.commitment().bytes()).isGreaterThanOrEqualTo(storage.bytes());
            }
            try (FileReplica replica = FileReplica.open(file)) {
                for (int beacon = 0; beacon < 5; beacon++) {
                    SpaceProof proof = replica.prove(context(beacon), 0, 16).orElseThrow();
                    assertThat(proof.openings()).hasSize(16);
                    assertThat(check(replica, context(beacon), proof)).isEmpty();
                    assertThat(check(replica, context(beacon + 1), proof)).contains(RejectReason.SPACE_LEAF_WRONG);
                }
                for (Digest id : ids) {
                    assertThat(replica.pack(id).orElseThrow())
                            .isEqualTo(storage.get(id).orElseThrow());
                }
            }
            assertThatThrownBy(() -> FileReplica.create(file, recipe, storage, ids))
                    .isInstanceOf(HypermeshException.class)
                    .hasMessageContaining("exists");
        }
    }

    @Test
    void whoeverDeletedOrReplacedTheBytesFails() throws IOException {
        Path file = dir.resolve("replica");
        try (PackStorage storage = SegmentPackStorage.open(dir.resolve("packs"))) {
            try (FileReplica replica = FileReplica.create(file, recipe, storage, fill(storage))) {
                ProofContext context = context(1);
                long bytes = replica.commitment().bytes();
                try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                    byte[] kept = new byte[(int) bytes];
                    raw.seek(4096);
                    raw.readFully(kept);
                    raw.seek(4096);
                    raw.write(new byte[(int) bytes]);
                    SpaceProof replaced = replica.prove(context, 0, 16).orElseThrow();
                    assertThat(check(replica, context, replaced)).contains(RejectReason.SPACE_LEAF_WRONG);

                    // the first pack's plain bytes in place of the encoded ones are no better
                    raw.seek(4096);
                    raw.write(
                            Arrays.copyOf(storage.get(replica.packIds().get(0)).orElseThrow(), (int) bytes));
                    assertThat(check(
                                    replica,
                                    context,
                                    replica.prove(context, 0, 16).orElseThrow()))
                            .contains(RejectReason.SPACE_LEAF_WRONG);
                    assertThatThrownBy(() -> replica.pack(replica.packIds().get(1)))
                            .isInstanceOf(HypermeshException.class)
                            .hasMessageContaining("encode the replica again");

                    raw.setLength(4096 + SECTOR);
                    assertThat(replica.prove(context, 0, 16)).isEmpty();
                }
            }
            assertThatThrownBy(() -> FileReplica.open(file))
                    .isInstanceOf(HypermeshException.class)
                    .hasMessageContaining("bytes instead of");
        }
    }

    @Test
    void aDamagedHeadIsRefused() throws IOException {
        Path file = dir.resolve("replica");
        try (PackStorage storage = SegmentPackStorage.open(dir.resolve("packs"))) {
            FileReplica.create(file, recipe, storage, fill(storage)).close();
        }
        for (int at : new int[] {0, 9, 20, 100, 4095}) {
            try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
                raw.seek(at);
                int old = raw.read();
                raw.seek(at);
                raw.write(old ^ 4);
                assertThatThrownBy(() -> FileReplica.open(file)).isInstanceOf(HypermeshException.class);
                raw.seek(at);
                raw.write(old);
            }
        }
        FileReplica.open(file).close();
    }

    @Test
    void sectorsOfEverySizeDecodeToWhatTheyWere() {
        for (int size : new int[] {1 << 14, 1 << 16, 1 << 18, 1 << 20}) {
            for (int passes : new int[] {1, 2, 5}) {
                SectorCodec codec = new SectorCodec(NETWORK, NODE, Digest.ZERO, size, passes);
                byte[] plain = data(size, size);
                byte[] encoded = codec.encode(3, plain);
                assertThat(encoded).isNotEqualTo(plain);
                assertThat(codec.decode(3, encoded)).isEqualTo(plain);
                assertThat(codec.decode(4, encoded)).isNotEqualTo(plain);
            }
        }
    }

    @Test
    void encodingsOfDifferentNodesSaltsAndPlacesShareNothing() {
        byte[] plain = new byte[SECTOR];
        byte[] encoded = new SectorCodec(NETWORK, NODE, Digest.ZERO, SECTOR, 3).encode(0, plain);
        NodeId other = NodeId.of(ProofNetwork.key(11).verifyKey());
        assertDisjoint(encoded, new SectorCodec(NETWORK, other, Digest.ZERO, SECTOR, 3).encode(0, plain));
        assertDisjoint(encoded, new SectorCodec(NETWORK, NODE, Digest.sha256(plain), SECTOR, 3).encode(0, plain));
        assertDisjoint(encoded, new SectorCodec(NETWORK, NODE, Digest.ZERO, SECTOR, 3).encode(1, plain));
    }

    /** With three passes, a change of one bit reaches every leaf of its sector. */
    @Test
    void everyLeafDependsOnEveryBitOfItsSector() {
        SectorCodec codec = new SectorCodec(NETWORK, NODE, Digest.ZERO, SECTOR, 3);
        byte[] plain = data(1, SECTOR);
        byte[] encoded = codec.encode(0, plain);
        for (int at : new int[] {0, 5000, SECTOR - 1}) {
            byte[] changed = plain.clone();
            changed[at] ^= 1;
            assertDisjoint(encoded, codec.encode(0, changed));
        }
    }

    @Test
    void whoeverHoldsTheDataFindsAReplicaOfSomethingElse() {
        SectorCodec codec = recipe.codec();
        ReplicaEncoder encoder = new ReplicaEncoder(codec);
        byte[] promised = data(1, SECTOR);
        byte[] encoded = encoder.next(new byte[SECTOR]); // zeros instead
        ReplicaCommitment commitment =
                new ReplicaCommitment(encoder.tree().root(), Digest.ZERO, Digest.ZERO, 1, SECTOR, 3);
        List<Long> leaves = SpaceChallenge.leaves(context(1), commitment, 8);
        SpaceProof proof = SpaceChallenge.answer(0, encoder.tree(), i -> Optional.of(encoded), leaves, SECTOR)
                .orElseThrow();

        assertThat(SpaceChallenge.check(proof, commitment, leaves)).isEmpty();
        assertThat(SpaceChallenge.audit(proof, leaves, i -> Optional.of(promised), recipe.codec()))
                .isEqualTo(leaves);
        assertThat(SpaceChallenge.audit(proof, leaves, i -> Optional.of(new byte[SECTOR]), recipe.codec()))
                .isEmpty();
    }

    private static void assertDisjoint(byte[] one, byte[] other) {
        for (int at = 0; at < one.length; at += 1024) {
            assertThat(Arrays.equals(one, at, at + 1024, other, at, at + 1024)).isFalse();
        }
    }
}
