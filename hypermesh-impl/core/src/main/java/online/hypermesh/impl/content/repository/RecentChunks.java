package online.hypermesh.impl.content.repository;

/**
 * Chunks that are in no run of the index yet: an open-addressing table of some 30 bytes each, whose places follow the ids'
 * first bits, so that it is almost sorted. Confined to one thread.
 */
final class RecentChunks {
    /** Most chunks before they must be written to a run. */
    static final int LIMIT = 700_000;

    private static final int FIRST_SLOTS = 1 << 12;

    private long[] his;
    private long[] los;
    private int[] packs;
    private int[] offsets;
    private int[] lengths;
    private int shift;
    private int size;

    RecentChunks() {
        allocate(FIRST_SLOTS);
    }

    private void allocate(int slots) {
        shift = Long.numberOfLeadingZeros(slots) + 1;
        his = new long[slots];
        los = new long[slots];
        packs = new int[slots];
        offsets = new int[slots];
        lengths = new int[slots];
    }

    int size() {
        return size;
    }

    boolean find(long hi, long lo, ChunkPlace place) {
        int slot = slot(hi, lo);
        if (lengths[slot] == 0) {
            return false;
        }
        place.pack = packs[slot];
        place.offset = offsets[slot];
        place.length = lengths[slot];
        place.run = ChunkPlace.RECENT;
        place.ordinal = slot;
        return true;
    }

    private int slot(long hi, long lo) {
        int mask = his.length - 1;
        int slot = (int) (hi >>> shift);
        while (lengths[slot] != 0 && (his[slot] != hi || los[slot] != lo)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    /** Adds a chunk that is not there; its length is at least 1. */
    void add(long hi, long lo, int pack, int offset, int length) {
        if (size * 4L > his.length * 3L) {
            grow();
        }
        put(slot(hi, lo), hi, lo, pack, offset, length);
        size++;
    }

    private void put(int slot, long hi, long lo, int pack, int offset, int length) {
        his[slot] = hi;
        los[slot] = lo;
        packs[slot] = pack;
        offsets[slot] = offset;
        lengths[slot] = length;
    }

    private void grow() {
        long[] oldHis = his;
        long[] oldLos = los;
        int[] oldPacks = packs;
        int[] oldOffsets = offsets;
        int[] oldLengths = lengths;
        allocate(oldHis.length * 2);
        for (int i = 0; i < oldHis.length; i++) {
            if (oldLengths[i] != 0) {
                put(slot(oldHis[i], oldLos[i]), oldHis[i], oldLos[i], oldPacks[i], oldOffsets[i], oldLengths[i]);
            }
        }
    }

    /** Hears of an entry. */
    @FunctionalInterface
    interface Visitor {
        void chunk(long hi, long lo, int pack, int offset, int length);
    }

    /** Visits all chunks in ascending order of their ids. */
    void forEachSorted(Visitor visitor) {
        int[] slots = new int[size];
        int n = 0;
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] != 0) {
                int at = n++;
                while (at > 0 && compare(slots[at - 1], i) > 0) {
                    slots[at] = slots[at - 1];
                    at--;
                }
                slots[at] = i;
            }
        }
        for (int slot : slots) {
            visitor.chunk(his[slot], los[slot], packs[slot], offsets[slot], lengths[slot]);
        }
    }

    private int compare(int a, int b) {
        int order = Long.compareUnsigned(his[a], his[b]);
        return order != 0 ? order : Long.compareUnsigned(los[a], los[b]);
    }

    void clear() {
        size = 0;
        allocate(FIRST_SLOTS);
    }
}
