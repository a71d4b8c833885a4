package online.hypermesh.api.consensus;

import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Payload of a transaction to the ledger's module {@value #MODULE}: a change of the validator set that counts from the next
 * epoch on. {@link Rotate} and {@link Leave} are a validator's own; the others take effect when validators with more than two
 * thirds of the stake sent the same change within one epoch. Immutable.
 */
public sealed interface ValidatorChange {
    /** Name of the ledger's module. */
    String MODULE = "validators";

    /** Purpose of the signature with which a voting key says whose it is. */
    DomainTag POSSESSION_TAG = new DomainTag("hypermesh/voting-key/v1");

    /**
     * Replaces the sender's voting key.
     *
     * @param votingKey the new key
     * @param possession the new key's signature over {@link #possession}
     */
    record Rotate(VerifyKey votingKey, Signature possession) implements ValidatorChange {}

    /** The sender leaves. */
    record Leave() implements ValidatorChange {}

    /**
     * A candidate joins.
     *
     * @param candidate its node identity
     * @param votingKey the key it will vote with
     * @param possession that key's signature over {@link #possession}
     * @param stake at least 1
     */
    record Join(NodeId candidate, VerifyKey votingKey, Signature possession, long stake) implements ValidatorChange {
        /**
         * Checks the stake.
         *
         * @param candidate its node identity
         * @param votingKey the key it will vote with
         * @param possession that key's signature
         * @param stake at least 1
         */
        public Join {
            positive(stake);
        }
    }

    /**
     * A validator's stake changes.
     *
     * @param validator which
     * @param stake at least 1
     */
    record Stake(NodeId validator, long stake) implements ValidatorChange {
        /**
         * Checks the stake.
         *
         * @param validator which
         * @param stake at least 1
         */
        public Stake {
            positive(stake);
        }
    }

    /**
     * A validator is removed.
     *
     * @param validator which
     */
    record Remove(NodeId validator) implements ValidatorChange {}

    private static void positive(long stake) {
        if (stake < 1) {
            throw new IllegalArgumentException("stake must be >= 1, was " + stake);
        }
    }

    /**
     * What a voting key signs to show that its holder wants it to vote for a validator.
     *
     * @param validator the validator
     * @param votingKey the key
     * @return canonical bytes
     */
    static byte[] possession(NodeId validator, VerifyKey votingKey) {
        return new CborWriter(80)
                .array(2)
                .bytes(validator.digest().toBytes())
                .bytes(votingKey.toBytes())
                .toBytes();
    }

    /**
     * Makes the change that gives a validator a new voting key.
     *
     * @param network the network
     * @param validator the validator
     * @param key the new key
     * @return the change, for a transaction of the validator
     */
    static Rotate rotate(NetworkId network, NodeId validator, SigningKey key) {
        return new Rotate(key.verifyKey(), key.sign(POSSESSION_TAG, network, possession(validator, key.verifyKey())));
    }

    /**
     * Makes the change that lets a candidate join.
     *
     * @param network the network
     * @param candidate its node identity
     * @param key its voting key
     * @param stake its stake
     * @return the change, for transactions of the validators
     */
    static Join join(NetworkId network, NodeId candidate, SigningKey key, long stake) {
        return new Join(
                candidate,
                key.verifyKey(),
                key.sign(POSSESSION_TAG, network, possession(candidate, key.verifyKey())),
                stake);
    }

    /**
     * Identifies the change among those that wait for approval.
     *
     * @return tagged hash of {@link #encode()}
     */
    default Digest id() {
        return Hashing.hash(new DomainTag("hypermesh/validator-change/v1"), encode());
    }

    /**
     * Canonical bytes.
     *
     * @return the encoding
     */
    default byte[] encode() {
        CborWriter w = new CborWriter(192);
        if (this instanceof Rotate c) {
            w.array(3)
                    .uint(1)
                    .bytes(c.votingKey().toBytes())
                    .bytes(c.possession().toBytes());
        } else if (this instanceof Leave) {
            w.array(1).uint(2);
        } else if (this instanceof Join c) {
            w.array(5)
                    .uint(3)
                    .bytes(c.candidate().digest().toBytes())
                    .bytes(c.votingKey().toBytes())
                    .bytes(c.possession().toBytes())
                    .uint(c.stake());
        } else if (this instanceof Stake c) {
            w.array(3).uint(4).bytes(c.validator().digest().toBytes()).uint(c.stake());
        } else if (this instanceof Remove c) {
            w.array(2).uint(5).bytes(c.validator().digest().toBytes());
        }
        return w.toBytes();
    }

    /**
     * Reads canonical bytes; no signature is checked.
     *
     * @param bytes what {@link #encode()} wrote
     * @return the change
     * @throws CborException if the bytes are no change
     * @throws IllegalArgumentException if a value is out of range
     */
    static ValidatorChange decode(byte[] bytes) {
        CborReader r = new CborReader(bytes);
        int items = r.array(5);
        int type = r.uint(255);
        ValidatorChange change = switch (type * 16 + items) {
            case 0x13 -> new Rotate(key(r), signature(r));
            case 0x21 -> new Leave();
            case 0x35 -> new Join(node(r), key(r), signature(r), r.uint());
            case 0x43 -> new Stake(node(r), r.uint());
            case 0x52 -> new Remove(node(r));
            default -> throw new CborException("validator change of type " + type + " with " + items + " items");
        };
        r.end();
        return change;
    }

    private static NodeId node(CborReader r) {
        return new NodeId(Digest.of(r.fixedBytes(Digest.LENGTH)));
    }

    private static VerifyKey key(CborReader r) {
        return VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH));
    }

    private static Signature signature(CborReader r) {
        return Signature.of(r.fixedBytes(Signature.LENGTH));
    }
}
