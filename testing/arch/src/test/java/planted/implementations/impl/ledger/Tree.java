package planted.implementations.impl.ledger;

import planted.implementations.trustchain.api.Issuer;

/** Violation: an implementation sees an API above it. */
public interface Tree {
    void accept(Issuer issuer);
}
