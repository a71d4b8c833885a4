package planted.apis.api.ledger;

import planted.apis.trustchain.api.Issuer;

/** Violation: the kernel API sees an API above it. */
public interface Ledger {
    void accept(Issuer issuer);
}
