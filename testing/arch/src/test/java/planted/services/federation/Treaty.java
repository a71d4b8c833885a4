package planted.services.federation;

import planted.services.auth.api.Policy;

/** Allowed: in order and through the API. */
public interface Treaty {
    void accept(Policy policy);
}
