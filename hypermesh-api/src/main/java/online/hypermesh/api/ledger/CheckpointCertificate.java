package online.hypermesh.api.ledger;

import java.util.List;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MlDsa65;
import online.hypermesh.stoq.base.id.NetworkId;

/**
 * ML-DSA-65 signatures of more than two thirds of an epoch's stake under the header that ended it, beside the Ed25519
 * certificate in the hand-over. Who forges Ed25519 one day can still not write another history up to here. Immutable.
 *
 * @param headerId the header that ended the epoch
 * @param signatures with strictly increasing validator indexes
 */
public record CheckpointCertificate(Digest headerId, List<CoSignature> signatures) {
    /**
     * One validator's signature.
     *
     * @param validator index into the epoch's validator set
     * @param key the ML-DSA-65 key whose hash the set names
     * @param signature over the header's id
     */
    public record CoSignature(int validator, byte[] key, byte[] signature) {
        /**
         * Copies the arrays.
         *
         * @param validator index
         * @param key public key
         * @param signature signature
         */
        public CoSignature {
            key = key.clone();
            signature = signature.clone();
        }

        @Override
        public byte[] key() {
            return key.clone();
        }

        @Override
        public byte[] signature() {
            return signature.clone();
        }
    }

    /**
     * Copies the list.
     *
     * @param headerId the header
     * @param signatures the signatures
     */
    public CheckpointCertificate {
        signatures = List.copyOf(signatures);
    }

    /**
     * Checks the signatures.
     *
     * @param network the network
     * @param set the validators of the epoch that the header ended
     * @return accepted, or the first failed check
     */
    public Verdict verify(NetworkId network, ValidatorSet set) {
        long stake = 0;
        int last = -1;
        for (CoSignature s : signatures) {
            if (s.validator <= last || s.validator >= set.size()) {
                return Verdict.rejected(
                        Code.INVALID_PROOF,
                        "checkpoint lists validator " + s.validator + " after " + last + " of " + set.size());
            }
            last = s.validator;
            stake += set.get(last).stake();
        }
        if (!set.isQuorum(stake)) {
            return Verdict.rejected(
                    Code.INVALID_PROOF,
                    "checkpoint carries stake " + stake + " of " + set.totalStake() + "; more than two thirds needed");
        }
        for (CoSignature s : signatures) {
            Validator signer = set.get(s.validator);
            if (!Digest.sha256(s.key).equals(signer.checkpointKey())
                    || !MlDsa65.verify(
                            s.key, ValidatorChange.CHECKPOINT_TAG, network, headerId.toBytes(), s.signature)) {
                return Verdict.rejected(
                        Code.INVALID_SIGNATURE, "checkpoint signature of " + signer.id() + " does not hold");
            }
        }
        return Verdict.ACCEPTED;
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        return new CborWriter(64 + signatures.size() * 5_300)
                .array(2)
                .bytes(headerId.toBytes())
                .list(
                        signatures,
                        (o, s) -> o.array(3).uint(s.validator).bytes(s.key).bytes(s.signature))
                .toBytes();
    }

    /**
     * Reads canonical bytes; nothing is verified.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the certificate
     */
    public static CheckpointCertificate decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(2);
        CheckpointCertificate certificate = new CheckpointCertificate(
                Digest.of(r.fixedBytes(Digest.LENGTH)), r.list(ValidatorSet.MAX_VALIDATORS, i -> {
                    i.expectArray(3);
                    return new CoSignature(
                            i.uint(ValidatorSet.MAX_VALIDATORS),
                            i.fixedBytes(MlDsa65.KEY_LENGTH),
                            i.fixedBytes(MlDsa65.SIGNATURE_LENGTH));
                }));
        r.end();
        return certificate;
    }
}
