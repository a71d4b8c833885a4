package online.hypermesh.impl.dht;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import online.hypermesh.api.dht.DhtKeys;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NetworkId;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/** An operation under way: what it searches for, and what it has found so far. Confined. */
final class Task {
    final long operation;
    final DhtOperation wish;
    Lookup lookup;

    @Nullable
    StoreRound round;

    boolean suspicious;
    Way way = Way.STRAIGHT;

    @Nullable
    Position key;

    final Deque<Position> detours = new ArrayDeque<>();
    final Set<Contact> gathered = new LinkedHashSet<>();
    boolean thorough;
    boolean finished;

    @Nullable
    SignedRecord best;

    final TreeMap<NodeId, ProviderRecord> providers = new TreeMap<>();

    /** What is left to store again, one list per region, and subjects that were taken. */
    final Deque<List<ProviderRecord>> regions = new ArrayDeque<>();

    final Set<Digest> taken = new HashSet<>();

    /** How it searches. */
    enum Way {
        /** Straight for its point. */
        STRAIGHT,
        /** For points beside it, because the nodes around it look forged. */
        AROUND,
        /** Among all that were found. */
        WIDE
    }

    Task(long operation, DhtOperation wish, Lookup lookup) {
        this.operation = operation;
        this.wish = wish;
        this.lookup = lookup;
    }

    /** Whether searching on would be for nothing. */
    boolean hasEnough() {
        return wish instanceof DhtOperation.FindProviders find && providers.size() >= find.max();
    }

    /** What its search asks. */
    DhtRequest question() {
        if (wish instanceof DhtOperation.Get get && way != Way.AROUND) {
            return new DhtRequest.FindRecord(get.key());
        }
        if (wish instanceof DhtOperation.FindProviders find) {
            return new DhtRequest.FindProviders(DhtKeys.ofProviders(find.subject()));
        }
        return new DhtRequest.FindNodes(lookup.target());
    }

    /** Takes what an answer holds; false when it holds something that nobody who is honest sends. */
    boolean take(DhtResponse.Found found, NetworkId network, long now) {
        if (wish instanceof DhtOperation.Get get) {
            return found.record().map(r -> take(r, get.key(), network, now)).orElse(true);
        }
        if (wish instanceof DhtOperation.FindProviders find) {
            for (ProviderRecord record : found.providers()) {
                if (providers.size() < find.max() && !take(record, find.subject(), network, now)) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean take(SignedRecord record, Digest key, NetworkId network, long now) {
        if (best != null && best.equals(record)) {
            return true;
        }
        if (!record.key().equals(key) || !record.isAuthentic(network)) {
            return false;
        }
        if (record.expiresMillis() > now && (best == null || record.sequence() > best.sequence())) {
            best = record;
        }
        return true;
    }

    private boolean take(ProviderRecord record, Digest subject, NetworkId network, long now) {
        NodeId node = record.node();
        ProviderRecord known = providers.get(node);
        if (record.equals(known)) {
            return true;
        }
        if (!record.subject().equals(subject) || !record.isAuthentic(network)) {
            return false;
        }
        if (record.expiresMillis() > now && (known == null || known.expiresMillis() < record.expiresMillis())) {
            providers.put(node, record);
        }
        return true;
    }

    /** Statements in groups whose keys share their first bits, in the order of the key space. */
    static Deque<List<ProviderRecord>> byRegion(List<ProviderRecord> records, int bits) {
        TreeMap<Long, List<ProviderRecord>> groups = new TreeMap<>();
        for (ProviderRecord record : records) {
            long region = bits == 0 ? 0 : Position.of(record.key()).a() >>> 64 - bits;
            groups.computeIfAbsent(region, r -> new ArrayList<>()).add(record);
        }
        Deque<List<ProviderRecord>> regions = new ArrayDeque<>();
        for (Map.Entry<Long, List<ProviderRecord>> group : groups.entrySet()) {
            regions.add(group.getValue());
        }
        return regions;
    }
}
