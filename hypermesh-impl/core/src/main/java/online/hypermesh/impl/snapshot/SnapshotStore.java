package online.hypermesh.impl.snapshot;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.impl.ledger.StateBase;
import online.hypermesh.impl.ledger.StateTree;
import online.hypermesh.impl.storage.DataDirectory;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.stoq.base.id.NetworkId;
import org.jspecify.annotations.Nullable;

/**
 * A node's snapshots on its disk: the newest {@value #KEPT} complete ones, and one that is being written or fetched. What is on
 * this disk is believed like the blocks beside it: the parts are checked against the root that the snapshot's header names, the
 * validators who signed that header are those of the state itself. Thread-safe.
 */
public final class SnapshotStore implements AutoCloseable {
    /** Complete snapshots kept. */
    public static final int KEPT = 2;

    private static final Logger LOG = System.getLogger(SnapshotStore.class.getName());

    private final Path directory;
    private final NetworkId network;
    private final NavigableMap<Long, SnapshotLog> complete = new TreeMap<>();
    private @Nullable SnapshotLog begun;
    private boolean closed;

    private SnapshotStore(Path directory, NetworkId network) {
        this.directory = directory;
        this.network = network;
    }

    /**
     * Opens a store, creating it when it does not exist. A snapshot that cannot be read is reported and forgotten.
     *
     * @param directory holds nothing but snapshots
     * @param network the network they are of
     * @return the store
     * @throws HypermeshException LOCKED when it is in use, STORAGE_FAILED when the disk refuses
     */
    public static SnapshotStore open(Path directory, NetworkId network) {
        SnapshotStore store = new SnapshotStore(directory, network);
        boolean opened = false;
        try {
            DataDirectory.createPrivate(directory);
            for (Path path : store.directories()) {
                store.find(path);
            }
            store.keepNewest();
            opened = true;
            return store;
        } catch (IOException e) {
            throw failed("open", directory, e);
        } finally {
            if (!opened) {
                store.close();
            }
        }
    }

