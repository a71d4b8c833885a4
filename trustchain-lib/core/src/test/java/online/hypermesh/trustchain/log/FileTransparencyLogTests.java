package online.hypermesh.trustchain.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.log.ConsistencyProof;
import online.hypermesh.trustchain.api.log.InclusionProof;
import online.hypermesh.trustchain.api.log.TransparencyLog;
import online.hypermesh.trustchain.api.log.TreeHead;
import online.hypermesh.trustchain.testing.TestNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTransparencyLogTests {
    private static final int HEADER = 76;

    private final TestNetwork network = new TestNetwork();

    @TempDir
    private Path dir;

    private FileTransparencyLog open() {
        return open(network);
    }

    private FileTransparencyLog open(TestNetwork net) {
        return FileTransparencyLog.open(
                dir.resolve("leaves.log"), net.id(), net.node(0), net.issuerKeys.get(0), () -> TestNetwork.NOW);
    }

    private static byte[] entry(int i) {
        return ("entry " + i).getBytes(StandardCharsets.UTF_8);
    }

    private static List<Digest> hashes(int n) {
        List<Digest> hashes = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            hashes.add(MerkleTree.leafHash(entry(i)));
        }
        return hashes;
    }

    @Test
    void everyRootAndProofAgreesWithTheReferenceTree() {
        int n = 35;
        try (TransparencyLog log = open()) {
            for (int i = 0; i < n; i++) {
                assertThat(log.append(entry(i))).isEqualTo(i);
                assertThat(log.head().root()).isEqualTo(MerkleTree.root(hashes(i + 1)));
            }
            for (int size = 1; size <= n; size++) {
                Digest root = MerkleTree.root(hashes(size));
                for (int i = 0; i < size; i++) {
                    InclusionProof proof = log.inclusion(i, size);
                    assertThat(proof.path()).isEqualTo(MerkleTree.path(hashes(size), i));
                    assertThat(proof.holds(MerkleTree.leafHash(entry(i)), root)).isTrue();
                    assertThat(proof.holds(MerkleTree.leafHash(entry(i + 1)), root))
                            .isFalse();
                }
            }
        }
    }

    @Test
    void consistencyProofsHoldForEveryPairAndForNoOtherRoot() {
        int n = 20;
        try (TransparencyLog log = open()) {
            for (int i = 0; i < n; i++) {
                log.append(entry(i));
            }
            for (int from = 1; from <= n; from++) {
                for (int to = from; to <= n; to++) {
                    ConsistencyProof proof = log.consistency(from, to);
                    Digest oldRoot = MerkleTree.root(hashes(from));
                    Digest newRoot = MerkleTree.root(hashes(to));
                    assertThat(proof.holds(oldRoot, newRoot))
                            .as(from + ".." + to)
                            .isTrue();
                    assertThat(proof.holds(newRoot, MerkleTree.leafHash(entry(77))))
                            .isFalse();
                    assertThat(proof.holds(MerkleTree.leafHash(entry(77)), newRoot))
                            .isFalse();
                    CborWriter w = new CborWriter();
                    proof.writeTo(w);
                    assertThat(ConsistencyProof.readFrom(new CborReader(w.toBytes())))
                            .isEqualTo(proof);
                    if (!proof.path().isEmpty()) {
                        List<Digest> cut = proof.path().subList(1, proof.path().size());
                        assertThat(new ConsistencyProof(from, to, cut).holds(oldRoot, newRoot))
                                .isFalse();
                    }
                }
            }
        }
    }

    @Test
    void treeHeadIsSignedForItsNetworkOnly() {
        try (TransparencyLog log = open()) {
            log.append(entry(0));
            TreeHead head = log.head();
            assertThat(head.size()).isEqualTo(1);
            assertThat(head.log()).isEqualTo(network.node(0));
            assertThat(head.signatureHolds(
                            network.id(), network.issuerKeys.get(0).verifyKey()))
                    .isTrue();
            assertThat(head.signatureHolds(
                            network.id(), network.issuerKeys.get(1).verifyKey()))
                    .isFalse();
            assertThat(head.signatureHolds(
                            new TestNetwork("other", 0).id(),
                            network.issuerKeys.get(0).verifyKey()))
                    .isFalse();
            TreeHead larger = new TreeHead(head.log(), 2, head.root(), head.timeMillis(), head.signature());
            assertThat(larger.signatureHolds(
                            network.id(), network.issuerKeys.get(0).verifyKey()))
                    .isFalse();
            CborWriter w = new CborWriter();
            head.writeTo(w);
            assertThat(TreeHead.readFrom(new CborReader(w.toBytes()))).isEqualTo(head);
        }
    }

    @Test
    void entriesSurviveReopening() {
        try (TransparencyLog log = open()) {
            for (int i = 0; i < 200; i++) {
                log.append(entry(i));
            }
        }
        try (TransparencyLog log = open()) {
            assertThat(log.size()).isEqualTo(200);
            assertThat(log.entry(199)).isEqualTo(entry(199));
            assertThat(log.entry(0)).isEqualTo(entry(0));
            assertThat(log.head().root()).isEqualTo(MerkleTree.root(hashes(200)));
        }
    }

    @Test
    void aTornTailOfAnyLengthIsCutOffAndNothingElseIsLost() throws IOException {
        Path file = dir.resolve("leaves.log");
        long beforeLast;
        try (TransparencyLog log = open()) {
            log.append(entry(0));
            log.append(entry(1));
            beforeLast = Files.size(file);
            log.append(entry(2));
        }
        byte[] whole = Files.readAllBytes(file);
        for (int length = (int) beforeLast; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            try (TransparencyLog log = open()) {
                assertThat(log.size()).isEqualTo(2);
                assertThat(log.append(entry(2))).isEqualTo(2);
            }
            assertThat(Files.readAllBytes(file)).isEqualTo(whole);
        }
        byte[] zeroed = whole.clone();
        Arrays.fill(zeroed, (int) beforeLast, whole.length, (byte) 0);
        Files.write(file, zeroed);
        try (TransparencyLog log = open()) {
            assertThat(log.size()).isEqualTo(2);
        }
    }

    @Test
    void damageBeforeTheLastEntryRefusesToOpenWhicheverByteIsHit() throws IOException {
        Path file = dir.resolve("leaves.log");
        long beforeLast;
        try (TransparencyLog log = open()) {
            log.append(entry(0));
            log.append(entry(1));
            beforeLast = Files.size(file);
            log.append(entry(2));
        }
        byte[] whole = Files.readAllBytes(file);
        for (int i = HEADER; i < beforeLast; i++) {
            byte[] hurt = whole.clone();
            hurt[i] ^= 0x41;
            Files.write(file, hurt);
            assertThatThrownBy(this::open)
                    .as("byte " + i)
                    .isInstanceOfSatisfying(
                            TrustchainException.class,
                            e -> assertThat(e.code()).isEqualTo(TrustchainException.Code.CORRUPTED));
            assertThat(Files.readAllBytes(file)).isEqualTo(hurt);
        }
    }

    @Test
    void moreDamageThanOneEntryIsNoTornTailEvenWhenNothingWholeFollows() throws IOException {
        Path file = dir.resolve("leaves.log");
        try (TransparencyLog log = open()) {
            log.append(new byte[TransparencyLog.MAX_ENTRY_BYTES]);
            log.append(new byte[TransparencyLog.MAX_ENTRY_BYTES]);
        }
        byte[] hurt = Files.readAllBytes(file);
        hurt[HEADER + 100] ^= 1;
        hurt[hurt.length - 1] ^= 1;
        Files.write(file, hurt);
        assertThatThrownBy(this::open).hasMessageContaining("damaged at byte " + HEADER);
        assertThat(Files.readAllBytes(file)).isEqualTo(hurt);
    }

    @Test
    void aDamagedHeaderRefusesToOpen() throws IOException {
        Path file = dir.resolve("leaves.log");
        open().close();
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < HEADER; i++) {
            byte[] hurt = whole.clone();
            hurt[i] ^= 1;
            Files.write(file, hurt);
            assertThatThrownBy(this::open).as("byte " + i).hasMessageContaining("damaged at byte 0");
        }
    }

    @Test
    void aHeaderCutByACrashIsWrittenAgain() throws IOException {
        Path file = dir.resolve("leaves.log");
        open().close();
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, 30));
        open().close();
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }

    @Test
    void theLogOfAnotherNetworkIsRefused() {
        open().close();
        assertThatThrownBy(() -> open(new TestNetwork("other", 0)))
                .isInstanceOfSatisfying(
                        TrustchainException.class,
                        e -> assertThat(e.code()).isEqualTo(TrustchainException.Code.WRONG_NETWORK));
    }

    @Test
    void aLogThatIsOpenElsewhereIsRefused() {
        try (TransparencyLog log = open()) {
            assertThatThrownBy(this::open)
                    .isInstanceOfSatisfying(
                            TrustchainException.class,
                            e -> assertThat(e.code()).isEqualTo(TrustchainException.Code.LOCKED));
            assertThat(log.append(entry(0))).isZero();
        }
    }

    @Test
    void aClosedLogTakesNoEntries() {
        TransparencyLog log = open();
        log.close();
        log.close();
        assertThatThrownBy(() -> log.append(entry(0)))
                .isInstanceOfSatisfying(
                        TrustchainException.class,
                        e -> assertThat(e.code()).isEqualTo(TrustchainException.Code.CLOSED));
        assertThatThrownBy(() -> log.entry(0)).isInstanceOf(TrustchainException.class);
    }

    @Test
    void entriesOutOfRangeAreMisuse() {
        try (TransparencyLog log = open()) {
            assertThatThrownBy(() -> log.append(new byte[0])).hasMessageContaining("1..16384");
            assertThatThrownBy(() -> log.append(new byte[16_385])).hasMessageContaining("16385");
            assertThatThrownBy(() -> log.entry(0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.inclusion(0, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.consistency(0, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThat(log.append(new byte[16_384])).isZero();
        }
    }
}
