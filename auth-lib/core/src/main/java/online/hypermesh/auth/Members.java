package online.hypermesh.auth;

import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import online.hypermesh.auth.api.Group;
import online.hypermesh.auth.api.Member;
import online.hypermesh.auth.api.PolicyReader;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The membership of the newest finalized state this node knows: validators, operators and enrolled identities. As a
 * predicate it says whether an identity is welcome at all. Thread-safe if its reader is.
 */
public final class Members implements Predicate<NodeId> {
    private final PolicyView view;

    /**
     * Creates the view.
     *
     * @param reader reads the finalized state, for example {@code ledger::read}
     */
    public Members(PolicyReader reader) {
        this.view = new PolicyView(key -> reader.read(PolicyState.MODULE, key));
    }

    /**
     * Whether an identity is a member.
     *
     * @param id the identity
     * @return true if so
     */
    @Override
    public boolean test(NodeId id) {
        return view.member(id).isPresent();
    }

    /**
     * What kinds of member an identity is.
     *
     * @param id the identity
     * @return its groups without {@link Group#ANY_MEMBER}; empty for a stranger
     */
    public Set<Group> kinds(NodeId id) {
        return view.member(id).map(Member::groups).orElseGet(Set::of);
    }

    /**
     * What the policy records of an identity.
     *
     * @param id the identity
     * @return the member, if it is one
     */
    public Optional<Member> member(NodeId id) {
        return view.member(id);
    }
}
