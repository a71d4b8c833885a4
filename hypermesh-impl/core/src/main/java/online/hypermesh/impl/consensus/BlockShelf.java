package online.hypermesh.impl.consensus;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.crypto.Digest;
import org.jspecify.annotations.Nullable;

/**
 * Blocks that wait for their place in the tree, the oldest of which makes room for new ones, and the ids of certified blocks
 * whose bodies are missing. Confined to the core's thread.
 */
final class BlockShelf {
    static final int MAX_BLOCKS = 64;
    static final long MAX_BYTES = 64L << 20;

    private static final int OVERHEAD_BYTES = 256;

    private record Held(Block block, long bytes) {}

    private final Map<Digest, Held> held = new LinkedHashMap<>();
    private final Map<Digest, Long> askedNanos = new LinkedHashMap<>();
    private final long askAgainNanos;
    private long bytes;

    /** @param askAgainNanos how long a question for a body may remain without an answer */
    BlockShelf(long askAgainNanos) {
        this.askAgainNanos = askAgainNanos;
    }

    int size() {
        return held.size();
    }

    long bytes() {
        return bytes;
    }

    @Nullable
    Block get(Digest id) {
        Held h = held.get(id);
        return h == null ? null : h.block;
    }

    /** Keeps a block unless it is here; the newest always fits. */
    void put(Digest id, Block block) {
        if (held.containsKey(id)) {
            return;
        }
        long size = sizeBytes(block);
        held.put(id, new Held(block, size));
        bytes += size;
        Iterator<Held> oldest = held.values().iterator();
        while (held.size() > 1 && (held.size() > MAX_BLOCKS || bytes > MAX_BYTES)) {
            bytes -= oldest.next().bytes;
            oldest.remove();
        }
    }

    void remove(Digest id) {
        Held gone = held.remove(id);
        if (gone != null) {
            bytes -= gone.bytes;
        }
    }

    /** Forgets blocks of views up to one, and questions that no longer matter. */
    void forget(long upToView, Predicate<Digest> stillWanted) {
        held.values().removeIf(h -> {
            boolean gone = h.block.header().view() <= upToView;
            bytes -= gone ? h.bytes : 0;
            return gone;
        });
        askedNanos.keySet().removeIf(id -> !stillWanted.test(id));
    }

    /** Whether to ask for a body now; it is then noted as wanted. */
    boolean want(Digest id, long now) {
        Long asked = askedNanos.get(id);
        if (asked != null && now - asked < askAgainNanos) {
            return false;
        }
        askedNanos.put(id, now);
        return true;
    }

    boolean isWanted(Digest id) {
        return askedNanos.containsKey(id);
    }

    void found(Digest id) {
        askedNanos.remove(id);
    }

    /** Whether a body is wanted. */
    boolean isWaiting() {
        return !askedNanos.isEmpty();
    }

    List<Digest> wanted() {
        return new ArrayList<>(askedNanos.keySet());
    }

    /** About how many bytes a block has, from what it holds and not from what its header says. */
    static long sizeBytes(Block block) {
        long size = OVERHEAD_BYTES;
        for (BodyEntry e : block.entries()) {
            size += e.encodedLength() + (long) OVERHEAD_BYTES * e.transactions().size();
        }
        return size;
    }
}
