package online.hypermesh.auth;

import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.Member;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.auth.api.Rule;
import online.hypermesh.stoq.base.id.NodeId;

/** The words of decisions: what was asked, what decided, and what an operator would run to change it. */
final class Explanations {
    private Explanations() {}

    static String allowed(NodeId id, Member member, Action action, Resource resource, Rule rule) {
        return who(id, member) + " may " + what(action, resource) + ": rule \"" + rule.id() + "\" allows "
                + coverage(rule) + ".";
    }

    static String denied(NodeId id, Member member, Action action, Resource resource, Rule rule) {
        return who(id, member) + " may not " + what(action, resource) + ": rule \"" + rule.id() + "\" denies "
                + coverage(rule)
                + ", and a denial outweighs every permission. An operator lifts it with: hypermesh policy"
                + " revoke " + rule.id();
    }

    static String noRule(NodeId id, Member member, Action action, Resource resource) {
        return who(id, member) + " may not " + what(action, resource)
                + ": no rule allows it, and what no rule allows is denied. An operator allows it with: hypermesh policy grant "
                + id + " " + action + " " + resource;
    }

    static String notEnrolled(NodeId id, Action action, Resource resource) {
        return id + " may not " + what(action, resource)
                + ": it is not a member of this network. An operator enrolls it with: hypermesh policy enroll NODE-KEY LABEL,"
                + " and then allows it with: hypermesh policy grant " + id + " " + action + " " + resource;
    }

    static String memberOnly(String who, Action action, Resource resource) {
        return who + " may not " + what(action, resource)
                + ": it proved its membership but presented no certificate that holds in this phase. That is enough for"
                + " consensus, catch-up and certificate renewal only; it must renew its certificate and connect again.";
    }

    static String changing(String who, Action action, Resource resource) {
        return who + " may not " + what(action, resource)
                + " now: the policy changed during every attempt to read it. Ask again.";
    }

    private static String who(NodeId id, Member member) {
        return member.label() + " (" + id.toShortString() + ")";
    }

    private static String what(Action action, Resource resource) {
        return action + " on " + resource;
    }

    private static String coverage(Rule rule) {
        return rule.action() + " on " + rule.resource() + " to "
                + rule.subject().label();
    }
}
