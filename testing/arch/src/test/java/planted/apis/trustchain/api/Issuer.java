package planted.apis.trustchain.api;

import planted.apis.trustchain.Authority;

/** Violation: an API sees an implementation. */
public interface Issuer {
    void accept(Authority authority);
}
