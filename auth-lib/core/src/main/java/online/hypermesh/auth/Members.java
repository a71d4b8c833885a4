package online.hypermesh.auth;

import online.hypermesh.auth.api.PolicyReader;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.certificates.Membership;

/**
 * The membership of the newest finalized state this node knows: validators, operators and enrolled identities. Thread-safe if its reader is.
 */
public final class Members implements Membership {
    private final PolicyView view;

    /**
     * Creates the view.
     *
     * @param reader reads the finalized state, for example {@code ledger::read}
     */
    public Members(PolicyReader reader) {
        this.view = new PolicyView(key -> reader.read(PolicyState.MODULE, key));
    }

    @Override
    public boolean isMember(NodeId id) {
        return view.member(id).isPresent();
    }
}
