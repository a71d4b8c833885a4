package online.hypermesh.api.consensus;

import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A member of a validator set.
 *
 * @param id its node identity
 * @param votingKey the key it votes with
 * @param stake its voting weight, at least 1
 * @param checkpointKey SHA-256 of the ML-DSA-65 key with which it signs checkpoints; {@link Digest#ZERO} without one
 */
public record Validator(NodeId id, VerifyKey votingKey, long stake, Digest checkpointKey) {
    /**
     * A validator that signs no checkpoints.
     *
     * @param id its node identity
     * @param votingKey the key it votes with
     * @param stake its voting weight, at least 1
     */
    public Validator(NodeId id, VerifyKey votingKey, long stake) {
        this(id, votingKey, stake, Digest.ZERO);
    }
}
