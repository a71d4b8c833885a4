package online.hypermesh.impl.content.repository;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.content.CheckDepth;
import online.hypermesh.api.content.CheckReport;
import online.hypermesh.api.content.ContentStore;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.GarbageReport;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.content.RestoreReport;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.api.content.StoredSnapshot;
import online.hypermesh.api.content.TreeEntry;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SecretBytes;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepositoryTests {
    @TempDir
    Path dir;

    private Path repo;
    private Path source;
    private Path target;

    @BeforeEach
    void paths() throws IOException {
        repo = dir.resolve("repo");
        source = Files.createDirectory(dir.resolve("source"));
        target = dir.resolve("target");
    }

    private static StoredSnapshot store(ContentStore store, Path... roots) {
        return store.store(List.of(roots), "", Progress.NONE);
    }

    private RestoreReport restore(ContentStore store, Snapshot snapshot) {
        return store.restore(snapshot.id(), EntryPath.ROOT, target, false, Progress.NONE);
    }

    private static List<String> paths(ContentStore store, Snapshot snapshot, String under) {
        List<String> paths = new ArrayList<>();
        store.list(
                snapshot.id(),
                EntryPath.parse(under),
                true,
                e -> paths.add(e.path().toString()));
        return paths;
    }

    private static void assertCode(ThrowingCallable call, Code code, String... says) {
        assertThatThrownBy(call).isInstanceOfSatisfying(HypermeshException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            List.of(says).forEach(s -> assertThat(e.getMessage()).contains(s));
        });
    }

    @Test
    void treesComeBackWithContentModesTimesAndLinks() throws IOException {
        byte[] big = TestStore.text(1, 3_000_000);
        Path file = TestStore.write(source.resolve("a/big"), big);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r-xr-----"));
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("1969-07-20T20:17:40.123456789Z")));
        TestStore.write(source.resolve("a/empty"), new byte[0]);
        TestStore.write(source.resolve("b/small"), new byte[] {1, 2, 3});
        Files.createDirectory(source.resolve("nothing"));
        Files.createSymbolicLink(source.resolve("b/link"), Path.of("../a/big"));
        Files.setLastModifiedTime(source.resolve("a"), FileTime.from(Instant.parse("2020-01-02T03:04:05Z")));
        try (Repository store = TestStore.create(repo)) {
            StoredSnapshot stored = store(store, source);
            assertThat(stored.unreadable()).isEmpty();
            assertThat(stored.snapshot().files()).isEqualTo(3);
            assertThat(stored.snapshot().bytes()).isEqualTo(big.length + 3L);
            assertThat(stored.snapshot().newBytes()).isLessThan(big.length / 2);

            RestoreReport report = restore(store, stored.snapshot());

            assertThat(report.failed()).isEmpty();
            assertThat(report.files()).isEqualTo(3);
            assertThat(report.symlinks()).isOne();
        }
        Path back = target.resolve("source");
        assertThat(back.resolve("a/big")).hasBinaryContent(big);
        assertThat(back.resolve("a/empty")).isEmptyFile();
        assertThat(back.resolve("b/small")).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(back.resolve("nothing")).isEmptyDirectory();
        assertThat(Files.readSymbolicLink(back.resolve("b/link"))).hasToString("../a/big");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(back.resolve("a/big"))))
                .isEqualTo("r-xr-----");
        assertThat(Files.getLastModifiedTime(back.resolve("a/big")).toInstant())
                .isEqualTo(Files.getLastModifiedTime(file).toInstant());
        assertThat(Files.getLastModifiedTime(back.resolve("a")).toInstant())
                .isEqualTo(Instant.parse("2020-01-02T03:04:05Z"));
    }

    @Test
    void aSecondSnapshotReadsOnlyWhatChangedAndStoresAlmostNothing() throws IOException {
        TestStore.write(source.resolve("same"), TestStore.random(1, 1_000_000));
        Path changing = TestStore.write(source.resolve("changing"), TestStore.random(2, 2_000_000));
        try (Repository store = TestStore.create(repo)) {
            store(store, source);
            byte[] shifted = new byte[2_000_001];
            System.arraycopy(TestStore.random(2, 2_000_000), 0, shifted, 1, 2_000_000);
            Files.write(changing, shifted);

            StoredSnapshot second = store(store, source);

            assertThat(second.unchangedFiles()).isOne();
            assertThat(second.snapshot().newBytes()).isLessThan(60_000);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            store.read(second.snapshot().id(), EntryPath.parse("source/changing"), out);
            assertThat(out.toByteArray()).isEqualTo(shifted);
        }
    }

    @Test
    void namesThatAreNoTextComeBackAsTheBytesTheyWere() throws IOException {
        byte[] name = {'n', (byte) 0xff, (byte) 0xc3, 'x'};
        Path odd = FileNames.child(source, name);
        Files.write(odd, new byte[] {7});
        byte[] umlaut = "größe".getBytes(UTF_8);
        Files.write(FileNames.child(source, umlaut), new byte[] {8});
        Files.createSymbolicLink(source.resolve("link"), FileNames.path(source, umlaut));
        try (Repository store = TestStore.create(repo)) {
            Snapshot snapshot = store(store, source).snapshot();
            assertThat(paths(store, snapshot, "")).contains("source/n\\xff\\xc3x", "source/größe");
            assertThat(restore(store, snapshot).failed()).isEmpty();
        }
        assertThat(FileNames.child(target.resolve("source"), name)).hasBinaryContent(new byte[] {7});
        assertThat(FileNames.child(target.resolve("source"), umlaut)).hasBinaryContent(new byte[] {8});
        assertThat(FileNames.bytes(Files.readSymbolicLink(target.resolve("source/link"))))
                .isEqualTo(umlaut);
        assertThat(EntryPath.parse("source/n\\xff\\xc3x").names().get(1)).isEqualTo(name);
    }

    @Test
    void sparseFilesCostNothingAndComeBackSparse() throws IOException {
        long length = Long.getLong("hypermesh.sparse.bytes", 24L << 20);
        Path sparse = source.resolve("sparse");
        try (FileChannel channel = FileChannel.open(sparse, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1}), length / 2);
            channel.write(ByteBuffer.wrap(new byte[] {0}), length - 1);
        }
        try (Repository store = TestStore.create(repo)) {
            Snapshot snapshot = store(store, source).snapshot();
            assertThat(snapshot.newBytes()).isLessThan(20_000 + length / 1000);
            assertThat(restore(store, snapshot).failed()).isEmpty();
        }
        Path back = target.resolve("source/sparse");
        assertThat(Files.size(back)).isEqualTo(length);
        assertThat(Files.mismatch(sparse, back)).isEqualTo(-1);
        assertThat(blocks(back)).isLessThan(2048);
    }

    /** Blocks of 512 bytes that a file occupies. */
    private static long blocks(Path file) throws IOException {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return Long.parseLong(new String(stat.getInputStream().readAllBytes(), UTF_8).trim());
    }

    /** With {@code -Dhypermesh.tiny.files=1000000} a million of them, in one directory as in the worst case. */
    @Test
    void manyTinyFilesInOneDirectoryAreStoredTogetherAndComeBack() throws IOException {
        int files = Integer.getInteger("hypermesh.tiny.files", 1_500);
        for (int i = 0; i < files; i++) {
            Files.write(
                    source.resolve("file-" + i),
                    ByteBuffer.allocate(4).putInt(i).array());
        }
        try (Repository store = TestStore.create(repo)) {
            Snapshot first = store(store, source).snapshot();
            assertThat(first.files()).isEqualTo(files);
            assertThat(TestStore.filesUnder(repo)).hasSizeLessThan(30 + files / 1000);

            StoredSnapshot second = store(store, source);

            assertThat(second.unchangedFiles()).isEqualTo(files);
            assertThat(second.snapshot().newBytes()).isLessThan(20_000);
            RestoreReport report = restore(store, first);
            assertThat(report.failed()).isEmpty();
            assertThat(report.files()).isEqualTo(files);
        }
        for (int i = 0; i < files; i++) {
            byte[] back = Files.readAllBytes(target.resolve("source/file-" + i));
            assertThat(ByteBuffer.wrap(back).getInt()).isEqualTo(i);
        }
    }

    @Test
    void restoringNeverLeavesTheTarget() throws IOException {
        Path outside = Files.createDirectory(dir.resolve("outside"));
        TestStore.write(source.resolve("d/file"), new byte[] {1});
        try (Repository store = TestStore.create(repo)) {
            Snapshot snapshot = store(store, source).snapshot();
            Files.createDirectories(target.resolve("source"));
            Files.createSymbolicLink(target.resolve("source/d"), outside);

            RestoreReport report = store.restore(snapshot.id(), EntryPath.ROOT, target, true, Progress.NONE);

            assertThat(report.failedCount()).isOne();
            assertThat(report.failed().get(0)).contains("source/d");
            assertThat(outside).isEmptyDirectory();
        }
        for (String name : List.of("..", ".", "", "a/b", "a\0b")) {
            byte[] entry = new CborWriter()
                    .array(4)
                    .uint(2)
                    .bytes(name.getBytes(UTF_8))
                    .array(2)
                    .uint(0)
                    .uint(0)
                    .bytes(new byte[] {'x'})
                    .toBytes();
            assertCode(() -> Node.decode(entry), Code.CORRUPTED, "name is not allowed");
        }
    }

    @Test
    void keysOpenAndOtherKeysDoNot() throws IOException {
        String recovery;
        RepositoryKey phrase = RepositoryKey.passphrase(SecretBytes.copyOf("correct horse".getBytes(UTF_8)));
        try (Repository store = TestStore.create(repo)) {
            store.store("f", new ByteArrayInputStream(new byte[] {5}), "");
            recovery = store.addRecoveryKey();
            store.addKey(phrase);
        }
        for (RepositoryKey key : List.of(TestStore.KEY, RepositoryKey.recovery(recovery), phrase)) {
            try (Repository store = Repository.open(repo, key, TestStore.options())) {
                assertThat(store.snapshots()).hasSize(1);
            }
        }
        RepositoryKey wrong = RepositoryKey.raw(SecretBytes.copyOf(TestStore.random(3, 32)));
        assertCode(() -> Repository.open(repo, wrong, TestStore.options()), Code.DENIED, "recovery key");
        String mistyped = (recovery.charAt(0) == '0' ? '1' : '0') + recovery.substring(1);
        assertThatThrownBy(() -> RepositoryKey.recovery(mistyped)).hasMessageContaining("does not fit");
        assertCode(() -> TestStore.create(repo), Code.CONFLICT);
        assertCode(() -> TestStore.open(dir.resolve("none")), Code.NOT_FOUND);
    }

    @Test
    void aQuotaIsKeptAndCostsNothingThatIsStored() throws IOException {
        try (Repository store = Repository.create(
                repo,
                TestStore.KEY,
                new Repository.Format(Profile.DENSE, Repository.Cutting.OPEN, 1_000_000, DedupDomain.PRIVATE),
                TestStore.options())) {
            Snapshot first = store.store("a", new ByteArrayInputStream(TestStore.random(1, 500_000)), "");
            assertCode(
                    () -> store.store("b", new ByteArrayInputStream(TestStore.random(2, 4_000_000)), ""),
                    Code.LIMIT_EXCEEDED,
                    "quota is 1000000");
            assertThat(store.snapshots()).containsExactly(first);
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
            store.collectGarbage(Duration.ZERO, Progress.NONE);
            store.store("c", new ByteArrayInputStream(TestStore.random(3, 300_000)), "");
        }
    }

    @Test
    void garbageGoesAndWhatIsSharedStays() throws IOException {
        Path shared = TestStore.write(source.resolve("shared"), TestStore.random(1, 3_000_000));
        Path mixed = TestStore.write(source.resolve("own"), TestStore.random(2, 5_000_000));
        try (Repository store = TestStore.create(repo)) {
            Snapshot first = store(store, source).snapshot();
            Files.delete(mixed);
            Snapshot second = store(store, source).snapshot();
            long before = store.statistics().packBytes();
            store.delete(first.id());

            GarbageReport report = store.collectGarbage(Duration.ZERO, Progress.NONE);

            assertThat(report.deletedBytes()).isGreaterThan(3_000_000);
            assertThat(store.statistics().packBytes()).isLessThan(before - 4_000_000);
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
            assertThat(restore(store, second).failed()).isEmpty();
        }
        assertThat(target.resolve("source/shared")).hasBinaryContent(Files.readAllBytes(shared));
    }

    @Test
    void condemnedPacksWaitForWritersThatMayUseThem() throws IOException {
        try (Repository store = TestStore.create(repo)) {
            byte[] content = TestStore.random(1, 2_500_000);
            Snapshot first = store.store("f", new ByteArrayInputStream(content), "");
            store.delete(first.id());
            Sessions sessions = new Sessions(new RepositoryFiles(repo), Clock.systemUTC());
            try (Sessions.Held writer = sessions.writer()) {
                assertCode(() -> store.collectGarbage(Duration.ZERO, Progress.NONE), Code.LOCKED, "writing");
                GarbageReport marked = store.collectGarbage(Duration.ofMillis(1), Progress.NONE);
                assertThat(marked.condemnedPacks()).isPositive();
                GarbageReport waiting = store.collectGarbage(Duration.ofMillis(1), Progress.NONE);
                assertThat(waiting.deletedPacks()).isZero();
                assertThat(waiting.waitingPacks()).isEqualTo(marked.condemnedPacks());
            }
            // A writer that begins now stores the same bytes again instead of referring to what is condemned.
            Snapshot second = store.store("f", new ByteArrayInputStream(content), "");
            assertThat(second.newBytes()).isGreaterThan(2_500_000);

            GarbageReport swept = store.collectGarbage(Duration.ofMillis(1), Progress.NONE);

            assertThat(swept.deletedPacks()).isPositive();
            assertThat(swept.waitingPacks()).isZero();
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
        }
    }

    @Test
    void aSnapshotThatAppearedMeanwhileSavesItsPacks() throws IOException {
        try (Repository store = TestStore.create(repo);
                Repository other = TestStore.open(repo)) {
            byte[] content = TestStore.random(1, 2_500_000);
            Snapshot first = store.store("f", new ByteArrayInputStream(content), "");
            // The other writer has read the index, and refers to the packs, when they are condemned.
            other.store(
                    "g",
                    new SequenceInputStream(new ByteArrayInputStream(content), new InputStream() {
                        private boolean done;

                        @Override
                        public int read() {
                            if (!done) {
                                done = true;
                                store.delete(first.id());
                                assertThat(store.collectGarbage(Duration.ofMillis(1), Progress.NONE)
                                                .condemnedPacks())
                                        .isPositive();
                            }
                            return -1;
                        }
                    }),
                    "");

            GarbageReport swept = store.collectGarbage(Duration.ofMillis(1), Progress.NONE);

            assertThat(swept.deletedPacks()).isZero();
            assertThat(swept.waitingPacks()).isZero();
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
        }
    }

    @Test
    void flippedBitsAreFoundNamedAndHealedByStoringAgain() throws IOException {
        TestStore.write(source.resolve("intact"), TestStore.random(1, 2_000_000));
        TestStore.write(source.resolve("victim"), TestStore.random(2, 2_000_000));
        Snapshot snapshot;
        try (Repository store = TestStore.create(repo)) {
            snapshot = store(store, source.resolve("intact"), source.resolve("victim"))
                    .snapshot();
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
            List<Path> packs = TestStore.filesUnder(repo.resolve("packs"));
            for (Path pack : List.of(packs.get(0), packs.get(packs.size() - 1))) {
                TestStore.flip(pack, Files.size(pack) / 2);
                CheckReport report = store.check(CheckDepth.ALL_DATA, Progress.NONE);
                assertThat(report.problems())
                        .anyMatch(p -> p.contains(pack.getFileName().toString()));
                assertThat(report.lostCount()).isPositive();
                TestStore.flip(pack, Files.size(pack) / 2);
            }
            Path bad = packs.get(0);
            TestStore.flip(bad, Files.size(bad) / 2);
            CheckReport repaired = store.repair(Progress.NONE);
            assertThat(repaired.lostCount()).isPositive();
            assertThat(repaired.lost()).allMatch(l -> l.startsWith(snapshot.id().hex()));
            assertThat(repo.resolve("damaged").resolve(bad.getFileName())).exists();
            assertCode(() -> store.collectGarbage(Duration.ZERO, Progress.NONE), Code.CORRUPTED, "Run repair");
            Snapshot again = store(store, source.resolve("intact"), source.resolve("victim"))
                    .snapshot();
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
            assertThat(restore(store, again).failed()).isEmpty();
        }
        assertThat(target.resolve("victim")).hasBinaryContent(TestStore.random(2, 2_000_000));
    }

    @Test
    void aLostIndexIsMadeAgainFromThePacks() throws IOException {
        TestStore.write(source.resolve("f"), TestStore.text(1, 3_000_000));
        try (Repository store = TestStore.create(repo)) {
            Snapshot snapshot = store(store, source).snapshot();
            for (Path run : TestStore.filesUnder(repo.resolve("index"))) {
                TestStore.flip(run, Files.size(run) - 40);
            }
            assertThat(store.check(CheckDepth.STRUCTURE, Progress.NONE).problems())
                    .isNotEmpty();
            assertThat(store.repair(Progress.NONE).lostCount()).isZero();
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
            assertThat(restore(store, snapshot).failed()).isEmpty();
        }
    }

    @Test
    void oneDamagedCopyOfTheConfigurationDoesNoHarm() throws IOException {
        TestStore.create(repo).close();
        for (String copy : List.of("config", "config-copy")) {
            for (int at = 0; at < Files.size(repo.resolve(copy)); at += 23) {
                TestStore.flip(repo.resolve(copy), at);
                TestStore.open(repo).close();
                TestStore.flip(repo.resolve(copy), at);
            }
        }
        TestStore.flip(repo.resolve("config"), 3);
        try (Repository store = TestStore.open(repo)) {
            store.repair(Progress.NONE);
        }
        assertThat(Files.mismatch(repo.resolve("config"), repo.resolve("config-copy")))
                .isEqualTo(-1);
    }

    @Test
    void twoWritersAtATimeLoseNothing() throws Exception {
        try (Repository one = TestStore.create(repo);
                Repository two = TestStore.open(repo)) {
            byte[] a = TestStore.random(1, 1_000_000);
            byte[] b = TestStore.random(2, 1_000_000);
            Thread thread = new Thread(() -> {
                try {
                    one.store("a", new ByteArrayInputStream(a), "");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            thread.start();
            two.store("b", new ByteArrayInputStream(b), "");
            thread.join(30_000);
            assertThat(one.snapshots()).hasSize(2);
            assertThat(two.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
        }
    }

    @Test
    void manyWritersRunsAreMergedAndEveryChunkIsFound() throws IOException {
        try (Repository store = TestStore.create(repo)) {
            for (int i = 0; i < RepositoryIndex.MANY_RUNS + 3; i++) {
                store.store("f", new ByteArrayInputStream(TestStore.random(i, 40_000)), "");
            }
            assertThat(TestStore.filesUnder(repo.resolve("index"))).hasSizeLessThan(RepositoryIndex.MANY_RUNS);
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
        }
    }

    @Test
    void whatCannotBeReadIsNamedAndTheRestIsStored() throws IOException {
        TestStore.write(source.resolve("good"), new byte[] {1});
        Process fifo = new ProcessBuilder("mkfifo", source.resolve("pipe").toString()).start();
        assertThat(fifo.onExit().join().exitValue()).isZero();
        try (Repository store = TestStore.create(repo)) {
            StoredSnapshot stored = store(store, source);
            assertThat(stored.unreadableCount()).isOne();
            assertThat(stored.unreadable().get(0)).contains("pipe");
            assertThat(stored.snapshot().files()).isOne();
            assertCode(() -> store(store, source.resolve("none")), Code.NOT_FOUND, "none");
            assertThat(store.snapshots()).hasSize(1);
            List<TreeEntry> entries = new ArrayList<>();
            store.list(stored.snapshot().id(), EntryPath.ROOT, false, entries::add);
            assertThat(entries).hasSize(1);
            assertThat(Files.exists(target, LinkOption.NOFOLLOW_LINKS)).isFalse();
        }
    }
}
