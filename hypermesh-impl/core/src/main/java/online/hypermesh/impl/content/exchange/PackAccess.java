package online.hypermesh.impl.content.exchange;

import java.util.Optional;
import online.hypermesh.stoq.PeerIdentity;

/** Decides which client may store and fetch packs at a node; the exchange knows no policy of its own. Thread-safe. */
@FunctionalInterface
public interface PackAccess {
    /** What a client asks for. */
    enum Operation {
        /** To store a pack. */
        PUT,
        /** To fetch a pack. */
        GET,
        /** To have stored packs attested by a quorum. */
        COMMIT
    }

    /**
     * Decides on one request.
     *
     * @param client who asks
     * @param operation for what
     * @return empty to allow it, or why not and what would help
     */
    Optional<String> refusal(PeerIdentity client, Operation operation);
}
