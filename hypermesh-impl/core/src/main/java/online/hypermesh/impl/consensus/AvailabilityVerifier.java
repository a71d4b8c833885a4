package online.hypermesh.impl.consensus;

import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NetworkId;

/** Checks signatures of availability statements. */
@FunctionalInterface
public interface AvailabilityVerifier {
    /**
     * Checks one signature.
     *
     * @param validator index of the alleged signer, within the set
     * @param statement what was signed
     * @param signature the signature
     * @return whether it holds
     */
    boolean holds(int validator, AvailabilityStatement statement, Signature signature);

    /**
     * Checks with the validators' Ed25519 voting keys.
     *
     * @param network the network
     * @param set the validators
     * @return the verifier
     */
    static AvailabilityVerifier of(NetworkId network, ValidatorSet set) {
        return (validator, statement, signature) -> set.get(validator)
                .votingKey()
                .verify(AvailabilityStatement.TAG, network, statement.encode(), signature);
    }
}
