package online.hypermesh.impl.content.repository;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.api.content.SnapshotId;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.Codec;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.crypto.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged bytes get a typed refusal from every decoder. More rounds: {@code -Dhypermesh.fuzz.rounds=1000000}. */
class DecoderFuzzTests {
    private static final int ROUNDS = Integer.getInteger("hypermesh.fuzz.rounds", 600);
    private static final RepositoryKeys KEYS =
            new RepositoryKeys(new byte[RepositoryKeys.SEED_BYTES], DedupDomain.PRIVATE, Generation.NEWEST);
    private static final StreamRef REF = new StreamRef(1, 70_000, TestStore.random(3, 60));

    private static byte[] mutated(byte[] valid, SplittableRandom random) {
        byte[] bytes = valid.clone();
        switch (random.nextInt(4)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(9));
            case 2 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            default -> {
                for (int i = 1 + random.nextInt(4); i > 0; i--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
        }
        return bytes;
    }

    /** The decoder takes the valid bytes, and of the damaged ones either takes them or refuses with a code. */
    private static void fuzz(byte[] valid, int rounds, Consumer<byte[]> decoder) {
        decoder.accept(valid);
        SplittableRandom random = new SplittableRandom(11);
        int refused = 0;
        for (int i = 0; i < rounds; i++) {
            try {
                decoder.accept(mutated(valid, random));
            } catch (HypermeshException e) {
                assertThat(e.code()).isIn(Code.CORRUPTED, Code.MALFORMED, Code.DENIED, Code.LIMIT_EXCEEDED);
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void entriesOfDirectories() {
        byte[] name = "größe".getBytes(UTF_8);
        Node.Stamp stamp = new Node.Stamp(Instant.parse("2020-01-01T00:00:00.5Z"), 77);
        for (Node node : List.of(
                Node.file(name, 0644, Instant.EPOCH, stamp, REF),
                Node.directory(name, 0755, Instant.parse("1950-01-01T00:00:00Z"), REF),
                Node.symlink(name, Instant.EPOCH, "../x".getBytes(UTF_8)))) {
            assertThat(Node.decode(node.encode()).encode()).isEqualTo(node.encode());
            fuzz(
                    node.encode(),
                    ROUNDS,
                    bytes -> assertThat(Node.decode(bytes).encode())
                            .as("canonical")
                            .isEqualTo(bytes));
        }
    }

    @Test
    void directories() {
        byte[] entry =
                Node.directory(new byte[] {'d'}, 0755, Instant.EPOCH, REF).encode();
        byte[] framed = new byte[entry.length + 2];
        framed[1] = (byte) entry.length;
        System.arraycopy(entry, 0, framed, 2, entry.length);
        fuzz(framed, ROUNDS, bytes -> {
            DirectoryReader reader = new DirectoryReader(new ByteArrayInputStream(bytes));
            while (reader.next() != null) {
                assertThat(bytes).isNotEmpty();
            }
        });
    }

    @Test
    void snapshots() {
        SnapshotId id = new SnapshotId("00112233445566778899aabbccddeeff");
        Snapshot snapshot = new Snapshot(id, Instant.EPOCH, "label", List.of("/a", "/b"), 1, 2, 3, 4);
        SnapshotRecord record = new SnapshotRecord(snapshot, REF);
        assertThat(SnapshotRecord.decode(id, record.encode())).isEqualTo(record);
        fuzz(
                record.encode(),
                ROUNDS,
                bytes -> assertThat(SnapshotRecord.decode(id, bytes).encode()).isEqualTo(bytes));
    }

    @Test
    void configurations() {
        byte[] seed = new byte[RepositoryKeys.SEED_BYTES];
        RepositoryConfig config = RepositoryConfig.create(
                seed,
                KEYS,
                TestStore.KEY,
                new RepositoryConfig.Settings(Generation.NEWEST, Profile.FAST, 5, 2),
                new SecureRandom());
        fuzz(config.encode(), ROUNDS, bytes -> {
            RepositoryConfig read = RepositoryConfig.decode(bytes);
            assertThat(read.open(TestStore.KEY)).isEqualTo(seed);
            assertThat(read.settings(KEYS).quotaBytes()).isEqualTo(5);
        });
    }

    @Test
    void plaintextOfPacks() {
        PackBuffer buffer = new PackBuffer(4096);
        buffer.add(new byte[300], 0, 300);
        buffer.add(new byte[7], 0, 7);
        byte[] valid = Arrays.copyOf(buffer.plain(), buffer.finish());
        byte[] salt = new byte[StreamSeal.SALT_BYTES];
        fuzz(valid, ROUNDS / 3, bytes -> {
            byte[] sealed = PackFormat.seal(KEYS, salt, Codec.NONE, bytes, bytes.length);
            byte[] plain = ChunkReader.open(KEYS, Digest.sha256(sealed), sealed);
            int sum = 0;
            for (int i = 0; i < PackFormat.count(plain); i++) {
                sum += PackFormat.length(plain, PackFormat.count(plain), i);
            }
            assertThat(sum + PackFormat.count(plain) * 3 + 4).isEqualTo(plain.length);
        });
    }

    @Test
    void runsOfTheIndex(@TempDir Path dir) throws IOException {
        RepositoryFiles files = new RepositoryFiles(dir);
        files.create();
        PackSlot pack = new PackSlot(Digest.sha256(new byte[] {1}), 1000);
        String name;
        try (RunWriter writer = new RunWriter(files, KEYS, new SecureRandom(), 400)) {
            for (int i = 0; i < 400; i++) {
                writer.add((long) i << 40, i, pack, i, 1);
            }
            name = writer.finish(List.of("00112233445566778899aabbccddeeff"));
        }
        byte[] valid = Files.readAllBytes(files.run(name));
        fuzz(valid, ROUNDS / 3, bytes -> {
            try {
                Files.write(files.run(name), bytes);
                try (IndexRun run = IndexRun.open(files.run(name), name, KEYS)) {
                    for (int page = 0; page < run.pages(); page++) {
                        run.page(page);
                    }
                    assertThat(run.entries()).isEqualTo(400);
                }
            } catch (IOException e) {
                throw new AssertionError("a damaged run is no failure of the disk", e);
            }
        });
    }
}
