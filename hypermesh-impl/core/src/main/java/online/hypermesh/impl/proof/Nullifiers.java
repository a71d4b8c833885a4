package online.hypermesh.impl.proof;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;
import online.hypermesh.api.proof.ProofContext;
import online.hypermesh.api.proof.ProofRequirement;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Remembers accepted contexts until they expire, outside the ledger; inside it {@link ProofModule} does the same in the state.
 * Confined to one thread.
 */
public final class Nullifiers {
    private final int limit;
    private final Set<Digest> accepted = new HashSet<>();
    private final TreeMap<Long, Set<Digest>> byExpiry = new TreeMap<>();
    private long height;

    /**
     * Creates an empty memory.
     *
     * @param limit most contexts remembered at once
     */
    public Nullifiers(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit must be >= 1, was " + limit);
        }
        this.limit = limit;
    }

    /**
     * Moves on and forgets what has expired.
     *
     * @param newHeight the height now; smaller ones are ignored
     */
    public void advance(long newHeight) {
        height = Math.max(height, newHeight);
        while (!byExpiry.isEmpty() && byExpiry.firstKey() < height) {
            byExpiry.pollFirstEntry().getValue().forEach(accepted::remove);
        }
    }

    /**
     * Whether a context was accepted and has not expired.
     *
     * @param contextId its id
     * @return true if so
     */
    public boolean contains(Digest contextId) {
        return accepted.contains(contextId);
    }

    /**
     * Accepts a context, once.
     *
     * @param context one that has not expired and expires within {@link ProofRequirement#MAX_WINDOW_HEIGHTS}
     * @return false if it was accepted before, has expired, expires too late, or the memory is full
     */
    public boolean accept(ProofContext context) {
        long expiry = context.expiryHeight();
        if (expiry < height
                || expiry - height > ProofRequirement.MAX_WINDOW_HEIGHTS
                || accepted.size() >= limit
                || !accepted.add(context.id())) {
            return false;
        }
        byExpiry.computeIfAbsent(expiry, e -> new HashSet<>()).add(context.id());
        return true;
    }

    /**
     * Number of contexts remembered.
     *
     * @return at most the limit
     */
    public int size() {
        return accepted.size();
    }
}
