package online.hypermesh.api.content;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Keeps snapshots of file trees: deduplicated in one domain, compressed, and encrypted before they reach the disk. What
 * {@code store} returned is durable, and neither a crash nor another writer takes it back. Thread-safe; several processes
 * may read and write one store at a time.
 *
 * <p>All methods throw {@link online.hypermesh.api.error.HypermeshException}: NOT_FOUND naming the snapshot or path,
 * CORRUPTED naming the damaged object, LIMIT_EXCEEDED for quotas and limits, LOCKED naming who holds the store,
 * STORAGE_FAILED when the disk refuses.
 */
public interface ContentStore extends AutoCloseable {
    /**
     * Stores files and directories with all they contain. Symbolic links are stored as links; sockets, pipes and devices are
     * left out. A file that cannot be read is left out and named in the outcome.
     *
     * @param roots what to store; each becomes an entry of the snapshot's root under its last name
     * @param label public to whoever can open the store, for people; at most {@link Snapshot#MAX_LABEL_BYTES}
     * @param progress hears of files and bytes
     * @return the snapshot, durable
     */
    StoredSnapshot store(List<Path> roots, String label, Progress progress);

    /**
     * Stores one stream as a file.
     *
     * @param name name of the file in the snapshot's root
     * @param content read to its end, not closed
     * @param label for people
     * @return the snapshot, durable
     * @throws IOException when reading the content fails; then nothing is stored
     */
    Snapshot store(String name, InputStream content, String label) throws IOException;

    /**
     * All snapshots that can be opened, oldest first.
     *
     * @return the snapshots
     */
    List<Snapshot> snapshots();

    /**
     * Finds a snapshot.
     *
     * @param reference its id, at least four first digits of it, or {@code latest}
     * @return the snapshot; empty when none or more than one fits
     */
    Optional<Snapshot> find(String reference);

    /**
     * Deletes a snapshot; what only it needed goes when garbage is collected.
     *
     * @param id the snapshot
     */
    void delete(SnapshotId id);

    /**
     * Lists a part of a snapshot: the entry itself and everything below it, each directory before its entries, those in the
     * order of their names' bytes.
     *
     * @param id the snapshot
     * @param part where to begin
     * @param recursive whether to go below the entries of {@code part} itself
     * @param to receives the entries
     */
    void list(SnapshotId id, EntryPath part, boolean recursive, Consumer<TreeEntry> to);

    /**
     * Reads one file. Every byte written was authenticated.
     *
     * @param id the snapshot
     * @param file the file
     * @param to where it goes; not closed
     * @return its length
     * @throws IOException when writing to {@code to} fails
     */
    long read(SnapshotId id, EntryPath file, OutputStream to) throws IOException;

    /**
     * Restores a part of a snapshot below a directory. Never writes outside of it: names that would leave it are refused, and
     * so is every symbolic link that lies in the way. Files appear under their names when they are complete.
     *
     * @param id the snapshot
     * @param part what to restore; the root restores everything
     * @param target the directory; created if it does not exist
     * @param overwrite whether files that exist are replaced; otherwise they are named as failed
     * @param progress hears of files and bytes
     * @return what was restored
     */
    RestoreReport restore(SnapshotId id, EntryPath part, Path target, boolean overwrite, Progress progress);

    /**
     * Looks for damage; changes nothing.
     *
     * @param depth how much is read
     * @param progress hears of packs and bytes
     * @return what was found
     */
    CheckReport check(CheckDepth depth, Progress progress);

    /**
     * Makes the index again from the packs, sets damaged packs aside, and names what is lost. Storing the same files again
     * brings it back. Needs the store for itself alone.
     *
     * @param progress hears of packs and bytes
     * @return what was found
     */
    CheckReport repair(Progress progress);

    /**
     * Deletes what no snapshot needs, in two phases: what is garbage now is condemned, and no writer that begins later uses
     * it; what was condemned longer ago than {@code grace} is deleted once every writer that began before has ended. Writers
     * may run meanwhile. With a grace of zero both phases run at once, and the store must have no writer.
     *
     * @param grace how long condemned packs are kept
     * @param progress hears of packs and bytes
     * @return what was done
     */
    GarbageReport collectGarbage(Duration grace, Progress progress);

    /**
     * What the store amounts to.
     *
     * @return figures
     */
    StoreStatistics statistics();

    /**
     * Makes another key that opens the store. It is shown this once and not kept; write it down.
     *
     * @return the recovery key as text
     */
    String addRecoveryKey();

    /** Releases files and wipes keys; idempotent. */
    @Override
    void close();
}
