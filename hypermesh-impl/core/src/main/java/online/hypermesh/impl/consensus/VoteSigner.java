package online.hypermesh.impl.consensus;

import online.hypermesh.api.consensus.VoteStatement;
import online.hypermesh.stoq.base.crypto.Signature;

/** Signs votes, and refuses those that contradict earlier ones. Confined to one thread. */
public interface VoteSigner {
    /**
     * Signs a statement; signing the same statement again is no contradiction.
     *
     * @param statement what to sign
     * @return the signature
     * @throws online.hypermesh.api.error.HypermeshException with code SIGNING_STOPPED when it contradicts an earlier
     *     signature, or signing was stopped
     */
    Signature sign(VoteStatement statement);

    /**
     * Refuses every statement of views up to this one, and of earlier epochs, from now on.
     *
     * @param view lower than before changes nothing
     */
    void refuseUpTo(EpochView view);

    /**
     * Refuses everything from now on.
     *
     * @param reason for the refusals' message
     */
    void stop(String reason);
}
