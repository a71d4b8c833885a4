package online.hypermesh.auth.api;

import online.hypermesh.stoq.PeerIdentity;

/** Says who a peer is and what it may do. Thread-safe; does not block on the network. */
public interface AuthProvider {
    /**
     * The principal behind a connection. Everything proven was proven by the transport; this adds what the policy calls it.
     *
     * @param peer what the transport proved
     * @return the principal, also for an identity the policy does not know
     */
    Principal authenticate(PeerIdentity peer);

    /**
     * Decides on one action.
     *
     * @param principal who asks
     * @param action what
     * @param resource to what
     * @return allowed or not, and why
     */
    Decision decide(Principal principal, Action action, Resource resource);
}
