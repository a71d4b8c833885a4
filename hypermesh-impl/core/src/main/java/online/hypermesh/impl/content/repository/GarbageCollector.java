package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import online.hypermesh.api.content.GarbageReport;
import online.hypermesh.api.content.Progress;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;

/**
 * Finds the packs that no snapshot needs, condemns them, and deletes those that were condemned long enough ago. Packs of
 * which less than half is needed are emptied first. Refuses as long as anything that snapshots need cannot be read, because
 * then nobody knows what is needed. Confined to one thread; the caller holds the maintenance lock.
 */
final class GarbageCollector {
    /** Most bytes of chunks that are copied at a time. */
    private static final long MAX_MOVED_BYTES = 1L << 31;

    /** A file that was begun so long ago is not being written any more. */
    private static final long STRAY_MILLIS = 3_600_000;

    private final RepositoryFiles files;
    private final RepositoryIndex index;
    private final CondemnedPacks condemned;
    private final SnapshotFiles snapshots;
    private final ChunkReader chunks;
    private final Clock clock;
    private final Progress progress;
    private long movedChunks;

    GarbageCollector(
            RepositoryFiles files,
            RepositoryIndex index,
            CondemnedPacks condemned,
            SnapshotFiles snapshots,
            ChunkReader chunks,
            Clock clock,
            Progress progress) {
        this.files = files;
        this.index = index;
        this.condemned = condemned;
        this.snapshots = snapshots;
        this.chunks = chunks;
        this.clock = clock;
        this.progress = progress;
    }

    /** What snapshots need of each pack. */
    private record Use(long[] needed, long[] all, TreeWalk walk) {}

    /** Copies chunks into new packs, durably. */
    @FunctionalInterface
    interface Mover {
        void move(Consumer<Consumer<byte[]>> chunks);
    }

    /**
     * Collects.
     *
     * @param grace how long condemned packs are kept
     * @param alone whether there is no writer
     * @param oldestWriter when the oldest living writer began, asked before this was called
     * @param mover stores chunks again
     */
    GarbageReport run(Duration grace, boolean alone, OptionalLong oldestWriter, Mover mover) {
        List<CondemnedPacks.Sentence> sentences = condemned.all();
        Set<Digest> waiting = new HashSet<>();
        sentences.forEach(s -> waiting.addAll(s.packs()));
        index.reload(waiting);
        Use use = use();
        Set<Digest> dead = dead(use);
        List<CondemnedPacks.Sentence> due = new ArrayList<>();
        for (CondemnedPacks.Sentence s : sentences) {
            boolean known = oldestWriter.isEmpty() || oldestWriter.getAsLong() > s.sinceMillis();
            boolean old = s.sinceMillis() <= clock.millis() - grace.toMillis();
            if (alone || known && old) {
                due.add(s);
            }
        }
        Set<Digest> fresh = new HashSet<>(dead);
        fresh.removeAll(waiting);
        fresh.addAll(orphans(alone, oldestWriter, waiting));
        fresh.addAll(emptied(use, waiting, mover));
        Set<Digest> doomed = new HashSet<>();
        for (CondemnedPacks.Sentence s : due) {
            s.packs().stream().filter(p -> dead.contains(p) || !index.knows(p)).forEach(doomed::add);
        }
        if (alone) {
            doomed.addAll(fresh);
        } else if (!fresh.isEmpty()) {
            condemned.add(fresh, clock::millis);
        }
        long deletedBytes = delete(doomed);
        due.forEach(condemned::remove);
        files.sync();
        long live = index.packs().stream().filter(p -> !dead.contains(p.id())).count();
        waiting.addAll(alone ? Set.of() : fresh);
        waiting.removeAll(doomed);
        due.forEach(s -> s.packs().forEach(waiting::remove));
        return new GarbageReport(live, fresh.size(), doomed.size(), deletedBytes, movedChunks, waiting.size());
    }

    private Use use() {
        List<String> problems = new ArrayList<>(index.damaged());
        TreeWalk walk = new TreeWalk(index, chunks, pack -> false);
        List<SnapshotRecord> records = snapshots.all(problems::add);
        if (problems.isEmpty()) {
            records.forEach(walk::snapshot);
            problems.addAll(walk.lost());
        }
        if (!problems.isEmpty()) {
            throw new HypermeshException(
                    Code.CORRUPTED,
                    Retry.NEVER,
                    "no garbage is collected while " + problems.size()
                            + " things cannot be read, because they may need what looks like garbage; the first: "
                            + problems.get(0) + ". Run repair, and delete the snapshots it names");
        }
        long[] needed = new long[index.packCount()];
        long[] all = new long[index.packCount()];
        index.forEachEntry((run, ordinal, hi, lo, pack, offset, length) -> {
            all[pack] += length;
            if (walk.isMarked(run, ordinal)) {
                needed[pack] += length;
            }
        });
        return new Use(needed, all, walk);
    }

