package online.hypermesh.auth.api;

import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * Someone who asks: a proven identity, and how far the proof reaches. Immutable.
 *
 * @param id the identity
 * @param standing how far its authentication reaches
 * @param label what people call it; empty when the policy does not know it. For display only, nothing is decided by it
 */
public record Principal(NodeId id, Standing standing, String label) {
    @Override
    public String toString() {
        return label.isEmpty() ? id.toShortString() : label + " (" + id.toShortString() + ")";
    }
}
