package online.hypermesh.api.consensus;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;

/** Who votes in an epoch, in a fixed order, with exact stake arithmetic. Immutable. */
public final class ValidatorSet {
    private static final DomainTag TAG = new DomainTag("hypermesh/validator-set/v2");

    /** Most members of a set. */
    public static final int MAX_VALIDATORS = 1000;

    private final List<Validator> validators;
    private final Map<NodeId, Integer> indexes = new HashMap<>();
    private final long totalStake;
    private final Digest root;

    /**
     * Creates a set.
     *
     * @param validators at least one, with distinct identities, in voting order
     */
    public ValidatorSet(List<Validator> validators) {
        if (validators.isEmpty()) {
            throw new IllegalArgumentException("a validator set has at least one member");
        }
        if (validators.size() > MAX_VALIDATORS) {
            throw new IllegalArgumentException(
                    "a validator set has at most " + MAX_VALIDATORS + " members, got " + validators.size());
        }
        this.validators = List.copyOf(validators);
        long total = 0;
        for (Validator v : validators) {
            if (v.stake() < 1) {
                throw new IllegalArgumentException("stake must be >= 1, was " + v.stake());
            }
            if (indexes.put(v.id(), indexes.size()) != null) {
                throw new IllegalArgumentException("validator " + v.id() + " occurs twice");
            }
            if (v.stake() > Long.MAX_VALUE - total) {
                throw new IllegalArgumentException("the sum of stakes exceeds 2^63-1");
            }
            total += v.stake();
        }
        this.totalStake = total;
        this.root = Hashing.hash(TAG, encode());
    }

    /**
     * Canonical bytes; their tagged hash is {@link #root()}.
     *
     * @return the encoding
     */
    public byte[] encode() {
        CborWriter w = new CborWriter(16 + validators.size() * 128);
        writeTo(w);
        return w.toBytes();
    }

    /**
     * Writes the canonical form as one item.
     *
     * @param w where to
     */
    public void writeTo(CborWriter w) {
        w.list(
                validators,
                (o, v) -> o.array(4)
                        .bytes(v.id().digest().toBytes())
                        .bytes(v.votingKey().toBytes())
                        .uint(v.stake())
                        .bytes(v.checkpointKey().toBytes()));
    }

    /**
     * Reads the canonical form.
     *
     * @param r where from
     * @return the set
     * @throws IllegalArgumentException if it has no member, a member twice, or stakes out of range
     */
    public static ValidatorSet readFrom(CborReader r) {
        return new ValidatorSet(r.list(MAX_VALIDATORS, i -> {
            i.expectArray(4);
            return new Validator(
                    new NodeId(Digest.of(i.fixedBytes(Digest.LENGTH))),
                    VerifyKey.of(i.fixedBytes(VerifyKey.LENGTH)),
                    i.uint(),
                    Digest.of(i.fixedBytes(Digest.LENGTH)));
        }));
    }

    /**
     * The founding set.
     *
     * @param genesis the network's founding document
     * @return its validators in their order
     */
    public static ValidatorSet of(Genesis genesis) {
        return new ValidatorSet(genesis.validators().stream()
                .map(v -> new Validator(v.nodeId(), v.votingKey(), v.stake()))
                .toList());
    }

    /**
     * The members in voting order.
     *
     * @return an unmodifiable list
     */
    public List<Validator> validators() {
        return validators;
    }

    /**
     * Number of members.
     *
     * @return at least 1
     */
    public int size() {
        return validators.size();
    }

    /**
     * One member.
     *
     * @param index 0..size-1
     * @return the member
     */
    public Validator get(int index) {
        return validators.get(index);
    }

    /**
     * Position of a member.
     *
     * @param id its identity
     * @return its index, or empty for a stranger
     */
    public OptionalInt indexOf(NodeId id) {
        Integer index = indexes.get(id);
        return index == null ? OptionalInt.empty() : OptionalInt.of(index);
    }

    /**
     * Sum of all stakes.
     *
     * @return at least 1
     */
    public long totalStake() {
        return totalStake;
    }

    /**
     * Stake of several members.
     *
     * @param members indexes into this set
     * @return the sum
     */
    public long stakeOf(BitSet members) {
        long sum = 0;
        for (int i = members.nextSetBit(0); i >= 0; i = members.nextSetBit(i + 1)) {
            sum += validators.get(i).stake();
        }
        return sum;
    }

    /**
     * Whether a stake is strictly more than two thirds of the total; exact and free of overflow.
     *
     * @param stake 0..totalStake
     * @return whether it is a quorum
     */
    public boolean isQuorum(long stake) {
        long rest = totalStake - stake;
        return stake - rest > rest;
    }

    /**
     * Tagged hash of the members, for block headers.
     *
     * @return the root
     */
    public Digest root() {
        return root;
    }
}
