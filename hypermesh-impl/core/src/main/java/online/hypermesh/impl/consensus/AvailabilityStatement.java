package online.hypermesh.impl.consensus;

import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;

/**
 * "I hold this batch on disk and answer who asks for it until what is in it is final or the epoch has ended." Signed with the
 * voting key under a tag of its own and the network id, so that it is never a vote on a block. Immutable.
 *
 * @param epoch the epoch, at least 0
 * @param maker index of the batch's maker in the epoch's set
 * @param sequence the batch's number among its maker's, at least 0
 * @param batchId the batch
 */
public record AvailabilityStatement(long epoch, int maker, long sequence, Digest batchId) {
    /** Purpose of the signatures. */
    public static final DomainTag TAG = new DomainTag("hypermesh/batch-availability/v1");

    /**
     * The bytes that are signed.
     *
     * @return canonical encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(64);
        writeTo(w);
        return w.toBytes();
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(4).uint(epoch).uint(maker).uint(sequence).bytes(batchId.toBytes());
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the statement
     */
    public static AvailabilityStatement readFrom(CborReader r) {
        r.expectArray(4);
        return new AvailabilityStatement(
                r.uint(), r.uint(Batch.MAX_MAKER), r.uint(), Digest.of(r.fixedBytes(Digest.LENGTH)));
    }
}
