package online.hypermesh.impl.storage;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.function.LongPredicate;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Maps ids to positions in 12 bytes per slot: open addressing over 32 bits of a keyed hash, ids themselves staying in the
 * log, where the caller compares them. The key is random, so ids cannot be chosen to collide. Confined to one thread.
 */
final class IdIndex {
    private final long multiplier;
    private final long addend;
    private int[] hashes = new int[64];
    private long[] positions = new long[64];
    private int size;

    IdIndex(SecureRandom random) {
        multiplier = random.nextLong() | 1;
        addend = random.nextLong();
    }

    int size() {
        return size;
    }

    /** Adds a position for an id that {@link #find} did not find. */
    void add(Digest id, long position) {
        if (position <= 0) {
            throw new IllegalArgumentException("position must be > 0, was " + position);
        }
        if (size >= positions.length / 4 * 3) {
            grow();
        }
        insert(hash(id), position);
        size++;
    }

    /** The position of an id, 0 when there is none; {@code isOfId} tells whether a candidate holds that very id. */
    long find(Digest id, LongPredicate isOfId) {
        int hash = hash(id);
        int mask = positions.length - 1;
        for (int slot = hash & mask; positions[slot] != 0; slot = slot + 1 & mask) {
            if (hashes[slot] == hash && isOfId.test(positions[slot])) {
                return positions[slot];
            }
        }
        return 0;
    }

    /** Points an id at its newer record. */
    void replace(Digest id, long oldPosition, long newPosition) {
        int hash = hash(id);
        int mask = positions.length - 1;
        for (int slot = hash & mask; positions[slot] != 0; slot = slot + 1 & mask) {
            if (positions[slot] == oldPosition) {
                positions[slot] = newPosition;
                return;
            }
        }
        throw new IllegalStateException("position " + oldPosition + " is not in the index");
    }

    private void insert(int hash, long position) {
        int mask = positions.length - 1;
        int slot = hash & mask;
        while (positions[slot] != 0) {
            slot = slot + 1 & mask;
        }
        hashes[slot] = hash;
        positions[slot] = position;
    }

    private void grow() {
        int[] oldHashes = hashes;
        long[] oldPositions = positions;
        hashes = new int[Math.multiplyExact(oldHashes.length, 2)];
        positions = new long[hashes.length];
        for (int slot = 0; slot < oldPositions.length; slot++) {
            if (oldPositions[slot] != 0) {
                insert(oldHashes[slot], oldPositions[slot]);
            }
        }
    }

    private int hash(Digest id) {
        ByteBuffer b = ByteBuffer.wrap(id.toBytes());
        long folded = b.getLong() ^ Long.rotateLeft(b.getLong(), 17);
        return (int) ((folded * multiplier + addend) >>> 32);
    }
}
