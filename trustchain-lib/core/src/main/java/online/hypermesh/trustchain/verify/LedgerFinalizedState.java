package online.hypermesh.trustchain.verify;

import java.util.Optional;
import online.hypermesh.api.ledger.Ledger;
import online.hypermesh.trustchain.api.certificates.FinalizedState;

/** This node's ledger as the finalized state. Thread-safe; reads a block only when the height has changed. */
public final class LedgerFinalizedState implements FinalizedState {
    private final Ledger ledger;
    private volatile Moment newest = new Moment(0, 0);

    private record Moment(long height, long timeMillis) {}

    /**
     * Wraps a ledger.
     *
     * @param ledger this node's ledger
     */
    public LedgerFinalizedState(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public Optional<byte[]> read(String module, byte[] key) {
        return ledger.read(module, key);
    }

    @Override
    public long asOfMillis() {
        long height = ledger.finalizedHeight();
        Moment known = newest;
        if (height <= known.height()) {
            return known.timeMillis();
        }
        Moment now = ledger.block(height)
                .map(b -> new Moment(height, b.block().header().timeMillis()))
                .orElse(known);
        newest = now;
        return now.timeMillis();
    }
}
