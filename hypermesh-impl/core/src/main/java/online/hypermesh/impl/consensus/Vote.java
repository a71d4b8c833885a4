package online.hypermesh.impl.consensus;

import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;

/**
 * One validator's signed statement. Immutable; the signature is not yet checked.
 *
 * @param validator index into the epoch's validator set
 * @param statement what it says
 * @param signature over the statement
 */
public record Vote(int validator, VoteStatement statement, Signature signature) {
    /**
     * Which vote.
     *
     * @return the statement's kind
     */
    public VoteKind kind() {
        return statement.kind();
    }

    /**
     * The view voted in.
     *
     * @return at least 1
     */
    public long view() {
        return statement.view();
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(6)
                .uint(validator)
                .uint(statement.kind().code())
                .uint(statement.epoch())
                .uint(statement.view())
                .bytes(statement.blockId().toBytes())
                .bytes(signature.toBytes());
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the vote, not verified
     */
    public static Vote readFrom(CborReader r) {
        r.expectArray(6);
        int validator = r.uint(Certificate.MAX_VOTES);
        VoteKind kind = VoteKind.of(r.uint(3));
        VoteStatement statement = new VoteStatement(kind, r.uint(), r.uint(), Digest.of(r.fixedBytes(Digest.LENGTH)));
        return new Vote(validator, statement, Signature.of(r.fixedBytes(Signature.LENGTH)));
    }
}
