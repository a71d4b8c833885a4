package online.hypermesh.impl.snapshot;

import java.util.Optional;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;

/** Requests and responses of nodes that join with a snapshot. Wire format in {@code docs/spec/snapshot.md}. */
public final class SnapshotService {
    /** Service number. */
    public static final int SERVICE = 6;

    /** Longest request in bytes. */
    public static final int MAX_REQUEST_BYTES = 64;

    private static final int OFFER = 1;
    private static final int PART = 2;

    private SnapshotService() {}

    static byte[] offerRequest() {
        return new CborWriter(8).array(1).uint(OFFER).toBytes();
    }

    static byte[] partRequest(long height, Digest part) {
        return new CborWriter(48)
                .array(3)
                .uint(PART)
                .uint(height)
                .bytes(part.toBytes())
                .toBytes();
    }

    /**
     * Answers a request.
     *
     * @param request of a peer
     * @param store what there is
     * @return the response; says so when the snapshot or the part is not here
     * @throws CborException if the request is malformed
     */
    public static byte[] answer(byte[] request, SnapshotStore store) {
        CborReader r = new CborReader(request);
        int items = r.array(3);
        int kind = r.uint(PART);
        Optional<byte[]> found;
        if (kind == OFFER && items == 1) {
            r.end();
            found = store.newestEncoded();
        } else if (kind == PART && items == 3) {
            long height = r.uint();
            Digest part = Digest.of(r.fixedBytes(Digest.LENGTH));
            r.end();
            found = store.part(height, part);
        } else {
            throw new CborException("a question about snapshots of kind " + kind + " with " + items + " items");
        }
        CborWriter w = new CborWriter(found.map(f -> f.length).orElse(0) + 16).array(1);
        found.ifPresentOrElse(w::bytes, w::nil);
        return w.toBytes();
    }

    /** What a response holds; empty when the peer does not have it. */
    static Optional<byte[]> decode(byte[] response, int maxBytes) {
        CborReader r = new CborReader(response).expectArray(1);
        Optional<byte[]> found = r.nil() ? Optional.empty() : Optional.of(r.bytes(maxBytes));
        r.end();
        return found;
    }
}
