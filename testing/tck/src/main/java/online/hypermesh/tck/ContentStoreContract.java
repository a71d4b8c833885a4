package online.hypermesh.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import online.hypermesh.api.content.CheckDepth;
import online.hypermesh.api.content.ContentStore;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.content.RestoreReport;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.api.content.SnapshotId;
import online.hypermesh.api.content.StoredSnapshot;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Behaviour every {@link ContentStore} owes its callers; extend and supply a fresh one. */
public abstract class ContentStoreContract {
    @TempDir
    private Path dir;

    private Path place;
    private Path source;
    private Path target;

    /** For subclasses. */
    protected ContentStoreContract() {}

    /**
     * Creates a store.
     *
     * @param directory where it lives; does not exist yet
     * @return the store
     */
    protected abstract ContentStore create(Path directory);

    /**
     * Opens a store that was created before.
     *
     * @param directory where it lives
     * @return the store
     */
    protected abstract ContentStore open(Path directory);

    @BeforeEach
    void prepare() throws IOException {
        place = dir.resolve("store");
        source = Files.createDirectory(dir.resolve("source"));
        target = dir.resolve("target");
    }

    private static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Path write(String name, byte[] bytes) throws IOException {
        Path file = source.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    private StoredSnapshot store(ContentStore store) {
        return store.store(List.of(source), "label", Progress.NONE);
    }

    private static Snapshot stream(ContentStore store, String name, byte[] content) throws IOException {
        return store.store(name, new ByteArrayInputStream(content), "");
    }

    private static byte[] read(ContentStore store, Snapshot snapshot, String path) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(store.read(snapshot.id(), EntryPath.parse(path), out)).isEqualTo(out.size());
        return out.toByteArray();
    }

    private static List<String> paths(ContentStore store, Snapshot snapshot, String under, boolean recursive) {
        List<String> paths = new ArrayList<>();
        store.list(
                snapshot.id(),
                EntryPath.parse(under),
                recursive,
                e -> paths.add(e.path().toString()));
        return paths;
    }

