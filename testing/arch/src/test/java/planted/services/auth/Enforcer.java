package planted.services.auth;

import planted.services.trustchain.Authority;

/** Violation: past the API of another service. */
public interface Enforcer {
    void accept(Authority authority);
}
