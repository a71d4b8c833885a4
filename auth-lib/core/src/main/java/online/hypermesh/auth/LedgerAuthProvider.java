package online.hypermesh.auth;

import java.util.Optional;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.AuthProvider;
import online.hypermesh.auth.api.Decision;
import online.hypermesh.auth.api.Member;
import online.hypermesh.auth.api.PolicyReader;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.auth.api.PolicyState.Summary;
import online.hypermesh.auth.api.Principal;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Standing;

/**
 * Answers from the newest finalized policy this node knows. A decision stands on one state: when the policy changes while
 * it is read, it is read again, at most eight times. Thread-safe if its reader is.
 */
public final class LedgerAuthProvider implements AuthProvider {
    private static final int MAX_READS = 8;

    private final PolicyView view;

    /**
     * Creates the provider.
     *
     * @param reader reads the finalized state, for example {@code ledger::read}
     */
    public LedgerAuthProvider(PolicyReader reader) {
        this.view = new PolicyView(key -> reader.read(PolicyState.MODULE, key));
    }

    @Override
    public Principal authenticate(PeerIdentity peer) {
        String label = view.member(peer.id()).map(Member::label).orElse("");
        return new Principal(peer.id(), peer.standing(), label);
    }

    @Override
    public Decision decide(Principal principal, Action action, Resource resource) {
        Summary before = view.summary();
        if (principal.standing() != Standing.FULL) {
            return new Decision(
                    Decision.Reason.MEMBER_ONLY,
                    Explanations.memberOnly(principal.toString(), action, resource),
                    Optional.empty(),
                    before.height());
        }
        for (int read = 0; read < MAX_READS; read++) {
            Decision decision = view.decide(principal.id(), action, resource);
            Summary after = view.summary();
            if (after.equals(before)) {
                return decision;
            }
            before = after;
        }
        return new Decision(
                Decision.Reason.POLICY_CHANGING,
                Explanations.changing(principal.toString(), action, resource),
                Optional.empty(),
                before.height());
    }
}
