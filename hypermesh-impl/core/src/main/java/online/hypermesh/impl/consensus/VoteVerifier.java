package online.hypermesh.impl.consensus;

import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.id.NetworkId;

/** Checks signatures of votes; the only expensive thing the core asks for. */
@FunctionalInterface
public interface VoteVerifier {
    /**
     * Checks one signature.
     *
     * @param validator index of the alleged signer
     * @param statement what was signed
     * @param signature the signature
     * @return whether it holds
     */
    boolean holds(int validator, VoteStatement statement, Signature signature);

    /**
     * Checks with the validators' Ed25519 voting keys.
     *
     * @param network the network
     * @param set the validators
     * @return the verifier
     */
    static VoteVerifier of(NetworkId network, ValidatorSet set) {
        return (validator, statement, signature) ->
                set.get(validator).votingKey().verify(VoteStatement.TAG, network, statement.encode(), signature);
    }
}
