package online.hypermesh.impl.ledger;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Digest;

/**
 * Verifies transactions' signatures and remembers which held, so that a node pays for each transaction once: when it
 * enters the {@link Mempool}, not again in the {@link LedgerTree}. Share one between both. Thread-safe.
 */
public final class SignatureCheck {
    private static final int REMEMBERED = 65_536;

    private final Cache<Digest, Boolean> held = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .executor(Runnable::run)
            .build();

    /**
     * Whether the sender signed the transaction.
     *
     * @param id the transaction's id
     * @param transaction the transaction
     * @return true if so
     */
    boolean holds(Digest id, Transaction transaction) {
        if (held.getIfPresent(id) != null) {
            return true;
        }
        boolean holds = transaction.signatureHolds();
        if (holds) {
            held.put(id, Boolean.TRUE);
        }
        return holds;
    }
}
