package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.CheckpointCertificate;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.MlDsa65;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's own module: who votes in the next epoch. A validator replaces its own voting key, once an epoch, and leaves, by itself;
 * joining, stakes and removals take effect when validators with more than two thirds of this epoch's stake asked for the
 * same change. What is decided in an epoch counts from the next one on. Stateless and deterministic.
 */
public final class ValidatorsModule implements LedgerModule {
    /** Most changes that may wait for approval; every validator has its share, so that none keeps others from asking. */
    public static final int MAX_OPEN = 1024;
    /** Most changes that one validator may have put up and that still wait. */
    public static final int MAX_OPEN_OF_ONE = 16;

    private static final byte OPEN = 'p';
    private static final byte CHANGE = 'v';

    /** A change that waits, and who asked for it first, by index into the epoch's set. */
    private record Open(Digest id, long epoch, int opener) {}

    private final Map<String, Integer> firstVersions;

    /**
     * Creates the module.
     *
     * @param firstVersions what may be upgraded, by name, and the version it has in the first epoch; the same on every node
     */
    ValidatorsModule(Map<String, Integer> firstVersions) {
        this.firstVersions = Map.copyOf(firstVersions);
    }

    @Override
    public String name() {
        return ValidatorChange.MODULE;
    }

    @Override
    public void initialize(Genesis genesis, StateWriter state) {
        ValidatorRegistry.found(state, ValidatorSet.of(genesis), genesis.createdAtMillis());
    }

    /** Strangers are turned away before they cost a place in a block; everything else is the execution's to decide. */
    static Optional<Outcome.Refused> refusal(ExecutionContext context) {
        StateReader state = context.stateOf(ValidatorChange.MODULE);
        boolean known = ValidatorRegistry.isRegistered(state, context.sender())
                || ValidatorRegistry.current(state).indexOf(context.sender()).isPresent()
                || ValidatorRegistry.before(state)
                        .filter(s -> s.indexOf(context.sender()).isPresent())
                        .isPresent();
        return known
                ? Optional.empty()
                : Optional.of(new Outcome.Refused(
                        "DENIED", "only validators change the validator set; " + context.sender() + " is none"));
    }

