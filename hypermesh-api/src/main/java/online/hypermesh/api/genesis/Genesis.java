package online.hypermesh.api.genesis;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The founding document of a network. Its hash is the network's id. Immutable.
 *
 * @param name what people call the network, 1..63 characters of a-z, 0-9 and hyphen
 * @param createdAtMillis milliseconds since 1970-01-01T00:00Z
 * @param validators 1..1000 validators with distinct names and keys, in voting order
 * @param operators node keys of those who administer the network, 0..100
 * @param parameters constants of the network
 */
public record Genesis(
        String name,
        long createdAtMillis,
        List<GenesisValidator> validators,
        List<VerifyKey> operators,
        Parameters parameters) {
    private static final DomainTag TAG = new DomainTag("hypermesh/genesis/v1");
    private static final int MAX_VALIDATORS = ValidatorSet.MAX_VALIDATORS;
    private static final int MAX_OPERATORS = 100;

    /**
     * Checks names, counts, distinct keys and the sum of stakes.
     *
     * @param name 1..63 characters of a-z, 0-9 and hyphen
     * @param createdAtMillis milliseconds since 1970
     * @param validators 1..1000
     * @param operators 0..100
     * @param parameters constants
     */
    public Genesis {
        validators = List.copyOf(validators);
        operators = List.copyOf(operators);
        if (!name.matches("[a-z0-9-]{1,63}")) {
            throw new IllegalArgumentException(
                    "network name must be 1..63 characters of a-z, 0-9 and hyphen, was \"" + name + "\"");
        }
        if (createdAtMillis < 0) {
            throw new IllegalArgumentException("createdAtMillis must be >= 0, was " + createdAtMillis);
        }
        if (validators.isEmpty() || validators.size() > MAX_VALIDATORS) {
            throw new IllegalArgumentException(
                    "a network has 1.." + MAX_VALIDATORS + " validators, got " + validators.size());
        }
        if (operators.size() > MAX_OPERATORS) {
            throw new IllegalArgumentException(
                    "a network has 0.." + MAX_OPERATORS + " operators, got " + operators.size());
        }
        Set<Object> seen = new HashSet<>();
        long stake = 0;
        for (GenesisValidator v : validators) {
            if (!seen.add(v.name()) || !seen.add(v.nodeKey()) || !seen.add(v.votingKey()) || !seen.add(v.issuerKey())) {
                throw new IllegalArgumentException("validator \"" + v.name() + "\" repeats a name or key");
            }
            stake = Math.addExact(stake, v.stake());
        }
    }

    /**
     * The network's id: the tagged hash of {@link #encode()}.
     *
     * @return the id
     */
    public NetworkId networkId() {
        return new NetworkId(Hashing.hash(TAG, encode()));
    }

    /**
     * The founding validator with a node identity.
     *
     * @param id the identity
     * @return the validator, if there is one
     */
    public java.util.Optional<GenesisValidator> validator(NodeId id) {
        return validators.stream().filter(v -> v.nodeId().equals(id)).findFirst();
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(512)
                .array(6)
                .uint(2)
                .text(name)
                .uint(createdAtMillis)
                .list(
                        validators,
                        (o, v) -> o.array(5)
                                .text(v.name())
                                .bytes(v.nodeKey().toBytes())
                                .bytes(v.votingKey().toBytes())
                                .bytes(v.issuerKey().toBytes())
                                .uint(v.stake()))
                .list(operators, (o, k) -> o.bytes(k.toBytes()));
        boolean first = parameters.protocolVersion() == ProtocolVersions.FIRST;
        w.array(first ? 8 : 9)
                .uint(parameters.leafValiditySeconds())
                .uint(parameters.maxTransactionBytes())
                .uint(parameters.maxBlockBytes())
                .uint(parameters.heartbeatMillis())
                .uint(parameters.maxClockErrorMillis())
                .uint(parameters.leaderTimeoutMillis())
                .uint(parameters.replicas())
                .uint(parameters.epochSeconds());
        if (!first) {
            w.uint(parameters.protocolVersion());
        }
        return w.toBytes();
    }

    /**
     * Reads canonical bytes.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the genesis
     * @throws online.hypermesh.stoq.base.cbor.CborException if the bytes are not canonical
     * @throws IllegalArgumentException if a value is out of range
     */
    public static Genesis decode(byte[] bytes) {
        CborReader r = new CborReader(bytes).expectArray(6).expect(2, "genesis version");
        Genesis genesis = new Genesis(
                r.text(63),
                r.uint(),
                r.list(MAX_VALIDATORS, i -> {
                    i.expectArray(5);
                    return new GenesisValidator(
                            i.text(63),
                            VerifyKey.of(i.fixedBytes(32)),
                            VerifyKey.of(i.fixedBytes(32)),
                            VerifyKey.of(i.fixedBytes(32)),
                            i.uint());
                }),
                r.list(MAX_OPERATORS, i -> VerifyKey.of(i.fixedBytes(32))),
                parameters(r));
        r.end();
        return genesis;
    }

    private static Parameters parameters(CborReader r) {
        int items = r.array(9);
        if (items < 8) {
            throw new CborException("parameters of " + items + " items, expected 8 or 9");
        }
        return new Parameters(
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                r.uint(Integer.MAX_VALUE),
                items == 8 ? ProtocolVersions.FIRST : laterVersion(r.uint(Integer.MAX_VALUE)));
    }

    private static int laterVersion(int version) {
        if (version == ProtocolVersions.FIRST) {
            throw new CborException("protocol version " + version + " is not written");
        }
        return version;
    }
}
