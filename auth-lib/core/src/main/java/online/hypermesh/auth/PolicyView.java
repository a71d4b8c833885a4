package online.hypermesh.auth;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.Decision;
import online.hypermesh.auth.api.Effect;
import online.hypermesh.auth.api.Group;
import online.hypermesh.auth.api.Member;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.auth.api.PolicyState.Summary;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.auth.api.Rule;
import online.hypermesh.auth.api.Subject;
import online.hypermesh.stoq.base.id.NodeId;

/** Decides on one state of the policy. Reads a bounded number of keys per question. Stateless beyond its reader. */
final class PolicyView {
    private final StateReader state;

    PolicyView(StateReader state) {
        this.state = state;
    }

    Summary summary() {
        return state.get(PolicyState.summaryKey()).map(Summary::decode).orElseGet(() -> new Summary(0, 0, 0, 0));
    }

    Optional<Member> member(NodeId id) {
        return state.get(PolicyState.memberKey(id)).map(Member::decode);
    }

    List<Rule> rules(Subject subject) {
        return state.get(PolicyState.rulesKey(subject))
                .map(PolicyState::decodeRules)
                .orElseGet(List::of);
    }

    /** Every rule that speaks of a member: its own first, then those of its groups in the order of the enum. */
    List<Rule> rulesOf(NodeId id, Member member) {
        List<Rule> rules = new ArrayList<>(rules(new Subject.Node(id)));
        for (Group group : Group.values()) {
            if (member.in(group)) {
                rules.addAll(rules(new Subject.Kind(group)));
            }
        }
        return rules;
    }

    Decision decide(NodeId id, Action action, Resource resource) {
        long height = summary().height();
        Optional<Member> member = member(id);
        if (member.isEmpty()) {
            return new Decision(
                    Decision.Reason.NOT_ENROLLED,
                    Explanations.notEnrolled(id, action, resource),
                    Optional.empty(),
                    height);
        }
        Optional<Rule> allowing = Optional.empty();
        for (Rule rule : rulesOf(id, member.get())) {
            if (rule.covers(action, resource)) {
                if (rule.effect() == Effect.DENY) {
                    return new Decision(
                            Decision.Reason.DENIED_BY_RULE,
                            Explanations.denied(id, member.get(), action, resource, rule),
                            Optional.of(rule.id()),
                            height);
                }
                if (allowing.isEmpty()) {
                    allowing = Optional.of(rule);
                }
            }
        }
        if (allowing.isEmpty()) {
            return new Decision(
                    Decision.Reason.NO_RULE,
                    Explanations.noRule(id, member.get(), action, resource),
                    Optional.empty(),
                    height);
        }
        return new Decision(
                Decision.Reason.ALLOWED,
                Explanations.allowed(id, member.get(), action, resource, allowing.get()),
                Optional.of(allowing.get().id()),
                height);
    }
}
