package online.hypermesh.stoq.session;

import online.hypermesh.stoq.PostQuantum;
import online.hypermesh.stoq.Protection;
import online.hypermesh.stoq.StoqException;
import online.hypermesh.stoq.base.error.Retry;

/**
 * What the terms of both sides come to. Both compute it from the same signed offers. Immutable.
 *
 * @param protection how the connection's bytes are protected
 * @param sealed whether streams are sealed under an ML-KEM-768 exchange
 * @param ends whether each side tells the other ends of its streams that travel alone; sealed streams end with a record
 */
record Agreement(Protection protection, boolean sealed, boolean ends) {
    /**
     * Applies the rule of {@code docs/spec/stoq.md}.
     *
     * @throws StoqException POST_QUANTUM_REQUIRED if one side requires what the other has off; HANDSHAKE_FAILED if a
     *     peer on the network says that no byte leaves the process
     */
    static Agreement of(Terms own, Terms peers) {
        if (peers.protection() == Protection.IN_PROCESS && own.protection() != Protection.IN_PROCESS) {
            throw ClientHandshake.failed(
                    "the peer says that no byte leaves this process, but its bytes came over the network");
        }
        boolean required = either(own, peers, PostQuantum.REQUIRED);
        Protection tls = weaker(own.protection(), peers.protection());
        if (either(own, peers, PostQuantum.OFF)) {
            if (required) {
                boolean here = own.postQuantum() == PostQuantum.REQUIRED;
                throw new StoqException(
                        StoqException.Code.POST_QUANTUM_REQUIRED,
                        Retry.NEVER,
                        (here ? "this node requires" : "the peer requires") + " post-quantum protection, "
                                + (here ? "the peer" : "this node")
                                + " has it off; set PREFERRED on one of them");
            }
            return of(own, peers, weaker(tls, Protection.CLASSICAL), false);
        }
        return switch (tls) {
            case HYBRID -> of(own, peers, Protection.HYBRID, false);
            case CLASSICAL -> of(own, peers, Protection.HYBRID, true);
            case IN_PROCESS -> of(own, peers, required ? Protection.HYBRID : Protection.IN_PROCESS, required);
        };
    }

    private static Agreement of(Terms own, Terms peers, Protection protection, boolean sealed) {
        return new Agreement(protection, sealed, own.ends() && peers.ends() && !sealed);
    }

    private static boolean either(Terms own, Terms peers, PostQuantum policy) {
        return own.postQuantum() == policy || peers.postQuantum() == policy;
    }

    private static Protection weaker(Protection one, Protection other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
