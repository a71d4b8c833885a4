package planted.apis.auth.api;

import planted.apis.trustchain.api.Issuer;

/** Allowed: an API sees a lower API. */
public interface Policy {
    void accept(Issuer issuer);
}
