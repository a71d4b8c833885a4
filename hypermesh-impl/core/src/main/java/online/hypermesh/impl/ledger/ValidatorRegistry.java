package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import online.hypermesh.api.consensus.Validator;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.crypto.VerifyKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * The key space of {@link ValidatorsModule}: who votes in this epoch, who voted in the one before, and who will vote in the
 * next one as things stand. Layout in {@code docs/spec/ledger.md}. Confined to one execution.
 */
final class ValidatorRegistry {
    /** Members on one page of a list. */
    static final int PAGE = 256;

    private static final byte EPOCH = 'e';
    private static final byte CURRENT = 'c';
    private static final byte BEFORE = 'b';
    private static final byte ORDER = 'o';
    private static final byte ENDED_WITH = 'h';
    private static final byte CO_SIGNATURE = 's';
    private static final byte VERSIONS = 'm';
    private static final byte VERSIONS_IN_FORCE = 'k';

    private static final DecodedSets DECODED = new DecodedSets();

    /** Most modules whose version was ever changed. */
    static final int MAX_VERSIONS = 64;

    /**
     * The epoch a state stands in.
     *
     * @param number the epoch
     * @param startMillis time of the block it began with
     */
    record Epoch(long number, long startMillis) {}

    private ValidatorRegistry() {}

    private static byte[] key(byte list, int page) {
        return new byte[] {list, (byte) (page >> 8), (byte) page};
    }

    static byte[] member(NodeId id) {
        return id.digest().toBytes();
    }

    // ---------------------------------------------------------------- reading

    static Epoch epoch(StateReader state) {
        return epochIn(state.get(epochKey()).orElseThrow(() -> new IllegalStateException("the state has no epoch")));
    }

    static Epoch epochIn(byte[] value) {
        CborReader r = new CborReader(value).expectArray(2);
        return new Epoch(r.uint(), r.uint());
    }

    static byte[] epochKey() {
        return new byte[] {EPOCH};
    }

    static byte[] endedWithKey() {
        return new byte[] {ENDED_WITH};
    }

    static byte[] currentKey(int page) {
        return key(CURRENT, page);
    }

    /** Who votes in this epoch. */
    static ValidatorSet current(StateReader state) {
        return set(state, CURRENT).orElseThrow(() -> new IllegalStateException("the state has no validators"));
    }

    /** Who voted in the epoch before; empty in the first one. */
    static Optional<ValidatorSet> before(StateReader state) {
        return set(state, BEFORE);
    }

    private static Optional<ValidatorSet> set(StateReader state, byte list) {
        List<byte[]> pages = new ArrayList<>();
        for (int page = 0; ; page++) {
            byte @Nullable [] bytes = state.get(key(list, page)).orElse(null);
            if (bytes == null) {
                return pages.isEmpty() ? Optional.empty() : Optional.of(DECODED.of(pages));
            }
            pages.add(bytes);
        }
    }

    /** Who votes in the next epoch, as things stand. Decodes every key: for ends of epochs, not for transactions. */
    static ValidatorSet next(StateReader state) {
        List<Validator> all = new ArrayList<>();
        for (NodeId id : order(state)) {
            all.add(registered(state, id)
                    .orElseThrow(() -> new IllegalStateException("no record of the registered validator " + id)));
        }
        return new ValidatorSet(all);
    }

    static Optional<Validator> registered(StateReader state, NodeId id) {
        return state.get(member(id)).map(bytes -> {
            CborReader r = new CborReader(bytes).expectArray(3);
            return new Validator(
                    id, VerifyKey.of(r.fixedBytes(VerifyKey.LENGTH)), r.uint(), Digest.of(r.fixedBytes(Digest.LENGTH)));
        });
    }

    static boolean isRegistered(StateReader state, NodeId id) {
        return state.get(member(id)).isPresent();
    }

    /** How many are registered for the next epoch. */
    static int registeredCount(StateReader state) {
        return order(state).size();
    }

    /** Whether a key is registered for the next epoch; compares bytes, decodes no keys. */
    static boolean isKeyRegistered(StateReader state, byte[] votingKey) {
        return order(state).stream()
                .anyMatch(
                        id -> Arrays.equals(record(state, id).expectArray(3).fixedBytes(VerifyKey.LENGTH), votingKey));
    }

    /** Sum of the stakes registered for the next epoch; decodes no keys. */
    static long registeredStake(StateReader state) {
        long sum = 0;
        for (NodeId id : order(state)) {
            CborReader r = record(state, id).expectArray(3);
            r.fixedBytes(VerifyKey.LENGTH);
            sum = Math.addExact(sum, r.uint());
        }
        return sum;
    }

    private static CborReader record(StateReader state, NodeId id) {
        return new CborReader(state.get(member(id))
                .orElseThrow(() -> new IllegalStateException("no record of the registered validator " + id)));
    }

    private static List<NodeId> order(StateReader state) {
        List<NodeId> ids = new ArrayList<>();
        for (int page = 0; ; page++) {
            byte @Nullable [] bytes = state.get(key(ORDER, page)).orElse(null);
            if (bytes == null) {
                return ids;
            }
            ids.addAll(new CborReader(bytes).list(PAGE, i -> new NodeId(Digest.of(i.fixedBytes(Digest.LENGTH)))));
        }
    }

    // ---------------------------------------------------------------- writing

