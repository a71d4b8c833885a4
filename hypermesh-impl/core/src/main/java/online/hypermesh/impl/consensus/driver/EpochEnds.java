package online.hypermesh.impl.consensus.driver;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import online.hypermesh.api.consensus.ValidatorSet;
import online.hypermesh.api.ledger.HandOver;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.storage.HandOverLog;

/**
 * Where each epoch ended in the finalized chain, and who voted in it. Nodes that keep snapshots, and may forget blocks, note
 * every end of an epoch apart from them. Thread-safe.
 */
final class EpochEnds {
    private final BlockStorage storage;
    private final Optional<HandOverLog> log;
    private final Map<Long, Long> heights = new ConcurrentHashMap<>();
    private final Map<Long, ValidatorSet> sets = new ConcurrentHashMap<>();

    /** @param first the validators of the epoch the node begins in */
    EpochEnds(BlockStorage storage, Optional<HandOverLog> log, long epoch, ValidatorSet first) {
        this.storage = storage;
        this.log = log;
        sets.put(epoch, first);
    }

    /** The block at a height, which the storage holds, ended an epoch. */
    void ended(long epoch, long height, ValidatorSet next) {
        ValidatorSet last = sets.get(epoch);
        sets.put(epoch + 1, last != null && last.root().equals(next.root()) ? last : next);
        heights.put(epoch, height);
        log.filter(l -> !l.has(epoch)).ifPresent(l -> fromBlocks(epoch).ifPresent(l::add));
    }

    Optional<HandOver> handOver(long epoch) {
        Optional<HandOver> noted = log.flatMap(l -> l.find(epoch));
        return noted.isPresent() ? noted : fromBlocks(epoch);
    }

    private Optional<HandOver> fromBlocks(long epoch) {
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
