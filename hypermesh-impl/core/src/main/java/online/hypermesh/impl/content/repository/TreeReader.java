package online.hypermesh.impl.content.repository;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import online.hypermesh.api.content.EntryPath;
import online.hypermesh.api.content.TreeEntry;
import online.hypermesh.api.error.HypermeshException;

/** Finds and lists entries of snapshots. Confined to one thread. */
final class TreeReader {
    private final ChunkReader chunks;

    TreeReader(ChunkReader chunks) {
        this.chunks = chunks;
    }

    /** The entries of a directory; of a snapshot's root without a path. */
    record Found(Optional<Node> node, StreamRef entries) {}

    /**
     * Finds an entry.
     *
     * @throws online.hypermesh.api.error.HypermeshException NOT_FOUND naming the path
     */
    Found find(SnapshotRecord snapshot, EntryPath path) {
        StreamRef entries = snapshot.root();
        Optional<Node> found = Optional.empty();
        for (byte[] name : path.names()) {
            if (found.isPresent() && found.get().kind() != TreeEntry.Kind.DIRECTORY) {
                throw missing(snapshot, path);
            }
            Node node = entry(entries, name).orElseThrow(() -> missing(snapshot, path));
            found = Optional.of(node);
            entries = node.kind() == TreeEntry.Kind.DIRECTORY ? node.content() : StreamRef.EMPTY;
        }
        return new Found(found, entries);
    }

    private static HypermeshException missing(SnapshotRecord snapshot, EntryPath path) {
        return Failures.missing("snapshot " + snapshot.snapshot().id() + " has no " + path + ". List it with ls");
    }

    private Optional<Node> entry(StreamRef directory, byte[] name) {
        DirectoryReader reader = new DirectoryReader(chunks, directory);
        for (Node node = reader.next(); node != null; node = reader.next()) {
            if (Arrays.equals(node.name(), name)) {
                return Optional.of(node);
            }
        }
        return Optional.empty();
    }

    /** Lists the entries of a directory, and below them. */
    void list(StreamRef directory, EntryPath at, boolean recursive, Consumer<TreeEntry> to) {
        DirectoryReader reader = new DirectoryReader(chunks, directory);
        for (Node node = reader.next(); node != null; node = reader.next()) {
            EntryPath path = at.child(node.name());
            to.accept(node.entry(path));
            if (recursive && node.kind() == TreeEntry.Kind.DIRECTORY) {
                list(node.content(), path, true, to);
            }
        }
    }
}
