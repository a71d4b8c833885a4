package online.hypermesh.impl.consensus;

import java.util.List;
import online.hypermesh.api.consensus.Certificate;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Signature;

/**
 * Validators with more than two thirds of the stake hold a batch on disk: as less than one third may misbehave, honest ones
 * with more than one third do. Says nothing about what is in the batch. Immutable.
 *
 * @param statement what was signed
 * @param signatures with strictly increasing validator indexes
 */
public record AvailabilityCertificate(AvailabilityStatement statement, List<Certificate.IndexedSignature> signatures) {
    /**
     * Copies the list.
     *
     * @param statement what was signed
     * @param signatures the signatures
     */
    public AvailabilityCertificate {
        signatures = List.copyOf(signatures);
    }

    /**
     * Whether distinct validators of the set with a quorum of its stake signed. Signatures come last.
     *
     * @param set the validators of the statement's epoch
     * @param verifier checks their signatures
     * @return true if so
     */
    public boolean holds(ValidatorSet set, AvailabilityVerifier verifier) {
        long stake = 0;
        int last = -1;
        for (Certificate.IndexedSignature s : signatures) {
            if (s.validator() <= last || s.validator() >= set.size()) {
                return false;
            }
            last = s.validator();
            stake += set.get(last).stake();
        }
        return statement.maker() < set.size()
                && set.isQuorum(stake)
                && signatures.stream().allMatch(s -> verifier.holds(s.validator(), statement, s.signature()));
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.array(2);
        statement.writeTo(w);
        w.list(
                signatures,
                (o, s) -> o.array(2).uint(s.validator()).bytes(s.signature().toBytes()));
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the certificate, not verified
     */
    public static AvailabilityCertificate readFrom(CborReader r) {
        r.expectArray(2);
        return new AvailabilityCertificate(AvailabilityStatement.readFrom(r), r.list(Certificate.MAX_VOTES, i -> {
            i.expectArray(2);
            return new Certificate.IndexedSignature(
                    i.uint(Certificate.MAX_VOTES), Signature.of(i.fixedBytes(Signature.LENGTH)));
        }));
    }
}
