package online.hypermesh.api.consensus;

import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;

/**
 * What a vote says; its canonical bytes are signed with the voting key under {@link #TAG} and the network id.
 *
 * @param kind which vote
 * @param epoch the epoch
 * @param view the view within the epoch, at least 1
 * @param blockId the block; {@link Digest#ZERO} for a nullification
 */
public record VoteStatement(VoteKind kind, long epoch, long view, Digest blockId) {
    /** Purpose of vote signatures. */
    public static final DomainTag TAG = new DomainTag("hypermesh/vote/v1");

    /**
     * The bytes that are signed.
     *
     * @return canonical encoding
     */
    public byte[] encode() {
        return new CborWriter(64)
                .array(4)
                .uint(kind.code())
                .uint(epoch)
                .uint(view)
                .bytes(blockId.toBytes())
                .toBytes();
    }

    /**
     * Whether an honest validator cannot have signed both: another block under the same kind of vote in the same view, or
     * NULLIFY and FINALIZE in one view.
     *
     * @param other another statement
     * @return true if they contradict each other
     */
    public boolean contradicts(VoteStatement other) {
        if (epoch != other.epoch || view != other.view || equals(other) || !isWellFormed() || !other.isWellFormed()) {
            return false;
        }
        return kind == other.kind || (kind != VoteKind.NOTARIZE && other.kind != VoteKind.NOTARIZE);
    }

    /** Whether it names no block exactly when it is a nullification; no honest validator signs anything else. */
    private boolean isWellFormed() {
        return (kind == VoteKind.NULLIFY) == blockId.equals(Digest.ZERO);
    }
}
