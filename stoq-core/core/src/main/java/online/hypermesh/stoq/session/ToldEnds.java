package online.hypermesh.stoq.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Ends that the peer told of streams that are not here: of those whose first bytes are still to come, and, as nobody can tell
 * them apart, of those that are done. The oldest make place for new ones. Thread-safe.
 */
final class ToldEnds {
    /** An end that made place is only told by the stream itself. */
    static final int MAX_WAITING = 1024;

    private final Map<Long, Long> waiting = new LinkedHashMap<>(4);

    /** Keeps where the peer's direction of a stream ends. */
    synchronized void keep(long stream, long bytes) {
        waiting.put(stream, bytes);
        if (waiting.size() > MAX_WAITING) {
            waiting.remove(waiting.keySet().iterator().next());
        }
    }

    /** Where the stream ends, once; empty if nothing was told. */
    synchronized OptionalLong take(long stream) {
        if (waiting.isEmpty()) {
            return OptionalLong.empty();
        }
        Long bytes = waiting.remove(stream);
        return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
    }
}
