package online.hypermesh.impl.dht;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import online.hypermesh.api.dht.ProviderRecord;
import online.hypermesh.api.dht.SignedRecord;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.id.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * What this node keeps for others, each checked before it is kept: bounded in all, per key and per peer. When it is full, what
 * is farthest from this node gives way to what is nearer, so that nobody pushes out what belongs here. Confined.
 */
final class RecordStore {
    /** Longest time anything is kept without being stored again. */
    static final long MAX_TTL_MILLIS = 48L * 3600 * 1000;

    private final DhtSettings settings;
    private final Position self;
    private final TreeMap<Position, Slot> slots;
    private final Map<NodeId, Integer> perPeer = new HashMap<>();
    private int count;

    private static final class Slot {
        private @Nullable Held<SignedRecord> record;
        private final TreeMap<NodeId, Held<ProviderRecord>> providers = new TreeMap<>();
    }

    private record Held<T>(T what, NodeId from, long dropMillis) {}

    RecordStore(DhtSettings settings, Position self) {
        this.settings = settings;
        this.self = self;
        this.slots = new TreeMap<>(self::compareDistance);
    }

    int count() {
        return count;
    }

    Optional<SignedRecord> record(Digest key, long now) {
        Slot slot = slots.get(Position.of(key));
        Held<SignedRecord> held = slot == null ? null : slot.record;
        return held == null || held.dropMillis <= now ? Optional.empty() : Optional.of(held.what);
    }

    List<ProviderRecord> providers(Digest key, long now) {
        Slot slot = slots.get(Position.of(key));
        if (slot == null) {
            return List.of();
        }
        return slot.providers.values().stream()
                .filter(h -> h.dropMillis > now)
                .map(Held::what)
                .toList();
    }

    DhtResponse put(long now, NodeId from, SignedRecord record, long replaces) {
        if (record.expiresMillis() <= now) {
            return refused(DhtResponse.Reason.EXPIRY);
        }
        Digest key = record.key();
        Optional<SignedRecord> present = record(key, now);
        long sequence = present.map(SignedRecord::sequence).orElse(-1L);
        if (replaces >= 0 && replaces != sequence) {
            return new DhtResponse.Refused(DhtResponse.Reason.OTHER_SEQUENCE, sequence);
        }
        boolean same = present.filter(record::equals).isPresent();
        if (sequence > record.sequence() || sequence == record.sequence() && !same) {
            return new DhtResponse.Refused(DhtResponse.Reason.STALE, sequence);
        }
        if (!same && !record.isAuthentic(settings.network())) {
            return refused(DhtResponse.Reason.NOT_AUTHENTIC);
        }
        Position position = Position.of(key);
        Slot old = slots.get(position);
        boolean replacing = old != null && old.record != null;
        if (!mayKeep(from, position, replacing)) {
            return refused(DhtResponse.Reason.QUOTA);
        }
        Slot slot = slots.computeIfAbsent(position, p -> new Slot());
        if (slot.record != null) {
            release(slot.record.from);
        }
        slot.record = new Held<>(record, from, clamped(now, record.expiresMillis()));
        charge(from);
        return new DhtResponse.Done();
    }

    DhtResponse add(long now, NodeId from, ProviderRecord record) {
        if (record.expiresMillis() <= now) {
            return refused(DhtResponse.Reason.EXPIRY);
        }
        Position position = Position.of(record.key());
        NodeId provider = record.node();
        Slot slot = slots.get(position);
        Held<ProviderRecord> present = slot == null ? null : slot.providers.get(provider);
        if (present != null && present.what.expiresMillis() > record.expiresMillis()) {
            return refused(DhtResponse.Reason.STALE);
        }
        boolean crowded = slot != null && present == null && slot.providers.size() >= DhtResponse.MAX_PROVIDERS;
        if (crowded || !mayKeep(from, position, present != null)) {
            return refused(DhtResponse.Reason.QUOTA);
        }
        if (!record.isAuthentic(settings.network())) {
            return refused(DhtResponse.Reason.NOT_AUTHENTIC);
        }
        if (present != null) {
            release(present.from);
        }
        slots.computeIfAbsent(position, p -> new Slot())
                .providers
                .put(provider, new Held<>(record, from, clamped(now, record.expiresMillis())));
        charge(from);
        return new DhtResponse.Done();
    }

    private static DhtResponse refused(DhtResponse.Reason reason) {
        return new DhtResponse.Refused(reason, -1);
    }

    private static long clamped(long now, long expiresMillis) {
        return Math.min(expiresMillis, now + MAX_TTL_MILLIS);
    }

    /** Makes room if need be. */
    private boolean mayKeep(NodeId from, Position position, boolean replacing) {
        if (!replacing && perPeer.getOrDefault(from, 0) >= settings.maxPerPeer()) {
            return false;
        }
        if (replacing || count < settings.maxRecords()) {
            return true;
        }
        Map.Entry<Position, Slot> farthest = slots.lastEntry();
        if (farthest == null || self.compareDistance(position, farthest.getKey()) >= 0) {
            return false;
        }
        drop(farthest.getValue());
        slots.remove(farthest.getKey());
        return true;
    }

    private void drop(Slot slot) {
        if (slot.record != null) {
            release(slot.record.from);
        }
        slot.providers.values().forEach(h -> release(h.from));
    }

    private void charge(NodeId peer) {
        count++;
        perPeer.merge(peer, 1, Integer::sum);
    }

    private void release(NodeId peer) {
        count--;
        perPeer.computeIfPresent(peer, (p, n) -> n == 1 ? null : n - 1);
    }

    /** Forgets what has ended. */
    void expire(long now) {
        Iterator<Slot> each = slots.values().iterator();
        while (each.hasNext()) {
            Slot slot = each.next();
            Held<SignedRecord> held = slot.record;
            if (held != null && held.dropMillis <= now) {
                release(held.from);
                slot.record = null;
            }
            List<NodeId> ended = new ArrayList<>();
            slot.providers.forEach((provider, h) -> {
                if (h.dropMillis <= now) {
                    ended.add(provider);
                    release(h.from);
                }
            });
            ended.forEach(slot.providers::remove);
            if (slot.record == null && slot.providers.isEmpty()) {
                each.remove();
            }
        }
    }
}