    @Override
    public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
        ValidatorChange change = ValidatorChange.decode(payload);
        NodeId sender = context.sender();
        if (change instanceof ValidatorChange.Rotate c) {
            return rotate(context, sender, c, state);
        }
        if (change instanceof ValidatorChange.Leave) {
            return remove(sender, state);
        }
        if (change instanceof ValidatorChange.CheckpointKey c) {
            return registerCheckpointKey(context, sender, c, state);
        }
        if (change instanceof ValidatorChange.CoSign c) {
            return coSign(context, sender, c, state);
        }
        ValidatorSet current = ValidatorRegistry.current(state);
        if (current.indexOf(sender).isEmpty()) {
            return Outcome.refused("DENIED", "only validators of this epoch approve changes; " + sender + " is none");
        }
        if (change instanceof ValidatorChange.Join c
                && !c.votingKey()
                        .verify(
                                ValidatorChange.POSSESSION_TAG,
                                context.genesis().networkId(),
                                ValidatorChange.possession(c.candidate(), c.votingKey()),
                                c.possession())) {
            return Outcome.refused("INVALID_SIGNATURE", "the candidate's voting key did not sign for it");
        }
        return approve(change, current, current.indexOf(sender).getAsInt(), state);
    }

    // ---------------------------------------------------------------- by the validator alone

    private static Outcome rotate(
            ExecutionContext context, NodeId sender, ValidatorChange.Rotate c, StateWriter state) {
        Validator old = ValidatorRegistry.registered(state, sender).orElse(null);
        if (old == null) {
            return Outcome.refused("NOT_FOUND", "validator " + sender + " is not registered for the next epoch");
        }
        ValidatorSet current = ValidatorRegistry.current(state);
        OptionalInt index = current.indexOf(sender);
        if (index.isEmpty()) {
            return Outcome.refused(
                    "CONFLICT", sender + " votes from the next epoch on, and replaces its voting key only then");
        }
        if (!current.get(index.getAsInt()).votingKey().equals(old.votingKey())) {
            return Outcome.refused(
                    "LIMIT_EXCEEDED", sender + " has a new voting key for the next epoch already; one per epoch");
        }
        if (!c.votingKey()
                .verify(
                        ValidatorChange.POSSESSION_TAG,
                        context.genesis().networkId(),
                        ValidatorChange.possession(sender, c.votingKey()),
                        c.possession())) {
            return Outcome.refused("INVALID_SIGNATURE", "the new voting key did not sign for its validator");
        }
        Optional<Outcome> taken = taken(c.votingKey(), state);
        if (taken.isPresent()) {
            return taken.get();
        }
        ValidatorRegistry.register(state, new Validator(sender, c.votingKey(), old.stake(), old.checkpointKey()));
        return Outcome.applied();
    }

    private static Optional<Outcome> taken(VerifyKey votingKey, StateReader state) {
        return names(ValidatorRegistry.current(state), votingKey)
                        || ValidatorRegistry.before(state)
                                .filter(s -> names(s, votingKey))
                                .isPresent()
                        || ValidatorRegistry.isKeyRegistered(state, votingKey.toBytes())
                ? Optional.of(Outcome.refused("CONFLICT", "the voting key is or was lately in use; make a new one"))
                : Optional.empty();
    }

    private static boolean names(ValidatorSet set, VerifyKey votingKey) {
        return set.validators().stream().anyMatch(v -> v.votingKey().equals(votingKey));
    }

    private static Outcome remove(NodeId id, StateWriter state) {
        if (!ValidatorRegistry.isRegistered(state, id)) {
            return Outcome.refused("NOT_FOUND", "validator " + id + " is not registered for the next epoch");
        }
        if (ValidatorRegistry.registeredCount(state) == 1) {
            return Outcome.refused("CONFLICT", "the last validator cannot leave");
        }
        ValidatorRegistry.remove(state, id);
        return Outcome.applied();
    }

    private static Outcome registerCheckpointKey(
            ExecutionContext context, NodeId sender, ValidatorChange.CheckpointKey c, StateWriter state) {
        Validator old = ValidatorRegistry.registered(state, sender).orElse(null);
        if (old == null) {
            return Outcome.refused("NOT_FOUND", "validator " + sender + " is not registered for the next epoch");
        }
        if (!MlDsa65.verify(
                c.key(),
                ValidatorChange.CHECKPOINT_KEY_TAG,
                context.genesis().networkId(),
                ValidatorChange.checkpointPossession(sender, c.key()),
                c.possession())) {
            return Outcome.refused("INVALID_SIGNATURE", "the checkpoint key did not sign for its validator");
        }
        ValidatorRegistry.register(state, new Validator(sender, old.votingKey(), old.stake(), Digest.sha256(c.key())));
        return Outcome.applied();
    }

    /** Kept in the state until the epoch ends, so that anybody can collect a quorum of them. */
    private static Outcome coSign(
            ExecutionContext context, NodeId sender, ValidatorChange.CoSign c, StateWriter state) {
        Digest endedWith = ValidatorRegistry.endedWith(state).orElse(null);
        ValidatorSet before = ValidatorRegistry.before(state).orElse(null);
        if (endedWith == null
                || before == null
                || c.epoch() != ValidatorRegistry.epoch(state).number() - 1) {
            return Outcome.refused("CONFLICT", "only the end of the last epoch is signed, not of epoch " + c.epoch());
        }
        int index = before.indexOf(sender).orElse(-1);
        if (index < 0 || !before.get(index).checkpointKey().equals(Digest.sha256(c.key()))) {
            return Outcome.refused("DENIED", "epoch " + c.epoch() + " names no such checkpoint key for " + sender);
        }
        if (state.get(ValidatorRegistry.coSignature(index)).isPresent()) {
            return Outcome.refused("CONFLICT", sender + " signed the end of epoch " + c.epoch() + " already");
        }
        if (!MlDsa65.verify(
                c.key(),
                ValidatorChange.CHECKPOINT_TAG,
                context.genesis().networkId(),
                endedWith.toBytes(),
                c.signature())) {
            return Outcome.refused("INVALID_SIGNATURE", "the signature under the end of the epoch does not hold");
        }
        state.put(
                ValidatorRegistry.coSignature(index),
                new CborWriter(5_300)
                        .array(2)
                        .bytes(c.key())
                        .bytes(c.signature())
                        .toBytes());
        return Outcome.applied();
    }

    /**
     * Collects what the validators of the last epoch signed under its end.
     *
     * @param state the module's key space
     * @return the certificate so far, verified when it was taken in; empty in the first epoch. Whether it carries a quorum,
     *     {@link CheckpointCertificate#verify} says
     */
    public static Optional<CheckpointCertificate> checkpoint(StateReader state) {
        Optional<Digest> endedWith = ValidatorRegistry.endedWith(state);
        Optional<ValidatorSet> before = ValidatorRegistry.before(state);
        if (endedWith.isEmpty() || before.isEmpty()) {
            return Optional.empty();
        }
        List<CheckpointCertificate.CoSignature> signatures = new ArrayList<>();
        for (int i = 0; i < before.get().size(); i++) {
            int index = i;
            state.get(ValidatorRegistry.coSignature(i)).ifPresent(bytes -> {
                CborReader r = new CborReader(bytes).expectArray(2);
                signatures.add(new CheckpointCertificate.CoSignature(
                        index, r.fixedBytes(MlDsa65.KEY_LENGTH), r.fixedBytes(MlDsa65.SIGNATURE_LENGTH)));
            });
        }
        return Optional.of(new CheckpointCertificate(endedWith.get(), signatures));
    }

    // ---------------------------------------------------------------- for those who have it proven

    /**
     * Where the current epoch stands in the module's key space.
     *
     * @return key whose value {@link #epochIn} reads
     */
    public static byte[] epochKey() {
        return ValidatorRegistry.epochKey();
    }

    /**
     * Reads the value of {@link #epochKey}.
     *
     * @param value the value
     * @return number of the epoch
     */
    public static long epochIn(byte[] value) {
        return ValidatorRegistry.epochIn(value).number();
    }

    /**
     * Where the id of the header stands that ended the epoch before.
     *
     * @return key of a digest; absent in the first epoch
     */
    public static byte[] endedWithKey() {
        return ValidatorRegistry.endedWithKey();
    }

    /**
     * Where the validators of this epoch stand.
     *
     * @param page 0 and above, until absent
     * @return key of a part of the set, see {@link ValidatorSet#readFrom}
     */
    public static byte[] currentKey(int page) {
        return ValidatorRegistry.currentKey(page);
    }

    /**
     * Where it stands with what a validator is registered for the next epoch.
     *
     * @param id the validator
     * @return key whose value {@link #votingKeyIn} reads
     */
    public static byte[] registrationKey(NodeId id) {
        return ValidatorRegistry.member(id);
    }

    /**
     * Reads the value of {@link #registrationKey}.
     *
     * @param value the value
     * @return the voting key that counts from the next epoch on
     */
    public static VerifyKey votingKeyIn(byte[] value) {
        return VerifyKey.of(new CborReader(value).expectArray(3).fixedBytes(VerifyKey.LENGTH));
    }

    // ---------------------------------------------------------------- by a quorum

    private Outcome approve(ValidatorChange change, ValidatorSet current, int sender, StateWriter state) {
        Outcome possible = tryOut(change, state);
        if (possible instanceof Outcome.Refused) {
            return possible;
        }
        Digest id = change.id();
        byte[] key = key(id);
        long epoch = ValidatorRegistry.epoch(state).number();
        BitSet approvers = approvers(state.get(key).orElse(null), epoch);
        approvers.set(sender);
        long stake = current.stakeOf(approvers);
        if (current.isQuorum(stake)) {
            close(id, state);
            apply(change, state);
            return new Outcome.Applied(new CborWriter(8).bool(true).toBytes());
        }
        List<Open> open = open(state, epoch);
        if (open.stream().noneMatch(o -> o.id.equals(id))) {
            int share = Math.min(MAX_OPEN_OF_ONE, MAX_OPEN / current.size());
            if (open.stream().filter(o -> o.opener == sender).count() >= share) {
                return Outcome.refused(
                        "LIMIT_EXCEEDED", share + " changes that this validator put up wait for approval already");
            }
            open.add(new Open(id, epoch, sender));
        }
        write(open, state);
        state.put(
                key,
                new CborWriter(128)
                        .array(2)
                        .uint(epoch)
                        .bytes(approvers.toByteArray())
                        .toBytes());
        return new Outcome.Applied(new CborWriter(8).bool(false).toBytes());
    }

    /** Whether a change could be made now; makes none. */
    private Outcome tryOut(ValidatorChange change, StateReader state) {
        if (change instanceof ValidatorChange.Join c) {
            if (ValidatorRegistry.isRegistered(state, c.candidate())) {
                return Outcome.refused("CONFLICT", c.candidate() + " is a validator already");
            }
            if (ValidatorRegistry.registeredCount(state) == ValidatorSet.MAX_VALIDATORS) {
                return Outcome.refused(
                        "LIMIT_EXCEEDED", "the set has " + ValidatorSet.MAX_VALIDATORS + " members already");
            }
            if (exceeds(ValidatorRegistry.registeredStake(state), c.stake())) {
                return Outcome.refused("LIMIT_EXCEEDED", "the sum of stakes would exceed 2^63-1");
            }
            return taken(c.votingKey(), state).orElse(Outcome.applied());
        }
        if (change instanceof ValidatorChange.Stake c) {
            Validator old = ValidatorRegistry.registered(state, c.validator()).orElse(null);
            if (old == null) {
                return Outcome.refused("NOT_FOUND", c.validator() + " is no validator");
            }
            return exceeds(ValidatorRegistry.registeredStake(state) - old.stake(), c.stake())
                    ? Outcome.refused("LIMIT_EXCEEDED", "the sum of stakes would exceed 2^63-1")
                    : Outcome.applied();
        }
        if (change instanceof ValidatorChange.Remove c) {
            return !ValidatorRegistry.isRegistered(state, c.validator())
                    ? Outcome.refused("NOT_FOUND", c.validator() + " is no validator")
                    : ValidatorRegistry.registeredCount(state) == 1
                            ? Outcome.refused("CONFLICT", "the last validator cannot be removed")
                            : Outcome.applied();
        }
        if (change instanceof ValidatorChange.Upgrade c) {
            return tryOut(c, state);
        }
        if (change instanceof ValidatorChange.Withdraw c) {
            return tryOut(c, state);
        }
        return Outcome.refused("MALFORMED", "this change needs no approval");
    }

    private Outcome tryOut(ValidatorChange.Upgrade c, StateReader state) {
        Integer first = firstVersions.get(c.module());
        if (first == null) {
            return Outcome.refused("NOT_FOUND", "this network has no module " + c.module());
        }
        SortedMap<String, Integer> versions = ValidatorRegistry.versions(state);
        int registered = versions.getOrDefault(c.module(), first);
        if (c.version() <= registered) {
            return Outcome.refused("CONFLICT", c.module() + " has version " + registered + " already");
        }
        return versions.size() < ValidatorRegistry.MAX_VERSIONS || versions.containsKey(c.module())
                ? Outcome.applied()
                : Outcome.refused("LIMIT_EXCEEDED", versions.size() + " modules have other versions already");
    }

    private Outcome tryOut(ValidatorChange.Withdraw c, StateReader state) {
        Integer first = firstVersions.get(c.module());
        if (first == null) {
            return Outcome.refused("NOT_FOUND", "this network has no module " + c.module());
        }
        int inForce = ValidatorRegistry.versionsInForce(state).getOrDefault(c.module(), first);
        int registered = ValidatorRegistry.versions(state).getOrDefault(c.module(), first);
        if (c.version() <= inForce) {
            return Outcome.refused(
                    "CONFLICT", c.module() + " has version " + inForce + " in force; versions never go back");
        }
        return c.version() == registered
                ? Outcome.applied()
                : Outcome.refused("NOT_FOUND", c.module() + " is not to be upgraded to version " + c.version());
    }

    private static boolean exceeds(long sum, long more) {
        return more > Long.MAX_VALUE - sum;
    }

    private static void apply(ValidatorChange change, StateWriter state) {
        if (change instanceof ValidatorChange.Join c) {
            ValidatorRegistry.register(state, new Validator(c.candidate(), c.votingKey(), c.stake()));
        } else if (change instanceof ValidatorChange.Stake c) {
            ValidatorRegistry.registered(state, c.validator())
                    .ifPresent(v -> ValidatorRegistry.register(
                            state, new Validator(v.id(), v.votingKey(), c.stake(), v.checkpointKey())));
        } else if (change instanceof ValidatorChange.Remove c) {
            ValidatorRegistry.remove(state, c.validator());
        } else if (change instanceof ValidatorChange.Upgrade c) {
            ValidatorRegistry.version(state, c.module(), c.version());
        } else if (change instanceof ValidatorChange.Withdraw c) {
            ValidatorRegistry.keepVersion(state, c.module());
        }
    }

    // ---------------------------------------------------------------- what waits

    private static byte[] key(Digest id) {
        byte[] key = new byte[1 + Digest.LENGTH];
        key[0] = CHANGE;
        System.arraycopy(id.toBytes(), 0, key, 1, Digest.LENGTH);
        return key;
    }

    private static BitSet approvers(byte @Nullable [] value, long epoch) {
        if (value == null) {
            return new BitSet();
        }
        CborReader r = new CborReader(value).expectArray(2);
        return r.uint() == epoch ? BitSet.valueOf(r.bytes(ValidatorSet.MAX_VALIDATORS / 8 + 1)) : new BitSet();
    }

    private static List<Open> read(StateReader state) {
        return state.get(new byte[] {OPEN})
                .<List<Open>>map(v -> new ArrayList<>(new CborReader(v).list(MAX_OPEN, i -> {
                    i.expectArray(3);
                    return new Open(
                            Digest.of(i.fixedBytes(Digest.LENGTH)), i.uint(), i.uint(ValidatorSet.MAX_VALIDATORS));
                })))
                .orElseGet(ArrayList::new);
    }

    /** Those of this epoch: an approval speaks of one epoch's stake, so what was not decided in it starts anew. */
    private static List<Open> open(StateWriter state, long epoch) {
        List<Open> open = read(state);
        open.removeIf(o -> {
            boolean over = o.epoch != epoch;
            if (over) {
                state.remove(key(o.id));
            }
            return over;
        });
        return open;
    }

    private static void close(Digest id, StateWriter state) {
        List<Open> open = read(state);
        if (open.removeIf(o -> o.id.equals(id))) {
            write(open, state);
            state.remove(key(id));
        }
    }

    private static void write(List<Open> open, StateWriter state) {
        if (open.isEmpty()) {
            state.remove(new byte[] {OPEN});
            return;
        }
        state.put(
                new byte[] {OPEN},
                new CborWriter(open.size() * 47 + 3)
                        .list(
                                open,
                                (o, w) -> o.array(3)
                                        .bytes(w.id.toBytes())
                                        .uint(w.epoch)
                                        .uint(w.opener))
                        .toBytes());
    }
}
