package online.hypermesh.impl.ledger;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.ledger.StateReader;
import org.jspecify.annotations.Nullable;

/**
 * What the transactions of one block change on top of a {@link StateTree}. A key enters the tree once, with its last value,
 * when the block is done; the writes of the transaction that runs can be undone. Confined to one thread.
 */
final class StateChanges {
    private record Place(String module, byte[] key, int hash) {
        Place(String module, byte[] key) {
            this(module, key, module.hashCode() * 31 + Arrays.hashCode(key));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Place p && hash == p.hash && module.equals(p.module) && Arrays.equals(key, p.key);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** A value, or the fact that there is none any more, and what stood there before in the same transaction. */
    private static final class Change {
        private final byte @Nullable [] value;
        private final long number;
        private @Nullable Change former;

        Change(byte @Nullable [] value, long number, @Nullable Change former) {
            this.value = value;
            this.number = number;
            this.former = former;
        }
    }

    private record Former(Place place, @Nullable Change change) {}

    private final StateTree base;
    private final Map<Place, Change> changes = new LinkedHashMap<>();
    private final List<Former> journal = new ArrayList<>();
    private long written;
    private long begun;

    StateChanges(StateTree base) {
        this.base = base;
    }

    /** A transaction begins: what was written so far stays. */
    void begin() {
        journal.clear();
        begun = written;
    }

    /** Takes back everything written since {@link #begin}. */
    void undo() {
        for (int i = journal.size() - 1; i >= 0; i--) {
            Former former = journal.get(i);
            if (former.change == null) {
                changes.remove(former.place);
            } else {
                changes.put(former.place, former.change);
            }
        }
        journal.clear();
    }

    Optional<byte[]> get(String module, byte[] key) {
        return get(module, key, written);
    }

    private Optional<byte[]> get(String module, byte[] key, long upTo) {
        Change change = changes.isEmpty() ? null : changes.get(new Place(module, key));
        while (change != null && change.number > upTo) {
            change = change.former;
        }
        if (change == null) {
            return base.get(module, key);
        }
        return Optional.ofNullable(change.value).map(byte[]::clone);
    }

    /** One module's entries as they are now, until the transaction ends. */
    StateReader reader(String module) {
        long now = written;
        return key -> get(module, key, now);
    }

    void put(String module, byte[] key, byte[] value) {
        StateTree.checkEntry(key, value);
        set(new Place(module, key.clone()), value.clone());
    }

    void remove(String module, byte[] key) {
        set(new Place(module, key.clone()), null);
    }

    private void set(Place place, byte @Nullable [] value) {
        Change former = changes.get(place);
        if (former != null && former.number <= begun) {
            former.former = null;
        }
        written++;
        changes.put(place, new Change(value, written, former));
        journal.add(new Former(place, former));
    }

    /** The tree with all changes. */
    StateTree tree() {
        StateTree tree = base;
        for (Map.Entry<Place, Change> e : changes.entrySet()) {
            Place place = e.getKey();
            byte[] value = e.getValue().value;
            tree = value == null ? tree.remove(place.module, place.key) : tree.put(place.module, place.key, value);
        }
        return tree;
    }
}
