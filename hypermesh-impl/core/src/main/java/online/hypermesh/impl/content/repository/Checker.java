package online.hypermesh.impl.content.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import online.hypermesh.api.content.CheckDepth;
import online.hypermesh.api.content.CheckReport;
import online.hypermesh.api.content.Progress;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.stoq.base.crypto.Digest;

/** Looks for damage, and makes the index again. Confined to one thread. */
final class Checker {
    private static final int MAX_NAMED = 1000;

    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final RepositoryIndex index;
    private final SnapshotFiles snapshots;
    private final ChunkReader chunks;
    private final ExecutorService workers;
    private final Progress progress;
    private final List<String> problems = new ArrayList<>();
    private long packsExamined;
    private long bytesExamined;

    Checker(
            RepositoryFiles files,
            RepositoryKeys keys,
            RepositoryIndex index,
            SnapshotFiles snapshots,
            ChunkReader chunks,
            ExecutorService workers,
            Progress progress) {
        this.files = files;
        this.keys = keys;
        this.index = index;
        this.snapshots = snapshots;
        this.chunks = chunks;
        this.workers = workers;
        this.progress = progress;
    }

    private void problem(String what) {
        if (problems.size() < MAX_NAMED) {
            problems.add(what);
        }
    }

    CheckReport run(CheckDepth depth) {
        index.damaged().forEach(this::problem);
        BitSet bad = lengths();
        if (depth == CheckDepth.ALL_DATA) {
            data(bad);
        }
        return walk(bad);
    }

    /** Packs that are missing or have another length than the index says. */
    private BitSet lengths() {
        Map<Digest, Long> found = new HashMap<>();
        files.forEachPack((id, bytes, modified) -> found.put(id, bytes), stray -> {});
        BitSet bad = new BitSet();
        for (int pack = 0; pack < index.packCount(); pack++) {
            PackSlot slot = index.pack(pack);
            Long bytes = found.get(slot.id());
            if (bytes == null || bytes != slot.storedBytes()) {
                bad.set(pack);
                problem("pack " + slot.id()
                        + (bytes == null
                                ? " is missing"
                                : " has " + bytes + " bytes instead of " + slot.storedBytes()));
            } else {
                packsExamined++;
                bytesExamined += bytes;
            }
        }
        return bad;
    }

    private void data(BitSet bad) {
        packsExamined = 0;
        bytesExamined = 0;
        Map<Digest, Integer> numbers = new HashMap<>();
        ChunkPlace place = new ChunkPlace();
        PackAudit audit = new PackAudit(files, keys, workers, found -> {
            examined(found);
            int pack = numbers.getOrDefault(found.pack(), -1);
            if (found.problem().isPresent()) {
                bad.set(pack);
            }
            int offset = 0;
            for (int i = 0; i < found.lengths().length; i++) {
                long hi = found.ids()[2 * i];
                long lo = found.ids()[2 * i + 1];
                boolean known = index.find(hi, lo, place);
                if (!known || place.pack == pack && (place.offset != offset || place.length != found.lengths()[i])) {
                    problem("the index does not know chunk " + ChunkReader.name(hi, lo) + " of pack " + found.pack());
                }
                offset += found.lengths()[i];
            }
        });
        for (int pack = 0; pack < index.packCount(); pack++) {
            if (!bad.get(pack)) {
                numbers.put(index.pack(pack).id(), pack);
                audit.add(index.pack(pack).id());
            }
        }
        audit.finish();
    }

    private void examined(PackAudit.Found found) {
        packsExamined++;
        bytesExamined += found.storedBytes();
        found.problem().ifPresent(this::problem);
        progress.advanced(packsExamined, bytesExamined);
    }

    private CheckReport walk(BitSet bad) {
        TreeWalk walk = new TreeWalk(index, chunks, bad::get);
        List<SnapshotRecord> records = snapshots.all(this::problem);
        records.forEach(walk::snapshot);
        return new CheckReport(
                records.size(), packsExamined, index.chunks(), bytesExamined, problems, walk.lost(), walk.lostCount());
    }

    /** Writes a new index from all packs that can be read; the caller has the store for itself. */
    CheckReport repair() {
        index.reload(Set.of());
        index.damaged().forEach(this::problem);
        index.abandon();
        Map<Digest, Path> damaged = new TreeMap<>();
        PackAudit audit = new PackAudit(files, keys, workers, found -> {
            examined(found);
            if (found.problem().isPresent()) {
                damaged.put(found.pack(), files.pack(found.pack()));
            } else {
                adopt(found);
            }
        });
        List<Digest> packs = new ArrayList<>();
        files.forEachPack((id, bytes, modified) -> packs.add(id), stray -> {});
        packs.forEach(audit::add);
        audit.finish();
        index.flush();
        index.merge();
        damaged.forEach(this::setAside);
        return walk(new BitSet());
    }

    private void adopt(PackAudit.Found found) {
        if (index.isFull()) {
            index.flush();
        }
        int pack = index.newPack();
        index.pack(pack).sealed(found.pack(), found.storedBytes());
        ChunkPlace place = new ChunkPlace();
        int offset = 0;
        for (int i = 0; i < found.lengths().length; i++) {
            long hi = found.ids()[2 * i];
            long lo = found.ids()[2 * i + 1];
            if (!index.find(hi, lo, place)) {
                index.add(hi, lo, pack, offset, found.lengths()[i]);
            }
            offset += found.lengths()[i];
        }
    }

    private void setAside(Digest id, Path file) {
        try {
            DataDirectory.createPrivate(files.damaged());
            Files.move(
                    file,
                    files.damaged().resolve(id.toHex()),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            files.touched(files.damaged());
            files.touched(Objects.requireNonNull(file.toAbsolutePath().getParent(), "a pack is in a folder"));
            files.sync();
        } catch (IOException e) {
            throw Failures.disk("set aside", file, e);
        }
    }
}