    private static void assertCode(ThrowingCallable call, Code code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void whatWasStoredIsThereAfterReopening() throws IOException {
        byte[] content = bytes(1, 300_000);
        write("a/file", content);
        write("a/empty", new byte[0]);
        Snapshot snapshot;
        try (ContentStore store = create(place)) {
            assertThat(store.snapshots()).isEmpty();
            StoredSnapshot stored = store(store);
            snapshot = stored.snapshot();
            assertThat(stored.unreadable()).isEmpty();
            assertThat(snapshot.label()).isEqualTo("label");
            assertThat(snapshot.files()).isEqualTo(2);
            assertThat(snapshot.bytes()).isEqualTo(content.length);
        }
        try (ContentStore store = open(place)) {
            assertThat(store.snapshots()).containsExactly(snapshot);
            assertThat(read(store, snapshot, "source/a/file")).isEqualTo(content);
            RestoreReport report = store.restore(snapshot.id(), EntryPath.ROOT, target, false, Progress.NONE);
            assertThat(report.failed()).isEmpty();
            assertThat(report.files()).isEqualTo(2);
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
            assertThat(store.statistics().snapshots()).isOne();
        }
        assertThat(target.resolve("source/a/file")).hasBinaryContent(content);
        assertThat(target.resolve("source/a/empty")).isEmptyFile();
    }

    @Test
    void whatIsThereIsNotStoredAgain() throws IOException {
        byte[] content = bytes(1, 400_000);
        byte[] shifted = new byte[content.length + 1];
        System.arraycopy(content, 0, shifted, 1, content.length);
        try (ContentStore store = create(place)) {
            assertThat(stream(store, "one", content).newBytes()).isGreaterThan(content.length);
            assertThat(stream(store, "two", content).newBytes()).isLessThan(content.length / 10);
            Snapshot third = stream(store, "three", shifted);
            assertThat(third.newBytes()).isLessThan(content.length / 4);
            assertThat(read(store, third, "three")).isEqualTo(shifted);
        }
    }

    @Test
    void partsAreListedReadAndRestored() throws IOException {
        write("a/x", bytes(1, 5000));
        write("a/y/z", bytes(2, 5000));
        try (ContentStore store = create(place)) {
            Snapshot snapshot = store(store).snapshot();
            assertThat(paths(store, snapshot, "", true))
                    .containsExactly("source", "source/a", "source/a/x", "source/a/y", "source/a/y/z");
            assertThat(paths(store, snapshot, "", false)).containsExactly("source");
            assertThat(paths(store, snapshot, "source/a/y", true)).containsExactly("source/a/y", "source/a/y/z");
            store.restore(snapshot.id(), EntryPath.parse("source/a/y"), target, false, Progress.NONE);
            assertThat(target.resolve("y/z")).hasBinaryContent(bytes(2, 5000));
            assertCode(() -> paths(store, snapshot, "source/q", true), Code.NOT_FOUND);
            assertCode(() -> read(store, snapshot, "source/a"), Code.NOT_FOUND);
        }
    }

    @Test
    void existingFilesStayUnlessOverwritingIsAskedFor() throws IOException {
        write("f", new byte[] {1});
        Path there = target.resolve("source/f");
        Files.createDirectories(there.getParent());
        Files.write(there, new byte[] {9});
        try (ContentStore store = create(place)) {
            Snapshot snapshot = store(store).snapshot();
            assertThat(store.restore(snapshot.id(), EntryPath.ROOT, target, false, Progress.NONE)
                            .failedCount())
                    .isOne();
            assertThat(there).hasBinaryContent(new byte[] {9});
            store.restore(snapshot.id(), EntryPath.ROOT, target, true, Progress.NONE);
            assertThat(there).hasBinaryContent(new byte[] {1});
        }
    }

    @Test
    void snapshotsAreFoundDeletedAndWhatOnlyTheyNeededGoes() throws IOException {
        try (ContentStore store = create(place)) {
            Snapshot first = stream(store, "f", bytes(1, 200_000));
            Snapshot second = stream(store, "f", bytes(2, 200_000));
            assertThat(store.find("latest")).contains(second);
            assertThat(store.find(first.id().hex().substring(0, 8))).contains(first);
            assertThat(store.find("zz")).isEmpty();
            long before = store.statistics().packBytes();
            store.delete(first.id());
            assertCode(() -> read(store, first, "f"), Code.NOT_FOUND);
            assertCode(() -> store.delete(first.id()), Code.NOT_FOUND);
            assertThat(store.collectGarbage(Duration.ZERO, Progress.NONE).deletedBytes())
                    .isPositive();
            assertThat(store.statistics().packBytes()).isLessThan(before);
            assertThat(read(store, second, "f")).isEqualTo(bytes(2, 200_000));
            assertThat(store.check(CheckDepth.ALL_DATA, Progress.NONE).sound()).isTrue();
        }
    }

    @Test
    void aStreamThatFailsLeavesNothingBehind() throws IOException {
        try (ContentStore store = create(place)) {
            InputStream failing = new InputStream() {
                private int left = 100_000;

                @Override
                public int read() throws IOException {
                    if (left == 0) {
                        throw new IOException("planted");
                    }
                    return --left & 0xff;
                }
            };
            assertThatThrownBy(() -> store.store("f", failing, ""))
                    .isInstanceOf(IOException.class)
                    .hasMessage("planted");
            assertThat(store.snapshots()).isEmpty();
            Snapshot good = stream(store, "f", bytes(1, 1000));
            assertThat(read(store, good, "f")).isEqualTo(bytes(1, 1000));
        }
    }

    @Test
    void recoveryKeysAreAllDifferent() {
        try (ContentStore store = create(place)) {
            assertThat(store.addRecoveryKey()).isNotEqualTo(store.addRecoveryKey());
        }
    }

    @Test
    void misuseIsNamed() throws IOException {
        ContentStore store = create(place);
        Snapshot snapshot = stream(store, "f", new byte[] {1});
        SnapshotId unknown = new SnapshotId("00000000000000000000000000000000");
        assertCode(() -> store.delete(unknown), Code.NOT_FOUND);
        assertCode(() -> store.store(List.of(source.resolve("none")), "", Progress.NONE), Code.NOT_FOUND);
        assertThatThrownBy(() -> stream(store, "a/b", new byte[0])).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.store(List.of(), "", Progress.NONE))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.store(List.of(source), "x".repeat(Snapshot.MAX_LABEL_BYTES + 1), Progress.NONE))
                .isInstanceOf(IllegalArgumentException.class);
        store.close();
        store.close();
        assertCode(store::snapshots, Code.CLOSED);
        assertCode(() -> read(store, snapshot, "f"), Code.CLOSED);
    }
}
