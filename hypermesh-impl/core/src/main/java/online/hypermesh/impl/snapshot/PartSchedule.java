package online.hypermesh.impl.snapshot;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Which part of a snapshot is asked of whom. A part that was asked for long ago is asked of somebody else too once nothing else
 * is left to ask for, so that one silent peer holds nobody up; a part that came wrong, or not, is asked for again. Confined to
 * one thread.
 */
final class PartSchedule {
    private final Deque<Integer> unasked = new ArrayDeque<>();
    /** Peers asked for a part that is on its way, by part, the one asked for longest ago first. */
    private final Map<Integer, List<Integer>> asked = new LinkedHashMap<>();

    private final BitSet missing = new BitSet();
    private final BitSet dropped = new BitSet();

    /** @param missing indexes of the parts wanted */
    PartSchedule(BitSet missing) {
        this.missing.or(missing);
        missing.stream().forEach(unasked::add);
    }

    /** What to ask a peer for; it is taken as asked. */
    OptionalInt next(int peer) {
        if (dropped.get(peer)) {
            return OptionalInt.empty();
        }
        Integer part = unasked.poll();
        if (part == null) {
            part = asked.entrySet().stream()
                    .filter(e -> e.getValue().size() < 2 && !e.getValue().contains(peer))
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElse(null);
        }
        if (part == null) {
            return OptionalInt.empty();
        }
        asked.computeIfAbsent(part, p -> new ArrayList<>()).add(peer);
        return OptionalInt.of(part);
    }

    /** The part came and is right; false when it was here already. */
    boolean came(int part) {
        asked.remove(part);
        boolean wanted = missing.get(part);
        missing.clear(part);
        return wanted;
    }

    /** The peer did not give the part. */
    void failed(int peer, int part) {
        List<Integer> peers = asked.get(part);
        if (peers != null && peers.remove((Integer) peer) && peers.isEmpty()) {
            asked.remove(part);
            unasked.addFirst(part);
        }
    }

    /** Nothing more is asked of a peer. */
    void drop(int peer) {
        dropped.set(peer);
    }

    boolean isDropped(int peer) {
        return dropped.get(peer);
    }

    boolean isComplete() {
        return missing.isEmpty();
    }

    int missing() {
        return missing.cardinality();
    }
}
