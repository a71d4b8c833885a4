package online.hypermesh.api.genesis;

import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * One founding validator, which is also a certificate issuer.
 *
 * @param name what people call it, 1..63 characters of a-z, 0-9 and hyphen
 * @param nodeKey its long-term node key
 * @param votingKey the key it votes with
 * @param issuerKey the key it issues certificates with
 * @param stake its voting weight, at least 1
 */
public record GenesisValidator(String name, VerifyKey nodeKey, VerifyKey votingKey, VerifyKey issuerKey, long stake) {
    /**
     * Checks name and stake.
     *
     * @param name 1..63 characters of a-z, 0-9 and hyphen
     * @param nodeKey node key
     * @param votingKey voting key
     * @param issuerKey issuer key
     * @param stake at least 1
     */
    public GenesisValidator {
        if (!name.matches("[a-z0-9-]{1,63}")) {
            throw new IllegalArgumentException(
                    "name must be 1..63 characters of a-z, 0-9 and hyphen, was \"" + name + "\"");
        }
        if (stake < 1) {
            throw new IllegalArgumentException("stake must be >= 1, was " + stake);
        }
    }

    /**
     * The validator's node identity.
     *
     * @return the identity
     */
    public NodeId nodeId() {
        return NodeId.of(nodeKey);
    }
}
