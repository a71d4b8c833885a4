package planted.cycles.api.ledger;

import planted.cycles.stoq.Transport;

/** Allowed: in no cycle. */
public interface Ledger {
    void accept(Transport transport);
}
