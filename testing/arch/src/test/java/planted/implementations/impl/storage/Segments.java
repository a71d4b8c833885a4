package planted.implementations.impl.storage;

import planted.implementations.api.ledger.Ledger;

/** Allowed: an implementation sees its own API. */
public interface Segments {
    void accept(Ledger ledger);
}
