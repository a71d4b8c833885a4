package online.hypermesh.trustchain.verify;

import java.util.HashSet;
import java.util.Set;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.certificates.Membership;

/** The founding members: the genesis' validators and operators. Immutable. */
public final class GenesisMembership implements Membership {
    private final Set<NodeId> members = new HashSet<>();

    /**
     * Reads the members.
     *
     * @param genesis the founding document
     */
    public GenesisMembership(Genesis genesis) {
        genesis.validators().forEach(v -> members.add(v.nodeId()));
        genesis.operators().forEach(k -> members.add(NodeId.of(k)));
    }

    @Override
    public boolean isMember(NodeId id) {
        return members.contains(id);
    }

    /**
     * The founding members and those enrolled later.
     *
     * @param enrolled knows the enrolled identities of the last finalized state
     * @return both
     */
    public Membership or(Membership enrolled) {
        return id -> isMember(id) || enrolled.isMember(id);
    }
}
