package online.hypermesh.trustchain.api.certificates;

import java.time.Duration;

/** The way to the issuers: asks one or several until a leaf comes back. May block within the timeout. */
@FunctionalInterface
public interface IssuerClient {
    /**
     * Asks for a leaf.
     *
     * @param request the request
     * @param timeout longest wait
     * @return the leaf; the caller checks it
     * @throws online.hypermesh.stoq.base.error.CodedException when no issuer gave one
     */
    IssuedLeaf request(IssuanceRequest request, Duration timeout);
}
