package online.hypermesh.api.consensus;

import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.MlDsa65;
import online.hypermesh.stoq.base.crypto.Signature;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Payload of a transaction to the ledger's module {@value #MODULE}: a change of the validator set that counts from the next
 * epoch on. {@link Rotate}, {@link Leave},
 * {@link CheckpointKey} and {@link CoSign} are a validator's own; the others take effect when validators with more than two
 * thirds of the stake sent the same change within one epoch. Immutable.
 */
public sealed interface ValidatorChange {
    /** Name of the ledger's module. */
    String MODULE = "validators";

    /** What {@link Upgrade} calls the rules of blocks and of the ledger's own modules. */
    String PROTOCOL = "protocol";

    /** Longest name of a module. */
    int MAX_NAME_BYTES = 32;

    /** Purpose of the signature with which a voting key says whose it is. */
    DomainTag POSSESSION_TAG = new DomainTag("hypermesh/voting-key/v1");

    /** Purpose of the signature with which a checkpoint key says whose it is. */
    DomainTag CHECKPOINT_KEY_TAG = new DomainTag("hypermesh/checkpoint-key/v1");

    /** Purpose of signatures under the end of an epoch. */
    DomainTag CHECKPOINT_TAG = new DomainTag("hypermesh/checkpoint/v1");

    /**
     * Replaces the sender's voting key, at most once in an epoch.
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

    /**
     * Registers the sender's ML-DSA-65 key for checkpoints.
     *
     * @param key public key, {@value MlDsa65#KEY_LENGTH} bytes
     * @param possession the key's signature over the sender's node id and its own hash
     */
    record CheckpointKey(byte[] key, byte[] possession) implements ValidatorChange {
        /**
         * Checks the lengths.
         *
         * @param key public key
         * @param possession signature
         */
        public CheckpointKey {
            length("key", key, MlDsa65.KEY_LENGTH);
            length("possession", possession, MlDsa65.SIGNATURE_LENGTH);
        }
    }

    /**
     * Signs the end of the last epoch with the sender's ML-DSA-65 key.
     *
     * @param epoch the epoch that ended
     * @param key public key that the epoch's set names
     * @param signature over the id of the header that ended it
     */
    record CoSign(long epoch, byte[] key, byte[] signature) implements ValidatorChange {
        /**
         * Checks the lengths.
         *
         * @param epoch the epoch that ended
         * @param key public key
         * @param signature signature
         */
        public CoSign {
            length("key", key, MlDsa65.KEY_LENGTH);
            length("signature", signature, MlDsa65.SIGNATURE_LENGTH);
        }
    }

    /**
     * A module, or the protocol, is executed by a newer version from the next epoch on. Nodes whose software does not know
     * that version stop there.
     *
     * @param module name of the module, or {@link #PROTOCOL}
     * @param version 2..65535, above the one registered
     */
    record Upgrade(String module, int version) implements ValidatorChange {
        /**
         * Checks the range.
         *
         * @param module name of the module
         * @param version 2..65535
         */
        public Upgrade {
            if (version < 2 || version > 65_535) {
                throw new IllegalArgumentException("version must be in 2..65535, was " + version);
            }
        }
    }

    /**
     * An upgrade that was decided and is not in force yet is called off: the module goes on with the version of this epoch.
     *
     * @param module name of the module, or {@link #PROTOCOL}
     * @param version 2..65535, the one registered for the next epoch
     */
    record Withdraw(String module, int version) implements ValidatorChange {
        /**
         * Checks the range.
         *
         * @param module name of the module
         * @param version 2..65535
         */
        public Withdraw {
            if (version < 2 || version > 65_535) {
                throw new IllegalArgumentException("version must be in 2..65535, was " + version);
            }
        }
    }

    private static void length(String what, byte[] bytes, int length) {
        if (bytes.length != length) {
            throw new IllegalArgumentException(what + " must have " + length + " bytes, has " + bytes.length);
        }
    }

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
     * Makes the change that registers a key for checkpoints.
     *
     * @param network the network
     * @param validator the validator
     * @param key its key
     * @return the change, for a transaction of the validator
     */
    static CheckpointKey checkpointKey(NetworkId network, NodeId validator, MlDsa65 key) {
        byte[] publicKey = key.publicKey();
        return new CheckpointKey(
                publicKey, key.sign(CHECKPOINT_KEY_TAG, network, checkpointPossession(validator, publicKey)));
    }

    /**
     * What a checkpoint key signs to show that its holder wants it to sign for a validator.
     *
     * @param validator the validator
     * @param key the public key
     * @return canonical bytes
     */
    static byte[] checkpointPossession(NodeId validator, byte[] key) {
        return new CborWriter(80)
                .array(2)
                .bytes(validator.digest().toBytes())
                .bytes(Digest.sha256(key).toBytes())
                .toBytes();
    }

    /**
     * Makes the change that signs the end of an epoch.
     *
     * @param network the network
     * @param epoch the epoch that ended
     * @param headerId id of the header that ended it
     * @param key the validator's key of that epoch
     * @return the change, for a transaction of the validator
     */
    static CoSign coSign(NetworkId network, long epoch, Digest headerId, MlDsa65 key) {
        return new CoSign(epoch, key.publicKey(), key.sign(CHECKPOINT_TAG, network, headerId.toBytes()));
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
        } else if (this instanceof CheckpointKey c) {
            w.array(3).uint(6).bytes(c.key()).bytes(c.possession());
        } else if (this instanceof CoSign c) {
            w.array(4).uint(7).uint(c.epoch()).bytes(c.key()).bytes(c.signature());
        } else if (this instanceof Upgrade c) {
            w.array(3).uint(8).text(c.module()).uint(c.version());
        } else if (this instanceof Withdraw c) {
            w.array(3).uint(9).text(c.module()).uint(c.version());
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
            case 0x63 -> new CheckpointKey(r.fixedBytes(MlDsa65.KEY_LENGTH), r.fixedBytes(MlDsa65.SIGNATURE_LENGTH));
            case 0x74 -> new CoSign(r.uint(), r.fixedBytes(MlDsa65.KEY_LENGTH), r.fixedBytes(MlDsa65.SIGNATURE_LENGTH));
            case 0x83 -> new Upgrade(r.text(MAX_NAME_BYTES), r.uint(65_535));
            case 0x93 -> new Withdraw(r.text(MAX_NAME_BYTES), r.uint(65_535));
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
