package online.hypermesh.api.consensus;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.DomainTag;
import online.hypermesh.stoq.base.crypto.Hashing;
import online.hypermesh.stoq.base.id.NodeId;

/** Who votes in an epoch, in a fixed order, with exact stake arithmetic. Immutable. */
public final class ValidatorSet {
    private static final DomainTag TAG = new DomainTag("hypermesh/validator-set/v1");

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
        this.validators = List.copyOf(validators);
        long total = 0;
        CborWriter w = new CborWriter().array(validators.size());
        for (Validator v : validators) {
            if (v.stake() < 1) {
                throw new IllegalArgumentException("stake must be >= 1, was " + v.stake());
            }
            if (indexes.put(v.id(), indexes.size()) != null) {
                throw new IllegalArgumentException("validator " + v.id() + " occurs twice");
            }
            total = Math.addExact(total, v.stake());
            w.array(3)
                    .bytes(v.id().digest().toBytes())
                    .bytes(v.votingKey().toBytes())
                    .uint(v.stake());
        }
        this.totalStake = total;
        this.root = Hashing.hash(TAG, w.toBytes());
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