    private Set<Digest> dead(Use use) {
        Set<Digest> dead = new HashSet<>();
        for (int pack = 0; pack < use.needed().length; pack++) {
            if (use.needed()[pack] == 0) {
                dead.add(index.pack(pack).id());
            }
        }
        return dead;
    }

    /** Packs that are in no run: what killed writers left. Those of living writers are younger than these. */
    private Set<Digest> orphans(boolean alone, OptionalLong oldestWriter, Set<Digest> waiting) {
        Set<Digest> orphans = new HashSet<>();
        List<Path> strays = new ArrayList<>();
        files.forEachPack(
                (id, bytes, modified) -> {
                    boolean ended = oldestWriter.isEmpty() || modified < oldestWriter.getAsLong();
                    if (!index.knows(id) && !waiting.contains(id) && ended) {
                        orphans.add(id);
                    }
                },
                strays::add);
        for (String run : files.names(files.index(), RepositoryFiles.FRESH)) {
            strays.add(files.index().resolve(run + RepositoryFiles.FRESH));
        }
        long end =
                Math.min(oldestWriter.orElse(Long.MAX_VALUE), alone ? Long.MAX_VALUE : clock.millis() - STRAY_MILLIS);
        for (Path stray : strays) {
            if (stray.getFileName().toString().endsWith(RepositoryFiles.FRESH) && isBefore(stray, end)) {
                files.delete(stray);
            }
        }
        return orphans;
    }

    private static boolean isBefore(Path file, long millis) {
        try {
            return Files.getLastModifiedTime(file).toMillis() < millis;
        } catch (IOException e) {
            return false; // gone meanwhile
        }
    }

    /** Copies what is needed out of packs that hold mostly garbage. */
    private Set<Digest> emptied(Use use, Set<Digest> waiting, Mover mover) {
        BitSet sparse = new BitSet();
        Set<Digest> names = new HashSet<>();
        long moved = 0;
        for (int pack = 0; pack < use.needed().length; pack++) {
            long needed = use.needed()[pack];
            Digest name = index.pack(pack).id();
            if (needed > 0 && needed < use.all()[pack] / 2 && !waiting.contains(name)) {
                moved += needed;
                if (moved > MAX_MOVED_BYTES) {
                    break; // the rest next time
                }
                sparse.set(pack);
                names.add(name);
            }
        }
        if (sparse.isEmpty()) {
            return names;
        }
        List<long[]> moving = new ArrayList<>();
        index.forEachEntry((run, ordinal, hi, lo, pack, offset, length) -> {
            if (sparse.get(pack) && use.walk().isMarked(run, ordinal)) {
                moving.add(new long[] {pack, offset, hi, lo, length});
            }
        });
        moving.sort((a, b) -> a[0] != b[0] ? Long.compare(a[0], b[0]) : Long.compare(a[1], b[1]));
        Collection<Digest> unusable = new HashSet<>(waiting);
        unusable.addAll(names);
        index.condemn(unusable);
        mover.move(store -> {
            long bytes = 0;
            for (long[] m : moving) {
                byte[] chunk = chunks.read(m[2], m[3], (int) m[4]);
                store.accept(chunk);
                bytes += chunk.length;
                progress.advanced(++movedChunks, bytes);
            }
        });
        return names;
    }

    private long delete(Set<Digest> doomed) {
        BitSet dropped = new BitSet();
        for (int pack = 0; pack < index.packCount(); pack++) {
            if (doomed.contains(index.pack(pack).id())) {
                dropped.set(pack);
            }
        }
        if (!dropped.isEmpty()) {
            index.rewrite(dropped);
        }
        long bytes = 0;
        long count = 0;
        for (Digest id : doomed) {
            Path file = files.pack(id);
            try {
                bytes += Files.exists(file) ? Files.size(file) : 0;
            } catch (IOException e) {
                throw Failures.disk("read the size of", file, e);
            }
            files.delete(file);
            progress.advanced(++count, bytes);
        }
        files.sync();
        return bytes;
    }
}