    static void found(StateWriter state, ValidatorSet set, long timeMillis) {
        write(state, set.validators().stream().map(Validator::id).toList(), List.of());
        set.validators().forEach(v -> put(state, v));
        write(state, CURRENT, set, 0);
        state.put(new byte[] {EPOCH}, epoch(0, timeMillis));
    }

    /** The epoch ends: who is registered votes from now on. */
    static void turn(StateWriter state, ValidatorSet next, long timeMillis, Digest endId) {
        long number = epoch(state).number() + 1;
        ValidatorSet current = current(state);
        int before = before(state).map(ValidatorSet::size).orElse(0);
        for (int i = 0; i < before; i++) {
            state.remove(key(CO_SIGNATURE, i));
        }
        state.put(new byte[] {ENDED_WITH}, endId.toBytes());
        write(state, BEFORE, current, before);
        write(state, CURRENT, next, current.size());
        state.put(new byte[] {EPOCH}, epoch(number, timeMillis));
        state.get(new byte[] {VERSIONS}).ifPresent(v -> state.put(new byte[] {VERSIONS_IN_FORCE}, v));
    }

    /** Versions from the next epoch on, of modules of which it was ever changed, by name. */
    static SortedMap<String, Integer> versions(StateReader state) {
        return versions(state, VERSIONS);
    }

    /** Versions in force in this epoch, of modules of which it was ever changed, by name. */
    static SortedMap<String, Integer> versionsInForce(StateReader state) {
        return versions(state, VERSIONS_IN_FORCE);
    }

    private static SortedMap<String, Integer> versions(StateReader state, byte list) {
        SortedMap<String, Integer> versions = new TreeMap<>();
        state.get(new byte[] {list})
                .ifPresent(bytes -> new CborReader(bytes).list(MAX_VERSIONS, i -> {
                    i.expectArray(2);
                    versions.put(i.text(ValidatorChange.MAX_NAME_BYTES), i.uint(65_535));
                    return i;
                }));
        return versions;
    }

    static void version(StateWriter state, String module, int version) {
        SortedMap<String, Integer> versions = versions(state);
        versions.put(module, version);
        write(state, versions);
    }

    /** A module goes on as it is in this epoch. */
    static void keepVersion(StateWriter state, String module) {
        SortedMap<String, Integer> versions = versions(state);
        versions.remove(module);
        Integer inForce = versionsInForce(state).get(module);
        if (inForce != null) {
            versions.put(module, inForce);
        }
        write(state, versions);
    }

    private static void write(StateWriter state, SortedMap<String, Integer> versions) {
        if (versions.isEmpty()) {
            state.remove(new byte[] {VERSIONS});
            return;
        }
        state.put(
                new byte[] {VERSIONS},
                new CborWriter(versions.size() * 40 + 8)
                        .list(
                                List.copyOf(versions.entrySet()),
                                (o, e) -> o.array(2).text(e.getKey()).uint(e.getValue()))
                        .toBytes());
    }

    /** Id of the header that ended the epoch before; empty in the first one. */
    static Optional<Digest> endedWith(StateReader state) {
        return state.get(new byte[] {ENDED_WITH}).map(Digest::of);
    }

    /** Where the signature of a validator of the epoch before stands, under the end of that epoch. */
    static byte[] coSignature(int validator) {
        return key(CO_SIGNATURE, validator);
    }

    private static byte[] epoch(long number, long timeMillis) {
        return new CborWriter(24).array(2).uint(number).uint(timeMillis).toBytes();
    }

    /** Registers a validator, or changes what is registered of it. */
    static void register(StateWriter state, Validator v) {
        if (registered(state, v.id()).isEmpty()) {
            List<NodeId> before = order(state);
            List<NodeId> after = new ArrayList<>(before);
            after.add(v.id());
            write(state, after, before);
        }
        put(state, v);
    }

    static void remove(StateWriter state, NodeId id) {
        List<NodeId> before = order(state);
        List<NodeId> after = new ArrayList<>(before);
        after.remove(id);
        write(state, after, before);
        state.remove(member(id));
    }

    private static void put(StateWriter state, Validator v) {
        state.put(
                member(v.id()),
                new CborWriter(96)
                        .array(3)
                        .bytes(v.votingKey().toBytes())
                        .uint(v.stake())
                        .bytes(v.checkpointKey().toBytes())
                        .toBytes());
    }

    private static void write(StateWriter state, List<NodeId> ids, List<NodeId> before) {
        int pages = pages(ids.size());
        for (int page = 0; page < pages; page++) {
            List<NodeId> part = ids.subList(page * PAGE, Math.min(ids.size(), (page + 1) * PAGE));
            state.put(
                    key(ORDER, page),
                    new CborWriter(part.size() * 34 + 8)
                            .list(part, (o, id) -> o.bytes(id.digest().toBytes()))
                            .toBytes());
        }
        for (int page = pages; page < pages(before.size()); page++) {
            state.remove(key(ORDER, page));
        }
    }

    private static void write(StateWriter state, byte list, ValidatorSet set, int sizeBefore) {
        List<Validator> all = set.validators();
        int pages = pages(all.size());
        for (int page = 0; page < pages; page++) {
            state.put(
                    key(list, page),
                    new ValidatorSet(all.subList(page * PAGE, Math.min(all.size(), (page + 1) * PAGE))).encode());
        }
        for (int page = pages; page < pages(sizeBefore); page++) {
            state.remove(key(list, page));
        }
    }

    private static int pages(int members) {
        return (members + PAGE - 1) / PAGE;
    }
}
