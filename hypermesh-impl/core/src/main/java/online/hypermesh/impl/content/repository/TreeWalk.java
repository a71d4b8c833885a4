package online.hypermesh.impl.content.repository;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.TreeEntry;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;

/**
 * Visits every chunk that snapshots need, shared directories and lists once: marks it, and notes which entries cannot be
 * restored. One bit per chunk of memory for marks, two for what was visited. Confined to one thread.
 */
final class TreeWalk {
    private static final int MAX_NAMED = 1000;

    private final RepositoryIndex index;
    private final ChunkReader chunks;
    private final IntPredicate isBad;
    private final List<BitSet> marks = new ArrayList<>();
    private final List<BitSet> directories = new ArrayList<>();
    private final List<BitSet> lists = new ArrayList<>();
    private final List<String> lost = new ArrayList<>();
    private long lostCount;

    /** A walk that takes packs for lost of which {@code isBad} says so. */
    TreeWalk(RepositoryIndex index, ChunkReader chunks, IntPredicate isBad) {
        this.index = index;
        this.chunks = chunks;
        this.isBad = isBad;
        for (int i = 0; i < index.runCount(); i++) {
            marks.add(new BitSet());
            directories.add(new BitSet());
            lists.add(new BitSet());
        }
    }

    void snapshot(SnapshotRecord record) {
        directory(record.snapshot().id() + ":", EntryPath.ROOT, record.root());
    }

    private void directory(String snapshot, EntryPath path, StreamRef entries) {
        try {
            if (entries.length() == 0 || !enter(entries)) {
                return;
            }
            DirectoryReader reader = new DirectoryReader(chunks, entries);
            for (Node node = reader.next(); node != null; node = reader.next()) {
                EntryPath child = path.child(node.name());
                if (node.kind() == TreeEntry.Kind.DIRECTORY) {
                    directory(snapshot, child, node.content());
                } else if (node.kind() == TreeEntry.Kind.FILE) {
                    file(snapshot, child, node.content());
                }
            }
        } catch (HypermeshException e) {
            lose(e, snapshot, path, "/");
        }
    }

    /** Marks the chunks of a directory; false when all of them were entered before. */
    private boolean enter(StreamRef entries) {
        boolean[] fresh = {false};
        reader(false).forEach(entries, (hi, lo, length) -> {
            ChunkPlace place = mark(hi, lo, length);
            fresh[0] |= visit(directories, place);
            return true;
        });
        return fresh[0];
    }

    /** Damage below lists that were visited before counts for every file that shares them, so those are read again. */
    private void file(String snapshot, EntryPath path, StreamRef content) {
        try {
            reader(lostCount == 0).forEach(content, (hi, lo, length) -> {
                mark(hi, lo, length);
                return true;
            });
        } catch (HypermeshException e) {
            lose(e, snapshot, path, "");
        }
    }

    private StreamReader reader(boolean skipVisited) {
        return new StreamReader(chunks, (hi, lo, length) -> {
            ChunkPlace place = mark(hi, lo, length);
            boolean fresh = visit(lists, place);
            return fresh || !skipVisited;
        });
    }

    private static boolean visit(List<BitSet> visited, ChunkPlace place) {
        BitSet run = visited.get(place.run);
        int ordinal = Math.toIntExact(place.ordinal);
        boolean fresh = !run.get(ordinal);
        run.set(ordinal);
        return fresh;
    }

    private ChunkPlace mark(long hi, long lo, int length) {
        ChunkPlace place = chunks.locate(hi, lo, length);
        if (isBad.test(place.pack)) {
            throw Failures.corrupted("pack " + index.pack(place.pack).id() + " is damaged or missing");
        }
        marks.get(place.run).set(Math.toIntExact(place.ordinal));
        return place;
    }

    private void lose(HypermeshException e, String snapshot, EntryPath path, String suffix) {
        if (e.code() != Code.CORRUPTED && e.code() != Code.NOT_FOUND) {
            throw e;
        }
        lostCount++;
        if (lost.size() < MAX_NAMED) {
            lost.add(snapshot + path + suffix);
        }
    }

    /** Whether a snapshot needs an entry of the index. */
    boolean isMarked(int run, long ordinal) {
        return marks.get(run).get(Math.toIntExact(ordinal));
    }

    List<String> lost() {
        return lost;
    }

    long lostCount() {
        return lostCount;
    }
}
