package online.hypermesh.impl.consensus.driver;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.storage.BlockStorage;

/** Where each epoch ended in the finalized chain, and who voted in it. Thread-safe. */
final class EpochEnds {
    private final BlockStorage storage;
    private final Map<Long, Long> heights = new ConcurrentHashMap<>();
    private final Map<Long, ValidatorSet> sets = new ConcurrentHashMap<>();

    EpochEnds(BlockStorage storage, ValidatorSet first) {
        this.storage = storage;
        sets.put(0L, first);
    }

    /** The block at a height ended an epoch. */
    void ended(long epoch, long height, ValidatorSet next) {
        ValidatorSet last = sets.get(epoch);
        sets.put(epoch + 1, last != null && last.root().equals(next.root()) ? last : next);
        heights.put(epoch, height);
    }

    Optional<HandOver> handOver(long epoch) {
        Long height = heights.get(epoch);
        ValidatorSet signers = sets.get(epoch);
        ValidatorSet next = sets.get(epoch + 1);
        if (height == null || signers == null || next == null) {
            return Optional.empty();
        }
        return storage.read(height)
                .map(f -> new HandOver(f.block().header(), f.certificate(), f.links(), signers, next));
    }
}
