package online.hypermesh.trustchain.names;

import java.time.Duration;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.stoq.base.error.Retry;
import online.hypermesh.trustchain.api.TrustchainException;
import online.hypermesh.trustchain.api.names.LedgerNames;
import online.hypermesh.trustchain.api.names.NameRecord;

/** Names from this node's own ledger, with the proofs it hands to others. Thread-safe. */
public final class OwnLedgerNames implements LedgerNames {
    private final Ledger ledger;

    /**
     * Creates the source.
     *
     * @param ledger this node's ledger
     */
    public OwnLedgerNames(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public Answer lookup(String name, Duration timeout) {
        try {
            return new Answer(ledger.prove(NameRecord.MODULE, NameRecord.key(name)), true);
        } catch (HypermeshException e) {
            throw new TrustchainException(
                    TrustchainException.Code.UNREACHABLE,
                    Retry.SAME_CALL,
                    "this node's ledger cannot prove anything about " + name + " yet: " + e.getMessage(),
                    e);
        }
    }
}
