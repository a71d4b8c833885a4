package online.hypermesh.trustchain.api.certificates;

import java.util.Optional;
import online.hypermesh.stoq.base.id.NodeId;

/** Decides whether an identity may hold a leaf. Thread-safe; must answer without blocking on the network. */
@FunctionalInterface
public interface IssuancePolicy {
    /**
     * Decides on one identity, whose request has already been proven.
     *
     * @param subject who asks
     * @return empty to issue, or why not and what to do
     */
    Optional<String> refusal(NodeId subject);
}
