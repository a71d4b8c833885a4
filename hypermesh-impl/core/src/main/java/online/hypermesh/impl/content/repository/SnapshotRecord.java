package online.hypermesh.impl.content.repository;

import java.time.Instant;
import java.util.List;
import online.hypermesh.api.content.Snapshot;
import online.hypermesh.api.content.SnapshotId;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;

/**
 * A snapshot as it is stored: what is told about it, and its root directory. Immutable.
 *
 * @param snapshot what is told
 * @param root entries of the root
 */
record SnapshotRecord(Snapshot snapshot, StreamRef root) {
    static final int MAX_ORIGINS = 1000;
    static final int MAX_ORIGIN_BYTES = 4096;
    static final int MAX_BYTES = 8 << 20;

    private static final int VERSION = 1;

    byte[] encode() {
        CborWriter w = new CborWriter(512).array(8).uint(VERSION);
        Node.time(w, snapshot.time());
        w.text(snapshot.label())
                .list(snapshot.origins(), CborWriter::text)
                .uint(snapshot.files())
                .uint(snapshot.directories())
                .array(2)
                .uint(snapshot.bytes())
                .uint(snapshot.newBytes());
        root.writeTo(w);
        return w.toBytes();
    }

    /**
     * Reads the canonical form.
     *
     * @throws online.hypermesh.api.error.HypermeshException CORRUPTED when the bytes are none
     */
    static SnapshotRecord decode(SnapshotId id, byte[] bytes) {
        try {
            CborReader r = new CborReader(bytes).expectArray(8).expect(VERSION, "snapshot version");
            Instant time = Node.time(r);
            String label = r.text(Snapshot.MAX_LABEL_BYTES);
            List<String> origins = r.list(MAX_ORIGINS, o -> o.text(MAX_ORIGIN_BYTES));
            long files = r.uint();
            long directories = r.uint();
            r.expectArray(2);
            long size = r.uint();
            long newBytes = r.uint();
            StreamRef root = StreamRef.readFrom(r);
            r.end();
            return new SnapshotRecord(new Snapshot(id, time, label, origins, files, directories, size, newBytes), root);
        } catch (CborException | IllegalArgumentException e) {
            throw Failures.corrupted("snapshot " + id + " is damaged", e);
        }
    }
}
