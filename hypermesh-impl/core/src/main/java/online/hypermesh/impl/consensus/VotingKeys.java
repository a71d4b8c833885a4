package online.hypermesh.impl.consensus;

import java.util.Optional;
import online.hypermesh.api.consensus.ValidatorSet;

/** Who signs for this node, and who checks votes, from epoch to epoch. Confined to the core's thread. */
public interface VotingKeys {
    /**
     * What signs this node's votes of an epoch. The same guard stands before all keys, so that what was signed with one of
     * them binds the others.
     *
     * @param set the epoch's validators
     * @return empty when this node is none of them, does not vote, or has not the key that the set names
     */
    Optional<VoteSigner> signer(ValidatorSet set);

    /**
     * What checks votes of an epoch.
     *
     * @param set the epoch's validators
     * @return the verifier
     */
    VoteVerifier verifier(ValidatorSet set);

    /**
     * What signs and checks promises to hold batches.
     *
     * @param set the epoch's validators
     * @return by default nothing: such a node makes no batches and refers to none
     */
    default Availability availability(ValidatorSet set) {
        return Availability.NONE;
    }
}