    private List<Path> directories() throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(p -> p.getFileName().toString().matches("[0-9]{1,19}"))
                    .sorted(Comparator.comparing(p -> p.getFileName().toString()))
                    .toList();
        }
    }

    private void find(Path path) throws IOException {
        SnapshotLog log;
        try {
            log = SnapshotLog.open(path).orElse(null);
        } catch (HypermeshException e) {
            if (e.code() != Code.CORRUPTED) {
                throw e;
            }
            LOG.log(Level.WARNING, "A snapshot is not used: {0}", e.getMessage());
            log = null;
        }
        if (log == null) {
            delete(path);
        } else if (log.isComplete()) {
            complete.put(log.snapshot().height(), log);
        } else if (begun == null) {
            begun = log;
        } else {
            SnapshotLog older = begun;
            begun = log;
            older.close();
            delete(path(older.snapshot()));
        }
    }

    private Path path(Snapshot snapshot) {
        return directory.resolve(String.valueOf(snapshot.height()));
    }

    /**
     * Reads the newest snapshot that is whole. Others are reported, and forgotten.
     *
     * @return what a ledger begins with, if there is any
     */
    public synchronized Optional<StateBase> newest() {
        while (!complete.isEmpty()) {
            SnapshotLog log = complete.lastEntry().getValue();
            Snapshot snapshot = log.snapshot();
            try {
                Verdict verdict = snapshot.consistency(network);
                if (verdict instanceof Verdict.Rejected r) {
                    throw new HypermeshException(r.code(), Retry.NEVER, r.detail());
                }
                return Optional.of(snapshot.with(read(log)));
            } catch (HypermeshException e) {
                if (e.code() != Code.CORRUPTED && e.code() != Code.INVALID_PROOF) {
                    throw e; // says nothing about the snapshot
                }
                LOG.log(
                        Level.WARNING,
                        "The snapshot of height {0} in {1} is not used: {2}",
                        String.valueOf(snapshot.height()),
                        directory,
                        e.getMessage());
                complete.pollLastEntry();
                log.close();
                delete(path(snapshot));
            }
        }
        return Optional.empty();
    }

    private static StateTree read(SnapshotLog log) {
        List<Digest> hashes = log.snapshot().skeleton().parts();
        return StateParts.joined(
                log.snapshot().skeleton(),
                i -> log.part(hashes.get(i))
                        .orElseThrow(() ->
                                new HypermeshException(Code.CORRUPTED, Retry.NEVER, "part " + i + " is missing")));
    }

    /**
     * Writes a snapshot, and forgets the oldest when there are more than {@value #KEPT}.
     *
     * @param snapshot what it is of
     * @param parts the state's, in the skeleton's order
     * @throws HypermeshException STORAGE_FAILED when the disk is full or fails; nothing is left of it then
     */
    public void write(Snapshot snapshot, List<StateTree> parts) {
        SnapshotLog log = begin(snapshot);
        boolean written = false;
        try {
            List<Digest> hashes = snapshot.skeleton().parts();
            for (int i = 0; i < hashes.size(); i++) {
                if (!log.has(hashes.get(i))) {
                    log.add(hashes.get(i), parts.get(i).encode());
                }
            }
            finish(log);
            written = true;
        } finally {
            if (!written) {
                abandon(log);
            }
        }
    }

    /** Goes on with the snapshot begun, or begins one and gives up another that was begun. */
    synchronized SnapshotLog begin(Snapshot snapshot) {
        if (closed) {
            throw new HypermeshException(Code.CLOSED, Retry.NEVER, "the snapshots in " + directory + " were closed");
        }
        SnapshotLog known = begun;
        if (known != null) {
            if (known.snapshot().skeleton().parts().equals(snapshot.skeleton().parts())
                    && known.snapshot().base().equals(snapshot.base())) {
                return known;
            }
            abandon(known);
        }
        SnapshotLog made = SnapshotLog.create(path(snapshot), snapshot);
        begun = made;
        return made;
    }

    /** What was begun before, and not finished. */
    synchronized Optional<Snapshot> begun() {
        return Optional.ofNullable(begun).map(SnapshotLog::snapshot);
    }

    /** All parts were added. */
    synchronized void finish(SnapshotLog log) {
        if (!log.isComplete()) {
            throw new IllegalStateException(
                    "the snapshot of height " + log.snapshot().height() + " lacks parts");
        }
        log.sync();
        begun = null;
        complete.put(log.snapshot().height(), log);
        keepNewest();
    }

    private synchronized void abandon(SnapshotLog log) {
        if (log.equals(begun)) {
            begun = null;
        }
        try {
            log.close();
        } catch (HypermeshException e) {
            LOG.log(Level.DEBUG, "closing an unfinished snapshot failed", e);
        }
        delete(path(log.snapshot()));
    }

    private void keepNewest() {
        while (complete.size() > KEPT) {
            SnapshotLog oldest = complete.pollFirstEntry().getValue();
            oldest.close();
            delete(path(oldest.snapshot()));
        }
    }

    /**
     * Height of the oldest complete snapshot: blocks above it are needed to begin with any of them.
     *
     * @return empty when there is none
     */
    public synchronized Optional<Long> oldestHeight() {
        return complete.isEmpty() ? Optional.empty() : Optional.of(complete.firstKey());
    }

    /**
     * The newest complete snapshot, as it is sent to peers.
     *
     * @return its canonical bytes, if there is one
     */
    public synchronized Optional<byte[]> newestEncoded() {
        return Optional.ofNullable(complete.lastEntry()).map(e -> e.getValue().encoded());
    }

    /**
     * A part of a complete snapshot.
     *
     * @param height of the snapshot
     * @param part the part's hash
     * @return its bytes, if they are here
     * @throws HypermeshException CORRUPTED when the disk damaged it
     */
    public Optional<byte[]> part(long height, Digest part) {
        SnapshotLog log;
        synchronized (this) {
            log = complete.get(height);
        }
        return log == null ? Optional.empty() : log.part(part);
    }

    private static void delete(Path path) {
        try {
            List<Path> files;
            try (Stream<Path> entries = Files.walk(path)) {
                files = entries.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path file : files) {
                Files.delete(file);
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot delete the snapshot in " + path + "; delete it by hand", e);
        }
    }

    private static HypermeshException failed(String what, Path directory, IOException e) {
        return new HypermeshException(
                Code.STORAGE_FAILED,
                Retry.NEVER,
                "cannot " + what + " the snapshots in " + directory + ": " + e + ". Check permissions and free space",
                e);
    }

    /** Releases the files; idempotent. */
    @Override
    public synchronized void close() {
        closed = true;
        for (Map.Entry<Long, SnapshotLog> e : complete.entrySet()) {
            e.getValue().close();
        }
        complete.clear();
        if (begun != null) {
            begun.close();
            begun = null;
        }
    }
}
