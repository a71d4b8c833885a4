package online.hypermesh.impl.consensus.driver;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.AncestorProof;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.FinalizedBlock;
import online.hypermesh.api.storage.BlockStorage;
import online.hypermesh.impl.ledger.AncestorFrontier;
import online.hypermesh.impl.ledger.AncestorIndex;
import online.hypermesh.stoq.base.crypto.Digest;
import online.hypermesh.stoq.base.error.Retry;
import org.jspecify.annotations.Nullable;

/** Proves that blocks of long ago stand in the finalized chain. Thread-safe. */
final class Ancestry {
    /** Proofs made at a time; each may read the headers of twice {@value AncestorIndex#CHUNK} blocks. */
    private static final int MAX_AT_ONCE = 2;
    /** How far below the head an anchor is looked for. */
    private static final int MAX_DEPTH = 256;

    private static final int REMEMBERED_IDS = 8192;

    private final BlockHeader genesis;
    private final FinalizedChain chain;
    private final BlockStorage storage;
    private final AncestorIndex index;
    private final Semaphore places = new Semaphore(MAX_AT_ONCE);
    /** Final blocks do not change: ids by height. */
    private final Cache<Long, Digest> ids = Caffeine.newBuilder()
            .maximumSize(REMEMBERED_IDS)
            .executor(Runnable::run)
            .build();

    /** @param before of the blocks up to the one the node begins with; empty for the genesis block */
    Ancestry(BlockHeader genesis, Optional<AncestorFrontier> before, FinalizedChain chain, BlockStorage storage) {
        this.genesis = genesis;
        this.chain = chain;
        this.storage = storage;
        index = new AncestorIndex(this::id, before.orElse(AncestorFrontier.EMPTY));
        if (before.isEmpty()) {
            index.add(genesis.id());
        }
    }

    /** The next block is final; called before it is appended to the chain. */
    void add(Digest id) {
        index.add(id);
    }

    private Digest id(long height) {
        Digest known = ids.getIfPresent(height);
        if (known != null) {
            return known;
        }
        Digest id = header(height)
                .map(BlockHeader::id)
                .orElseThrow(() -> new HypermeshException(
                        Code.NOT_FOUND, Retry.NEVER, "This node does not hold the block of height " + height));
        ids.put(height, id);
        return id;
    }

    private Optional<BlockHeader> header(long height) {
        if (height == 0) {
            return Optional.of(genesis);
        }
        Optional<BlockHeader> recent =
                chain.entry(height).map(e -> e.block().block().header());
        return recent.isPresent() ? recent : storage.readHeader(height);
    }

    /** Empty when this node does not hold all of the chain in between. */
    Optional<List<Digest>> path(long height, long descendant) {
        return height < index.base() || height >= descendant || descendant > index.size()
                ? Optional.empty()
                : Optional.of(index.path(height, descendant));
    }

    /** Empty when the height has no descendant that can be shown yet, or is not held here; BUSY when too many ask. */
    Optional<AncestorProof> proof(long height) {
        FinalizedChain.Entry anchor = anchor();
        if (anchor == null || height < index.base() || height >= anchor.height()) {
            return Optional.empty();
        }
        if (!places.tryAcquire()) {
            throw new HypermeshException(
                    Code.BUSY,
                    Retry.SAME_CALL,
                    MAX_AT_ONCE + " proofs of long ago are being made already, the limit; ask again or another node");
        }
        try {
            FinalizedBlock f = anchor.block();
            return header(height)
                    .map(h -> new AncestorProof(
                            h,
                            index.path(height, anchor.height()),
                            f.block().header(),
                            f.certificate(),
                            anchor.links()));
        } finally {
            places.release();
        }
    }

    /** The newest block that does not end its epoch and shows its own finality. */
    private FinalizedChain.@Nullable Entry anchor() {
        long head = chain.height();
        for (long height = head; height > Math.max(0, head - MAX_DEPTH); height--) {
            FinalizedChain.Entry e = chain.entry(height).orElse(null);
            if (e == null) {
                return null;
            }
            Digest named = e.links().isEmpty()
                    ? e.executed().id()
                    : e.links().get(e.links().size() - 1).header().id();
            if (!e.block().block().header().isClosing()
                    && e.block().certificate().statement().blockId().equals(named)) {
                return e;
            }
        }
        return null;
    }
}
