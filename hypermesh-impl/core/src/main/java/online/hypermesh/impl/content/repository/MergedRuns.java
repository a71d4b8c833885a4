package online.hypermesh.impl.content.repository;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The entries of several runs as one ascending sequence, without those of some packs. Of entries with one id the one in a
 * pack that is not condemned comes first. Holds one page per run. Confined to one thread.
 */
final class MergedRuns implements AutoCloseable {
    private final PriorityQueue<Cursor> cursors;
    private final BitSet dropped;
    private long hi;
    private long lo;
    private int pack;
    private int offset;
    private int length;

    MergedRuns(List<IndexRun> runs, List<int[]> packsOfRuns, BitSet dropped, BitSet condemned) {
        this.dropped = dropped;
        this.cursors = new PriorityQueue<>((a, b) -> {
            int order = Long.compareUnsigned(a.hi, b.hi);
            if (order == 0) {
                order = Long.compareUnsigned(a.lo, b.lo);
            }
            return order == 0 ? Boolean.compare(condemned.get(a.pack), condemned.get(b.pack)) : order;
        });
        List<Cursor> begun = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            begun.add(new Cursor(runs.get(i), packsOfRuns.get(i)));
        }
        for (Cursor cursor : begun) {
            advance(cursor);
        }
    }

    private void advance(Cursor cursor) {
        while (cursor.next()) {
            if (!dropped.get(cursor.pack)) {
                cursors.add(cursor);
                return;
            }
        }
    }

    boolean hasNext() {
        return !cursors.isEmpty();
    }

    void next() {
        Cursor first = cursors.remove();
        hi = first.hi;
        lo = first.lo;
        pack = first.pack;
        offset = first.offset;
        length = first.length;
        advance(first);
    }

    long hi() {
        return hi;
    }

    long lo() {
        return lo;
    }

    int pack() {
        return pack;
    }

    int offset() {
        return offset;
    }

    int length() {
        return length;
    }

    @Override
    public void close() {
        cursors.clear();
    }

    private static final class Cursor {
        private final IndexRun run;
        private final int[] global;
        private byte[] plain = {};
        private int page = -1;
        private int entry;
        private int inPage;
        private long hi;
        private long lo;
        private int pack;
        private int offset;
        private int length;

        Cursor(IndexRun run, int[] global) {
            this.run = run;
            this.global = global;
        }

        boolean next() {
            if (entry == inPage) {
                if (page + 1 == run.pages()) {
                    return false;
                }
                page++;
                plain = run.page(page);
                inPage = run.entriesIn(page);
                entry = 0;
            }
            int at = entry++ * RunFormat.ENTRY_BYTES;
            hi = Bytes.getLong(plain, at);
            lo = Bytes.getLong(plain, at + 8);
            pack = global[Bytes.getInt(plain, at + 16)];
            offset = Bytes.getTriple(plain, at + 20);
            length = Bytes.getTriple(plain, at + 23);
            return true;
        }
    }
}
