package online.hypermesh.api.consensus;

import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * A member of a validator set.
 *
 * @param id its node identity
 * @param votingKey the key it votes with
 * @param stake its voting weight, at least 1
 */
public record Validator(NodeId id, VerifyKey votingKey, long stake) {}
