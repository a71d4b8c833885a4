package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import online.hypermesh.api.content.CheckDepth;
import online.hypermesh.api.content.CheckReport;
import online.hypermesh.api.content.ContentStore;
import online.hypermesh.api.content.DedupDomain;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.GarbageReport;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.content.RestoreReport;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.api.content.SnapshotId;
import online.hypermesh.api.content.StoreStatistics;
import online.hypermesh.api.content.StoredSnapshot;
import online.hypermesh.api.content.TreeEntry;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.chunk.ChunkerKey;
import online.hypermesh.impl.chunk.Chunking;
import online.hypermesh.impl.chunk.FastCdcChunker;
import online.hypermesh.impl.chunk.KeyedChunker;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/**
 * A content store in a local directory. Files are cut where their content says so, chunks that are there already left out,
 * the others packed, compressed, padded and encrypted, on as many threads as there are processors. Memory depends on neither
 * the files' lengths nor, but for 12 bits per chunk, the store's. Thread-safe: one operation at a time per object; other
 * objects and processes may use the directory meanwhile.
 */
public final class Repository implements ContentStore {
    private static final int MIN_PREFIX = 4;
    private static final int MAX_DEFAULT_THREADS = 16;

    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final RepositoryConfig.Settings settings;
    private final Sessions sessions;
    private final SnapshotFiles snapshots;
    private final CondemnedPacks condemned;
    private final RepositoryIndex index;
    private final Clock clock;
    private final int threads;
    private final byte[] seed;
    private final Chunking chunking;
    private boolean closed;

    private Repository(
            RepositoryFiles files,
            byte[] seed,
            RepositoryKeys keys,
            RepositoryConfig.Settings settings,
            Options options) {
        this.files = files;
        this.seed = seed;
        this.keys = keys;
        this.settings = settings;
        this.clock = options.clock();
        this.threads = options.threads();
        this.sessions = new Sessions(files, clock);
        this.snapshots = new SnapshotFiles(files, keys);
        this.condemned = new CondemnedPacks(files, keys);
        this.index = new RepositoryIndex(files, keys);
        this.chunking = chunking(keys, settings);
    }

