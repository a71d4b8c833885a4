package online.hypermesh.impl.ledger;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import online.hypermesh.api.ledger.BodyEntry;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Verifies the signatures of transactions and bundles and remembers which held, so that a node pays for each once: when it
 * enters the {@link Mempool}, not again in the {@link LedgerTree}. Share one between both. Thread-safe.
 */
public final class SignatureCheck {
    private static final int REMEMBERED = 65_536;

    private final Cache<Digest, Boolean> held = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .executor(Runnable::run)
            .build();

    /**
     * Whether the sender signed the entry.
     *
     * @param entry a transaction or bundle
     * @return true if so
     */
    boolean holds(BodyEntry entry) {
        Digest id = entry.id();
        if (held.getIfPresent(id) != null) {
            return true;
        }
        boolean holds = entry.signatureHolds();
        if (holds) {
            held.put(id, Boolean.TRUE);
        }
        return holds;
    }
}
