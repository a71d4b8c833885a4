package online.hypermesh.impl.assembly;

import java.security.SecureRandom;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The three long-term keys of a validator, in memory. Whoever keeps them beyond the process stores them encrypted; closing
 * destroys these copies.
 *
 * @param node its identity; signs leaf bindings and transactions
 * @param voting signs votes
 * @param issuer signs certificates
 */
public record ValidatorKeys(SigningKey node, SigningKey voting, SigningKey issuer) implements AutoCloseable {
    /**
     * Makes fresh keys.
     *
     * @param random where the secrets come from
     * @return the keys
     */
    public static ValidatorKeys generate(SecureRandom random) {
        return new ValidatorKeys(SigningKey.generate(random), SigningKey.generate(random), SigningKey.generate(random));
    }

    /**
     * The identity.
     *
     * @return id of the node key
     */
    public NodeId id() {
        return NodeId.of(node.verifyKey());
    }

    /**
     * What a founding document says of this validator.
     *
     * @param name 1..63 characters of a-z, 0-9 and hyphen
     * @param stake its voting weight, at least 1
     * @return public keys, name and stake
     */
    public GenesisValidator toValidator(String name, long stake) {
        return new GenesisValidator(name, node.verifyKey(), voting.verifyKey(), issuer.verifyKey(), stake);
    }

    @Override
    public void close() {
        node.close();
        voting.close();
        issuer.close();
    }
}
