package online.hypermesh.stoq.session;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Arrays for bytes between the engine and readers, used again as soon as they were read: they stay in the processor's caches
 * then. What a stream read may lie in an array until it is written over; arrays never leave the process. Thread-safe.
 */
final class ChunkArrays {
    /** Length of each. */
    static final int BYTES = 64 * 1024;

    private static final int MAX_IDLE = 32;

    /** Of the process. */
    static final ChunkArrays SHARED = new ChunkArrays();

    /** The one that came back last is taken first. */
    private final ArrayDeque<byte[]> idle = new ArrayDeque<>(MAX_IDLE);

    /** An array that was used before; null if there is none. */
    synchronized byte @Nullable [] take() {
        return idle.poll();
    }

    /** Takes back what nobody reads any more; arrays of another length, and more than enough, are dropped. */
    synchronized void giveBack(byte[] array) {
        if (array.length == BYTES && idle.size() < MAX_IDLE) {
            idle.push(array);
        }
    }
}
