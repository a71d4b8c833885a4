package online.hypermesh.impl.content.repository;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import online.hypermesh.api.content.SnapshotId;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.impl.seal.StreamSeal;
import online.hypermesh.stoq.base.cbor.CborWriter;

/** The snapshots of a repository, each a sealed file of its own under a random name. Thread-safe. */
final class SnapshotFiles {
    private final RepositoryFiles files;
    private final RepositoryKeys keys;
    private final SecureRandom random = new SecureRandom();

    SnapshotFiles(RepositoryFiles files, RepositoryKeys keys) {
        this.files = files;
        this.keys = keys;
    }

    SnapshotId newId() {
        return new SnapshotId(Bytes.randomName(random));
    }

    private static byte[] context(SnapshotId id) {
        return new CborWriter()
                .array(2)
                .text("hypermesh/repository-snapshot/v1")
                .text(id.hex())
                .toBytes();
    }

    /** Publishes a snapshot, durably. */
    void write(SnapshotRecord record) {
        SnapshotId id = record.snapshot().id();
        files.writeRecord(
                files.snapshots(), id.hex(), keys.sealMeta(StreamSeal.newSalt(random), context(id), record.encode()));
    }

    /**
     * Reads a snapshot.
     *
     * @throws HypermeshException NOT_FOUND, or CORRUPTED naming it
     */
    SnapshotRecord read(SnapshotId id) {
        byte[] sealed = files.readRecord(files.snapshots(), id.hex())
                .orElseThrow(() -> Failures.missing("there is no snapshot " + id + ". List them with snapshots"));
        try {
            return SnapshotRecord.decode(id, keys.openMeta(context(id), sealed, SnapshotRecord.MAX_BYTES));
        } catch (HypermeshException e) {
            throw Failures.corrupted("snapshot " + id + " does not open", e);
        }
    }

    List<SnapshotId> ids() {
        return files.names(files.snapshots(), "").stream().map(SnapshotId::new).toList();
    }

    /** All that can be read, oldest first; what is wrong with the others goes to {@code problems}. */
    List<SnapshotRecord> all(Consumer<String> problems) {
        List<SnapshotRecord> records = new ArrayList<>();
        for (SnapshotId id : ids()) {
            try {
                records.add(read(id));
            } catch (HypermeshException e) {
                if (e.code() == Code.CORRUPTED) {
                    problems.accept(String.valueOf(e.getMessage()));
                } else if (e.code() != Code.NOT_FOUND) {
                    throw e;
                }
            }
        }
        records.sort(Comparator.comparing((SnapshotRecord r) -> r.snapshot().time())
                .thenComparing(r -> r.snapshot().id()));
        return records;
    }

    /** The newest snapshot that was made of these paths. */
    Optional<SnapshotRecord> newestOf(List<String> origins) {
        return all(problem -> {}).stream()
                .filter(r -> r.snapshot().origins().equals(origins))
                .reduce((older, newer) -> newer);
    }

    /** Deletes a snapshot durably. */
    void delete(SnapshotId id) {
        if (!ids().contains(id)) {
            throw Failures.missing("there is no snapshot " + id + ". List them with snapshots");
        }
        files.delete(files.snapshots().resolve(id.hex()));
        files.sync();
    }
}
