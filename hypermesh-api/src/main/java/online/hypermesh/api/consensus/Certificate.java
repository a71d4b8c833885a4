package online.hypermesh.api.consensus;

import java.util.List;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * Votes of more than two thirds of the stake for one statement. Of kind {@link VoteKind#FINALIZE} it is the finality
 * certificate of a block and of all its ancestors. Immutable.
 *
 * @param statement what was voted for
 * @param votes signatures with strictly increasing validator indexes
 */
public record Certificate(VoteStatement statement, List<IndexedSignature> votes) {
    /** Most votes a certificate may carry. */
    public static final int MAX_VOTES = 1000;

    /**
     * A validator's signature inside a certificate.
     *
     * @param validator index into the epoch's validator set
     * @param signature over the statement
     */
    public record IndexedSignature(int validator, Signature signature) {}

    /**
     * Copies the votes.
     *
     * @param statement what was voted for
     * @param votes the signatures
     */
    public Certificate {
        votes = List.copyOf(votes);
    }

    /**
     * Checks that known validators with a quorum of stake signed the statement.
     *
     * @param network the network
     * @param set the epoch's validators
     * @return accepted, or the first failed check
     */
    public Verdict verify(NetworkId network, ValidatorSet set) {
        long stake = 0;
        int last = -1;
        for (IndexedSignature vote : votes) {
            if (vote.validator() <= last || vote.validator() >= set.size()) {
                return Verdict.rejected(
                        Code.INVALID_PROOF,
                        "certificate lists validator " + vote.validator() + " after " + last + " of " + set.size());
            }
            last = vote.validator();
            stake += set.get(last).stake();
        }
        if (!set.isQuorum(stake)) {
            return Verdict.rejected(
                    Code.INVALID_PROOF,
                    "certificate carries stake " + stake + " of " + set.totalStake() + "; more than two thirds needed");
        }
        byte[] body = statement.encode();
        for (IndexedSignature vote : votes) {
            if (!set.get(vote.validator()).votingKey().verify(VoteStatement.TAG, network, body, vote.signature())) {
                return Verdict.rejected(
                        Code.INVALID_SIGNATURE, "signature of validator " + vote.validator() + " does not hold");
            }
        }
        return Verdict.ACCEPTED;
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(5)
                .uint(statement.kind().code())
                .uint(statement.epoch())
                .uint(statement.view())
                .bytes(statement.blockId().toBytes())
                .list(
                        votes,
                        (o, v) -> o.array(2)
                                .uint(v.validator())
                                .bytes(v.signature().toBytes()));
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the certificate, not yet verified
     */
    public static Certificate readFrom(CborReader r) {
        r.expectArray(5);
        VoteKind kind = VoteKind.of(r.uint(3));
        VoteStatement statement = new VoteStatement(kind, r.uint(), r.uint(), Digest.of(r.fixedBytes(Digest.LENGTH)));
        return new Certificate(statement, r.list(MAX_VOTES, i -> {
            i.expectArray(2);
            return new IndexedSignature(i.uint(MAX_VOTES), Signature.of(i.fixedBytes(Signature.LENGTH)));
        }));
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(80 + votes.size() * 72);
        writeTo(w);
        return w.toBytes();
    }
}
