package online.hypermesh.trustchain.api.certificates;

import online.hypermesh.stoq.base.id.NodeId;

/** Who belongs to the network by its last finalized state. Thread-safe; must answer without blocking on the network. */
@FunctionalInterface
public interface Membership {
    /**
     * Whether a node is a validator, an operator or an enrolled identity.
     *
     * @param id the node
     * @return whether it is a member
     */
    boolean isMember(NodeId id);
}
