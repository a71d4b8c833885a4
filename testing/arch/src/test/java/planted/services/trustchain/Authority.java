package planted.services.trustchain;

import planted.services.auth.api.Policy;

/** Violation: against the order of the services. */
public interface Authority {
    void accept(Policy policy);
}
