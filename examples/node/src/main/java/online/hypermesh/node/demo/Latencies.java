package online.hypermesh.node.demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Durations of one kind of operation. Confined to one thread. */
final class Latencies {
    private final List<Long> nanos = new ArrayList<>();

    void add(long durationNanos) {
        nanos.add(durationNanos);
    }

    int count() {
        return nanos.size();
    }

    /** The nearest-rank percentile in milliseconds: the smallest duration that at least this share did not exceed. */
    double percentileMillis(int percent) {
        if (nanos.isEmpty()) {
            throw new IllegalStateException("nothing was measured");
        }
        List<Long> sorted = new ArrayList<>(nanos);
        Collections.sort(sorted);
        int rank = (int) Math.ceil(percent / 100.0 * sorted.size());
        return Math.round(sorted.get(Math.max(0, rank - 1)) / 1000.0) / 1000.0;
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("p50", percentileMillis(50));
        json.put("p99", percentileMillis(99));
        json.put("n", count());
        return json;
    }

    @Override
    public String toString() {
        return "p50 " + percentileMillis(50) + " ms, p99 " + percentileMillis(99) + " ms, n " + count();
    }
}
