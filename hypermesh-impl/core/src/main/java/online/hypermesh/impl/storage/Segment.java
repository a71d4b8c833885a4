package online.hypermesh.impl.storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One segment for reading: its file is opened on demand and parked when too many are open. Thread-safe. */
final class Segment {
    private final SegmentFiles files;
    private final SegmentFormat format;
    private @Nullable SegmentFile file;

    Segment(SegmentFiles files, SegmentFormat format) {
        this.files = files;
        this.format = format;
    }

    SegmentFormat format() {
        return format;
    }

    synchronized int read(long position, byte[] into, int length) throws IOException {
        return opened().read(position, into, 0, length);
    }

    synchronized SegmentScan scan(boolean verifyPayloads) throws IOException {
        return SegmentScan.of(opened(), format, verifyPayloads);
    }

    synchronized void truncate(long length) throws IOException {
        opened().truncate(length);
        opened().sync();
    }

    private SegmentFile opened() throws IOException {
        SegmentFile f = file;
        if (f == null) {
            f = files.open(SegmentFormat.fileName(format.segment()));
            file = f;
        }
        return f;
    }

    synchronized void park() throws IOException {
        SegmentFile f = file;
        file = null;
        if (f != null) {
            f.close();
        }
    }

    /** Keeps the number of open files small: parks the segment that was used longest ago. Thread-safe. */
    static final class Recent {
        private static final int MAX_OPEN = 64;
        private final Map<Long, Segment> order = new LinkedHashMap<>(16, 0.75f, true);

        void used(Segment segment) throws IOException {
            Segment eldest = null;
            synchronized (this) {
                order.put(segment.format.segment(), segment);
                if (order.size() > MAX_OPEN) {
                    eldest = order.remove(order.keySet().iterator().next());
                }
            }
            if (eldest != null) {
                eldest.park();
            }
        }

        /** Its file is about to be deleted. */
        void forget(Segment segment) throws IOException {
            synchronized (this) {
                order.remove(segment.format.segment());
            }
            segment.park();
        }

        void parkAll() throws IOException {
            List<Segment> all;
            synchronized (this) {
                all = new ArrayList<>(order.values());
                order.clear();
            }
            for (Segment segment : all) {
                segment.park();
            }
        }
    }
}
