package online.hypermesh.impl.consensus.driver;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Remembers what was refused for lack of room and will be handed in again: entries of the same sender with later nonces wait
 * for it, because once one of them is final the earlier one can never be executed. Whoever does not hand in again within
 * {@link #PATIENCE_NANOS} is waited for no more. Bounded by channels and entries of each; a channel orders only what comes over
 * it. Thread-safe.
 */
final class AdmissionOrder {
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);
    static final int MAX_ENTRIES = 1024;
    private static final int MAX_CHANNELS = 256;

    private record Line(NodeId channel, NodeId sender) {}

    /** First nonces that were refused, and when last. */
    private final Cache<Line, NavigableMap<Long, Long>> lines = Caffeine.newBuilder()
            .maximumSize(MAX_CHANNELS)
            .executor(Runnable::run)
            .build();

    /**
     * Whether an entry may be taken in now; it has left the line then.
     *
     * @return false when an earlier one that was refused is still expected; this one then stands in the line, too
     */
    boolean enter(NodeId channel, NodeId sender, long nonce, long nowNanos) {
        boolean[] first = {true};
        lines.asMap().computeIfPresent(new Line(channel, sender), (line, refused) -> {
            Map.Entry<Long, Long> earliest = refused.firstEntry();
            while (earliest != null && earliest.getKey() < nonce && nowNanos - earliest.getValue() > PATIENCE_NANOS) {
                refused.pollFirstEntry();
                earliest = refused.firstEntry();
            }
            first[0] = earliest == null || earliest.getKey() >= nonce;
            if (first[0]) {
                refused.remove(nonce);
            } else {
                put(refused, nonce, nowNanos);
            }
            return refused.isEmpty() ? null : refused;
        });
        return first[0];
    }

    /** An entry was refused and will be handed in again. */
    void refused(NodeId channel, NodeId sender, long nonce, long nowNanos) {
        lines.asMap().compute(new Line(channel, sender), (line, known) -> {
            NavigableMap<Long, Long> refused = known == null ? new TreeMap<>() : known;
            put(refused, nonce, nowNanos);
            return refused;
        });
    }

    private static void put(NavigableMap<Long, Long> refused, long nonce, long nowNanos) {
        if (refused.size() < MAX_ENTRIES || refused.containsKey(nonce)) {
            refused.put(nonce, nowNanos);
        } else if (nonce < refused.lastKey()) {
            refused.pollLastEntry();
            refused.put(nonce, nowNanos);
        }
    }
}
