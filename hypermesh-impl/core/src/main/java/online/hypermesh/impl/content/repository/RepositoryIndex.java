package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Which chunk lies in which pack: sorted runs on disk and a table of what was added since. Memory per chunk on disk is the 12
 * bits of its filter; pages that were read are kept up to a limit. Confined to one thread at a time.
 */
final class RepositoryIndex implements AutoCloseable {
    /** With more runs than this, they are merged. */
    static final int MANY_RUNS = 8;

    private static final int CACHED_PAGES = 8192;
    private static final int OPEN_TRIES = 5;

    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final SecureRandom random = new SecureRandom();
    private final List<IndexRun> runs = new ArrayList<>();
    private final List<int[]> packsOfRuns = new ArrayList<>();
    private final List<PackSlot> packs = new ArrayList<>();
    private final Map<Digest, Integer> numbers = new HashMap<>();
    private final List<String> damaged = new ArrayList<>();
    private final BitSet condemned = new BitSet();
    private final RecentChunks recent = new RecentChunks();
    private final Map<Long, byte[]> pages = new LinkedHashMap<>(256, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, byte[]> eldest) {
            return size() > CACHED_PAGES;
        }
    };

    RepositoryIndex(RepositoryFiles files, RepositoryKeys keys) {
        this.files = files;
        this.keys = keys;
    }

    /** Reads the runs that are there now; what was added and not flushed is forgotten. */
    void reload(Collection<Digest> condemnedPacks) {
        for (int attempt = 1; ; attempt++) {
            try {
                open();
                break;
            } catch (NoSuchFileException e) {
                if (attempt == OPEN_TRIES) {
                    throw Failures.disk("open the index", files.index(), e);
                }
            } catch (IOException e) {
                throw Failures.disk("open the index", files.index(), e);
            }
        }
        condemn(condemnedPacks);
    }

    void condemn(Collection<Digest> condemnedPacks) {
        condemned.clear();
        for (Digest id : condemnedPacks) {
            Integer number = numbers.get(id);
            if (number != null) {
                condemned.set(number);
            }
        }
    }

    private void open() throws IOException {
        forget();
        List<String> names = files.runs();
        Set<String> superseded = new HashSet<>();
        List<IndexRun> opened = new ArrayList<>();
        boolean done = false;
        try {
            for (String name : names) {
                try {
                    IndexRun run = IndexRun.open(files.run(name), name, keys);
                    opened.add(run);
                    superseded.addAll(run.superseded());
                } catch (HypermeshException e) {
                    if (e.code() != Code.CORRUPTED) {
                        throw e;
                    }
                    damaged.add(e.getMessage());
                }
            }
            done = true;
        } finally {
            if (!done) {
                opened.forEach(IndexRun::close);
            }
        }
        for (IndexRun run : opened) {
            if (superseded.contains(run.name())) {
                run.close();
            } else {
                adopt(run);
            }
        }
    }

    private void adopt(IndexRun run) {
        int[] global = new int[run.packs().size()];
        for (int i = 0; i < global.length; i++) {
            PackSlot pack = run.packs().get(i);
            Integer known = numbers.get(pack.id());
            if (known == null) {
                known = packs.size();
                packs.add(pack);
                numbers.put(pack.id(), known);
            }
            global[i] = known;
        }
        runs.add(run);
        packsOfRuns.add(global);
    }

    private void forget() {
        runs.forEach(IndexRun::close);
        runs.clear();
        packsOfRuns.clear();
        packs.clear();
        numbers.clear();
        damaged.clear();
        condemned.clear();
        recent.clear();
        pages.clear();
    }

    /** What is wrong with runs that could not be opened. */
    List<String> damaged() {
        return List.copyOf(damaged);
    }

    int runCount() {
        return runs.size();
    }

    List<IndexRun> runs() {
        return runs;
    }

    /** Number of chunks, those counted twice that two writers stored at the same time. */
    long chunks() {
        return recent.size() + runs.stream().mapToLong(IndexRun::entries).sum();
    }

    PackSlot pack(int number) {
        return packs.get(number);
    }

    int packCount() {
        return packs.size();
    }

    /** All sealed packs. */
    List<PackSlot> packs() {
        return packs.stream().filter(PackSlot::isSealed).toList();
    }

    boolean knows(Digest pack) {
        return numbers.containsKey(pack);
    }

    long packBytes() {
        return packs.stream().mapToLong(PackSlot::storedBytes).sum();
    }

    boolean isCondemned(int pack) {
        return condemned.get(pack);
    }

    /** The number of a pack that is going to be filled. */
    int newPack() {
        packs.add(new PackSlot());
        return packs.size() - 1;
    }

    void add(long hi, long lo, int pack, int offset, int length) {
        recent.add(hi, lo, pack, offset, length);
    }

    /** Whether what was added should be flushed now. */
    boolean isFull() {
        return recent.size() >= RecentChunks.LIMIT;
    }

    /** Finds a chunk that new snapshots may refer to; not one in a condemned pack. */
    boolean findUsable(long hi, long lo, ChunkPlace place) {
        return find(hi, lo, place, true);
    }

    /** Finds a chunk to read it; in a condemned pack if nowhere else. */
    boolean find(long hi, long lo, ChunkPlace place) {
        return find(hi, lo, place, false);
    }

    private boolean find(long hi, long lo, ChunkPlace place, boolean usable) {
        if (recent.find(hi, lo, place)) {
            return true;
        }
        int fallback = -1;
        for (int i = 0; i < runs.size(); i++) {
            if (runs.get(i).mayHold(hi, lo) && findIn(i, hi, lo, place)) {
                if (!condemned.get(place.pack)) {
                    return true;
                }
                fallback = i;
            }
        }
        return fallback >= 0 && !usable && findIn(fallback, hi, lo, place);
    }

    private boolean findIn(int number, long hi, long lo, ChunkPlace place) {
        IndexRun run = runs.get(number);
        int page = run.pageOf(hi);
        while (page >= 0) {
            byte[] plain = page(number, page);
            int entry = search(plain, run.entriesIn(page), hi, lo);
            if (entry >= 0) {
                int at = entry * RunFormat.ENTRY_BYTES;
                place.pack = packsOfRuns.get(number)[Bytes.getInt(plain, at + 16)];
                place.offset = Bytes.getTriple(plain, at + 20);
                place.length = Bytes.getTriple(plain, at + 23);
                place.run = number;
                place.ordinal = (long) page * RunFormat.PAGE_ENTRIES + entry;
                return true;
            }
            if (!run.beginsWith(page, hi)) {
                return false;
            }
            page--;
        }
        return false;
    }

    private static int search(byte[] plain, int entries, long hi, long lo) {
        int low = 0;
        int high = entries - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int at = middle * RunFormat.ENTRY_BYTES;
            int order = Long.compareUnsigned(Bytes.getLong(plain, at), hi);
            if (order == 0) {
                order = Long.compareUnsigned(Bytes.getLong(plain, at + 8), lo);
            }
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    private byte[] page(int run, int page) {
        long key = (long) run << 32 | page;
        byte[] cached = pages.get(key);
        if (cached == null) {
            cached = runs.get(run).page(page);
            pages.put(key, cached);
        }
        return cached;
    }

    /** Hears of an entry of a run. */
    @FunctionalInterface
    interface EntryVisitor {
        void entry(int run, long ordinal, long hi, long lo, int pack, int offset, int length);
    }

    /** Visits every entry of every run, run by run in ascending order. */
    void forEachEntry(EntryVisitor visitor) {
        for (int number = 0; number < runs.size(); number++) {
            IndexRun run = runs.get(number);
            int[] global = packsOfRuns.get(number);
            for (int page = 0; page < run.pages(); page++) {
                byte[] plain = run.page(page);
                for (int i = 0; i < run.entriesIn(page); i++) {
                    int at = i * RunFormat.ENTRY_BYTES;
                    visitor.entry(
                            number,
                            (long) page * RunFormat.PAGE_ENTRIES + i,
                            Bytes.getLong(plain, at),
                            Bytes.getLong(plain, at + 8),
                            global[Bytes.getInt(plain, at + 16)],
                            Bytes.getTriple(plain, at + 20),
                            Bytes.getTriple(plain, at + 23));
                }
            }
        }
    }

    /** Writes what was added to a run; all its packs are sealed and durable. */
    void flush() {
        if (recent.size() == 0) {
            return;
        }
        String name;
        try (RunWriter writer = new RunWriter(files, keys, random, recent.size())) {
            recent.forEachSorted((hi, lo, pack, offset, length) -> writer.add(hi, lo, packs.get(pack), offset, length));
            name = writer.finish(List.of());
        }
        for (int i = 0; i < packs.size(); i++) {
            if (packs.get(i).isSealed()) {
                numbers.putIfAbsent(packs.get(i).id(), i);
            }
        }
        recent.clear();
        try {
            adopt(IndexRun.open(files.run(name), name, keys));
        } catch (IOException e) {
            throw Failures.disk("read index run", files.run(name), e);
        }
    }

    /** Makes few runs of many; the caller holds the maintenance lock and has reloaded since. */
    void merge() {
        if (runs.size() > MANY_RUNS) {
            rewrite(new BitSet());
        }
    }

    /** Writes all runs anew without the entries of some packs; the caller holds the maintenance lock and has reloaded since. */
    void rewrite(BitSet dropped) {
        List<String> old = new ArrayList<>();
        runs.forEach(r -> old.add(r.name()));
        long left = chunks();
        List<String> written = new ArrayList<>();
        try (MergedRuns merged = new MergedRuns(runs, packsOfRuns, dropped, condemned)) {
            while (merged.hasNext()) {
                long share = Math.min(left, RunFormat.MAX_ENTRIES);
                try (RunWriter writer = new RunWriter(files, keys, random, share)) {
                    while (merged.hasNext() && writer.entries() < share && !writer.isFull()) {
                        merged.next();
                        writer.add(
                                merged.hi(), merged.lo(), packs.get(merged.pack()), merged.offset(), merged.length());
                    }
                    left -= writer.entries();
                    written.add(writer.finish(merged.hasNext() ? List.of() : old));
                }
            }
        }
        for (String name : old) {
            files.delete(files.run(name));
        }
        files.sync();
        Set<Digest> wasCondemned = new HashSet<>();
        condemned.stream()
                .filter(n -> !dropped.get(n))
                .forEach(n -> wasCondemned.add(packs.get(n).id()));
        reload(wasCondemned);
    }

    /** Starts over without any run; the caller has the store for itself. */
    void abandon() {
        List<String> old = files.runs();
        forget();
        for (String name : old) {
            files.delete(files.run(name));
        }
        files.sync();
    }

    /** Forgets what was added and not flushed. */
    void rollback() {
        recent.clear();
    }

    long fileBytes() {
        long sum = 0;
        for (IndexRun run : runs) {
            try {
                sum += Files.size(files.run(run.name()));
            } catch (NoSuchFileException e) {
                continue; // merged by another process meanwhile
            } catch (IOException e) {
                throw Failures.disk("read the size of", files.run(run.name()), e);
            }
        }
        return sum;
    }

    @Override
    public void close() {
        forget();
    }
}