    private static Chunking chunking(RepositoryKeys keys, RepositoryConfig.Settings settings) {
        if (settings.chunker() == FastCdcChunker.ID) {
            return Chunking.open(settings.generation().chunks());
        }
        byte[] secret = keys.chunkerSecret();
        try {
            return Chunking.keyed(settings.generation().chunks(), ChunkerKey.derive(secret));
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    /** Where content is cut. */
    public enum Cutting {
        /**
         * Where the content and a secret say so. Whoever sees the lengths of packs cannot tell which well-known file they come
         * from.
         */
        KEYED(KeyedChunker.ID),
        /** Where the content alone says so: faster, but the lengths of packs betray well-known files. */
        OPEN(FastCdcChunker.ID);

        private final int chunker;

        Cutting(int chunker) {
            this.chunker = chunker;
        }
    }

    /**
     * What is chosen when a repository is created, and kept.
     *
     * @param profile what it is tuned for
     * @param cutting where content is cut
     * @param quotaBytes most stored bytes of packs, 0 for no limit
     * @param domain within what equal chunks are stored once
     */
    public record Format(Profile profile, Cutting cutting, long quotaBytes, DedupDomain domain) {
        /** The fast profile, cut under a key, without a quota, for one owner. */
        public static final Format DEFAULT = new Format(Profile.FAST, Cutting.KEYED, 0, DedupDomain.PRIVATE);

        /**
         * Checks.
         *
         * @param profile what it is tuned for
         * @param cutting where content is cut
         * @param quotaBytes at least 0
         * @param domain its domain; PUBLIC ones are cut openly
         */
        public Format {
            if (quotaBytes < 0) {
                throw new IllegalArgumentException("quotaBytes must be >= 0, was " + quotaBytes);
            }
            if (domain == DedupDomain.PUBLIC && cutting != Cutting.OPEN) {
                throw new IllegalArgumentException("cutting must be OPEN in domain PUBLIC, was " + cutting);
            }
        }
    }

    /**
     * How a repository is used; nothing of it is stored. Immutable.
     *
     * @param clock tells the time of snapshots and of condemned packs
     * @param threads threads that seal and open packs, at least 1
     */
    public record Options(Clock clock, int threads) {
        /**
         * Checks.
         *
         * @param clock tells the time
         * @param threads at least 1
         */
        public Options {
            if (threads < 1 || threads > 256) {
                throw new IllegalArgumentException("threads must be in 1..256, was " + threads);
            }
        }

        /**
         * The system's clock and one thread per processor, at most 16.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(
                    Clock.systemUTC(),
                    Math.min(MAX_DEFAULT_THREADS, Runtime.getRuntime().availableProcessors()));
        }
    }

    /**
     * Creates a repository.
     *
     * @param directory new or empty
     * @param key what opens it from now on; in domain PUBLIC {@link RepositoryKey#everybody()}
     * @param format what is chosen now and kept
     * @param options how it is used
     * @return the repository, open
     * @throws HypermeshException CONFLICT when there is one already, STORAGE_FAILED when the disk refuses
     */
    public static Repository create(Path directory, RepositoryKey key, Format format, Options options) {
        RepositoryFiles files = new RepositoryFiles(directory);
        SecureRandom random = new SecureRandom();
        byte[] seed = RepositoryKeys.newSeed(format.domain(), random);
        RepositoryKeys keys = new RepositoryKeys(seed, format.domain(), Generation.NEWEST);
        try {
            if (files.exists()) {
                throw new HypermeshException(
                        Code.CONFLICT, Retry.NEVER, "there is a repository in " + directory + " already. Open it");
            }
            var settings = new RepositoryConfig.Settings(
                    Generation.NEWEST, format.profile(), format.quotaBytes(), format.cutting().chunker);
            byte[] config =
                    RepositoryConfig.create(seed, keys, key, settings, random).encode();
            files.create();
            files.writeConfig(config);
            return new Repository(files, seed, keys, settings, options);
        } catch (IOException e) {
            throw Failures.disk("create a repository in", directory, e);
        }
    }

    /**
     * Opens a repository.
     *
     * @param directory where it is
     * @param key what opens it
     * @param options how it is used
     * @return the repository
     * @throws HypermeshException NOT_FOUND when there is none, DENIED for another key, CORRUPTED when both copies of its
     *     configuration are damaged
     */
    public static Repository open(Path directory, RepositoryKey key, Options options) {
        RepositoryFiles files = new RepositoryFiles(directory);
        List<byte[]> configs;
        try {
            configs = files.configs();
        } catch (IOException e) {
            throw Failures.disk("open the repository in", directory, e);
        }
        HypermeshException first = null;
        for (byte[] bytes : configs) {
            try {
                RepositoryConfig config = RepositoryConfig.decode(bytes);
                byte[] seed = config.open(key);
                RepositoryConfig.Settings settings = settings(config, seed);
                RepositoryKeys keys = new RepositoryKeys(seed, config.domain(), settings.generation());
                return new Repository(files, seed, keys, settings, options);
            } catch (HypermeshException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
        throw Failures.missing("there is no repository in " + directory + ". Create one, or name its directory");
    }

    /** Settings are sealed alike in all generations. */
    private static RepositoryConfig.Settings settings(RepositoryConfig config, byte[] seed) {
        try (RepositoryKeys keys = new RepositoryKeys(seed, config.domain(), Generation.NEWEST)) {
            return config.settings(keys);
        }
    }

    /**
     * Within what equal chunks are stored once.
     *
     * @return the domain it was created with
     */
    public DedupDomain domain() {
        return keys.domain();
    }

    private PackPipeline pipeline() {
        AtomicLong used = new AtomicLong(index.packBytes());
        return new PackPipeline(
                files, keys, settings.profile().codec(), settings.profile().packPlainBytes(), threads, bytes -> {
                    long sum = used.addAndGet(bytes);
                    if (settings.quotaBytes() > 0 && sum > settings.quotaBytes()) {
                        throw Failures.limit("the repository would hold " + sum + " bytes, its quota is "
                                + settings.quotaBytes() + ". Delete snapshots and collect garbage");
                    }
                });
    }

    private ChunkReader reader() {
        return new ChunkReader(files, keys, index, () -> index.reload(condemned.packs()));
    }

    /** A reader beside a writer: what was added to the index and not flushed must not be forgotten. */
    private ChunkReader readerWhileWriting() {
        return new ChunkReader(files, keys, index, () -> {});
    }

    private void requireOpen() {
        if (closed) {
            throw new HypermeshException(Code.CLOSED, Retry.NEVER, "the repository " + files + " was closed");
        }
    }

    @FunctionalInterface
    private interface Storing<T> {
        T store(ChunkSink sink, PackPipeline pipeline) throws IOException;
    }

    private <T> T writing(Storing<T> storing) throws IOException {
        requireOpen();
        try (Sessions.Held session = sessions.writer()) {
            index.reload(condemned.packs());
            boolean done = false;
            try (PackPipeline pipeline = pipeline();
                    ChunkSink sink = new ChunkSink(index, pipeline, new ChunkNamer(keys))) {
                T result = storing.store(sink, pipeline);
                done = true;
                mergeIfNeeded();
                return result;
            } finally {
                if (!done) {
                    index.rollback();
                }
            }
        }
    }

    private void mergeIfNeeded() {
        if (index.runCount() <= RepositoryIndex.MANY_RUNS) {
            return;
        }
        Optional<Sessions.Held> maintenance = sessions.maintenance();
        if (maintenance.isPresent()) {
            try (Sessions.Held held = maintenance.get()) {
                index.reload(condemned.packs());
                index.merge();
            }
        }
    }

    private static void requireLabel(String label) {
        if (label.getBytes(StandardCharsets.UTF_8).length > Snapshot.MAX_LABEL_BYTES) {
            throw new IllegalArgumentException("a label has at most " + Snapshot.MAX_LABEL_BYTES + " bytes of UTF-8");
        }
    }

    @Override
    public synchronized StoredSnapshot store(List<Path> roots, String label, Progress progress) {
        requireLabel(label);
        if (roots.isEmpty() || roots.size() > SnapshotRecord.MAX_ORIGINS) {
            throw new IllegalArgumentException(
                    "name 1.." + SnapshotRecord.MAX_ORIGINS + " files or directories, got " + roots.size());
        }
        List<String> origins = roots.stream()
                .map(r -> r.toAbsolutePath().normalize().toString())
                .toList();
        for (String origin : origins) {
            if (origin.getBytes(StandardCharsets.UTF_8).length > SnapshotRecord.MAX_ORIGIN_BYTES) {
                throw Failures.limit(
                        "a path to store has more than " + SnapshotRecord.MAX_ORIGIN_BYTES + " bytes: " + origin);
            }
        }
        try {
            return writing((sink, pipeline) -> {
                Optional<SnapshotRecord> previous = snapshots.newestOf(origins);
                TreeWriter writer =
                        new TreeWriter(sink, chunking, previous.isPresent() ? readerWhileWriting() : null, progress);
                StreamRef root =
                        writer.roots(roots, previous.map(SnapshotRecord::root).orElse(StreamRef.EMPTY));
                Snapshot snapshot = publish(sink, pipeline, writer, root, label, origins);
                return new StoredSnapshot(snapshot, writer.unreadable(), writer.unreadableCount(), writer.unchanged());
            });
        } catch (IOException e) {
            throw Failures.disk("store in", files.root(), e);
        }
    }

    @Override
    public synchronized Snapshot store(String name, InputStream content, String label) throws IOException {
        requireLabel(label);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (!EntryPath.isName(bytes)) {
            throw new IllegalArgumentException("not a name of a file: \"" + name + "\"");
        }
        return writing((sink, pipeline) -> {
            TreeWriter writer = new TreeWriter(sink, chunking, null, Progress.NONE);
            StreamRef root = writer.single(bytes, content, clock.instant());
            return publish(sink, pipeline, writer, root, label, List.of());
        });
    }

    /** Packs, then the index, then the snapshot become durable, in this order. */
    private Snapshot publish(
            ChunkSink sink,
            PackPipeline pipeline,
            TreeWriter writer,
            StreamRef root,
            String label,
            List<String> origins) {
        sink.flush();
        Snapshot snapshot = new Snapshot(
                snapshots.newId(),
                clock.instant(),
                label,
                origins,
                writer.files(),
                writer.directories(),
                writer.bytes(),
                pipeline.storedBytes());
        snapshots.write(new SnapshotRecord(snapshot, root));
        return snapshot;
    }

    @Override
    public synchronized List<Snapshot> snapshots() {
        requireOpen();
        return snapshots.all(problem -> {}).stream()
                .map(SnapshotRecord::snapshot)
                .toList();
    }

    @Override
    public synchronized Optional<Snapshot> find(String reference) {
        List<Snapshot> all = snapshots();
        if (reference.equals("latest")) {
            return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
        }
        List<Snapshot> fitting = reference.length() < MIN_PREFIX
                ? List.of()
                : all.stream().filter(s -> s.id().hex().startsWith(reference)).toList();
        return fitting.size() == 1 ? Optional.of(fitting.get(0)) : Optional.empty();
    }

    @Override
    public synchronized void delete(SnapshotId id) {
        requireOpen();
        try (Sessions.Held session = sessions.writer()) {
            snapshots.delete(id);
        }
    }

    @FunctionalInterface
    private interface Reading<T> {
        T read() throws IOException;
    }

    private <T> T reading(Reading<T> reading) throws IOException {
        requireOpen();
        Sessions.@Nullable Held session = sessions.reader().orElse(null);
        try {
            index.reload(condemned.packs());
            return reading.read();
        } finally {
            if (session != null) {
                session.close();
            }
        }
    }

    private <T> T readingOnly(Reading<T> reading) {
        try {
            return reading(reading);
        } catch (IOException e) {
            throw Failures.disk("read from", files.root(), e);
        }
    }

    @Override
    public synchronized void list(SnapshotId id, EntryPath part, boolean recursive, Consumer<TreeEntry> to) {
        readingOnly(() -> {
            SnapshotRecord record = snapshots.read(id);
            TreeReader tree = new TreeReader(reader());
            TreeReader.Found found = tree.find(record, part);
            found.node().ifPresent(node -> to.accept(node.entry(part)));
            tree.list(found.entries(), part, recursive, to);
            return Boolean.TRUE;
        });
    }

    @Override
    public synchronized long read(SnapshotId id, EntryPath file, OutputStream to) throws IOException {
        return reading(() -> {
            ChunkReader chunks = reader();
            Node node = new TreeReader(chunks)
                    .find(snapshots.read(id), file)
                    .node()
                    .filter(n -> n.kind() == TreeEntry.Kind.FILE)
                    .orElseThrow(
                            () -> Failures.missing(file + " in snapshot " + id + " is not a file. List it with ls"));
            long length = new ChunkInput(chunks, node.content()).transferTo(to);
            if (length != node.content().length()) {
                throw Failures.corrupted(file + " has " + length + " bytes in its chunks, "
                        + node.content().length() + " were stored");
            }
            return length;
        });
    }

    @Override
    public synchronized RestoreReport restore(
            SnapshotId id, EntryPath part, Path target, boolean overwrite, Progress progress) {
        return readingOnly(() -> {
            ChunkReader chunks = reader();
            TreeReader.Found found = new TreeReader(chunks).find(snapshots.read(id), part);
            try (Workers workers = new Workers(threads)) {
                return new Restorer(files, keys, index, chunks, workers.executor(), overwrite, progress)
                        .run(found, part, target);
            }
        });
    }

    @Override
    public synchronized CheckReport check(CheckDepth depth, Progress progress) {
        return readingOnly(() -> {
            try (Workers workers = new Workers(threads)) {
                return new Checker(files, keys, index, snapshots, reader(), workers.executor(), progress).run(depth);
            }
        });
    }

    @Override
    public synchronized CheckReport repair(Progress progress) {
        requireOpen();
        try (Sessions.Held alone = sessions.exclusive();
                Sessions.Held maintenance = maintenance();
                Workers workers = new Workers(threads)) {
            files.restoreConfig(bytes -> RepositoryConfig.decode(bytes).settings(keys));
            return new Checker(files, keys, index, snapshots, reader(), workers.executor(), progress).repair();
        } catch (IOException e) {
            throw Failures.disk("repair", files.root(), e);
        }
    }

    private Sessions.Held maintenance() {
        return sessions.maintenance()
                .orElseThrow(() -> new HypermeshException(
                        Code.LOCKED,
                        Retry.SAME_CALL,
                        "the index of " + files + " is being rewritten by another process. Wait for it"));
    }

    @Override
    public synchronized GarbageReport collectGarbage(Duration grace, Progress progress) {
        requireOpen();
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace must not be negative, was " + grace);
        }
        if (grace.isZero()) {
            try (Sessions.Held alone = sessions.exclusive();
                    Sessions.Held maintenance = maintenance()) {
                return collector(progress).run(grace, true, OptionalLong.empty(), this::move);
            }
        }
        try (Sessions.Held maintenance = maintenance()) {
            return collector(progress).run(grace, false, sessions.oldestWriter(), this::move);
        }
    }

    private GarbageCollector collector(Progress progress) {
        return new GarbageCollector(files, index, condemned, snapshots, reader(), clock, progress);
    }

    private void move(Consumer<Consumer<byte[]>> chunks) {
        boolean done = false;
        try (PackPipeline pipeline = pipeline();
                ChunkSink sink = new ChunkSink(index, pipeline, new ChunkNamer(keys))) {
            chunks.accept(chunk -> sink.data(chunk, 0, chunk.length));
            sink.flush();
            done = true;
        } finally {
            if (!done) {
                index.rollback();
            }
        }
    }

    @Override
    public synchronized StoreStatistics statistics() {
        return readingOnly(() -> new StoreStatistics(
                snapshots.ids().size(),
                index.packs().size(),
                index.packBytes(),
                index.fileBytes(),
                index.chunks(),
                settings.quotaBytes(),
                settings.profile().name().toLowerCase(Locale.ROOT)));
    }

    @Override
    public synchronized String addRecoveryKey() {
        requireOpen();
        requireSecret();
        SecureRandom random = new SecureRandom();
        RepositoryKey recovery = RepositoryKey.newRecovery(random);
        addKey(recovery);
        return recovery.recoveryText();
    }

    private void requireSecret() {
        if (domain() == DedupDomain.PUBLIC) {
            throw new HypermeshException(
                    Code.CONFLICT, Retry.NEVER, "everybody can open " + files + ": its domain is PUBLIC");
        }
    }

    /**
     * Lets another key open the repository, in domain GROUP that of a member.
     *
     * @param key the key
     * @throws HypermeshException LIMIT_EXCEEDED when it has 16 already, CONFLICT in domain PUBLIC
     */
    public synchronized void addKey(RepositoryKey key) {
        requireOpen();
        requireSecret();
        try (Sessions.Held maintenance = maintenance()) {
            HypermeshException first = null;
            for (byte[] bytes : files.configs()) {
                try {
                    RepositoryConfig config = RepositoryConfig.decode(bytes);
                    config.settings(keys);
                    files.writeConfig(config.with(seed, key, new SecureRandom()).encode());
                    return;
                } catch (HypermeshException e) {
                    first = first == null ? e : first;
                }
            }
            throw first == null ? Failures.missing("the configuration of " + files + " is gone") : first;
        } catch (IOException e) {
            throw Failures.disk("add a key to", files.root(), e);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            index.close();
            keys.close();
            Arrays.fill(seed, (byte) 0);
        }
    }

    @Override
    public String toString() {
        return "Repository[" + files + "]";
    }
}
