package online.hypermesh.auth;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.ActionPattern;
import online.hypermesh.auth.api.Decision;
import online.hypermesh.auth.api.Effect;
import online.hypermesh.auth.api.Group;
import online.hypermesh.auth.api.Member;
import online.hypermesh.auth.api.PolicyCommand;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.auth.api.PolicyState.RuleEntry;
import online.hypermesh.auth.api.PolicyState.Summary;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.auth.api.Rule;
import online.hypermesh.auth.api.Subject;
import online.hypermesh.stoq.base.id.NodeId;

/**
 * The access policy as a ledger module: members, rules, and who may change them.
 *
 * <p>Operators of the genesis may always change the policy, so that no rule can lock them out. Anyone else needs
 * {@code policy.write} or {@code identities.enroll}, and even then
 *
 * <ul>
 *   <li>grants only what it is itself allowed, and never the right to change policy or membership;
 *   <li>writes no rule about operators or validators, and no denial for every member;
 *   <li>revokes only rules it granted and expels only identities it enrolled.
 * </ul>
 *
 * <p>Validators and operators come from the genesis and can be neither enrolled nor expelled. Stateless and deterministic.
 */
public final class PolicyModule implements LedgerModule {
    private static final Resource POLICY = new Resource("/policy");
    private static final List<ActionPattern> GOVERNING =
            List.of(new ActionPattern("policy.*"), new ActionPattern("identities.*"));

    /** Creates the module. */
    public PolicyModule() {}

    @Override
    public String name() {
        return PolicyState.MODULE;
    }

    @Override
    public void initialize(Genesis genesis, StateWriter state) {
        for (Member member : FoundingPolicy.members(genesis)) {
            putMember(state, member);
        }
        int count = 0;
        for (Map.Entry<Subject, List<Rule>> entry : FoundingPolicy.rules().entrySet()) {
            state.put(PolicyState.rulesKey(entry.getKey()), PolicyState.encodeRules(entry.getValue()));
            for (Rule rule : entry.getValue()) {
                state.put(PolicyState.ruleKey(rule.id()), new RuleEntry(entry.getKey(), Optional.empty()).encode());
                count++;
            }
        }
        state.put(PolicyState.summaryKey(), new Summary(0, 0, count, 0).encode());
    }

    @Override
    public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
        PolicyCommand command = PolicyCommand.decode(payload);
        boolean aboutRules = command instanceof PolicyCommand.Grant || command instanceof PolicyCommand.Revoke;
        PolicyView view = new PolicyView(state);
        Optional<Member> sender = view.member(context.sender());
        Action action = aboutRules ? Action.POLICY_WRITE : Action.IDENTITIES_ENROLL;
        boolean operator = sender.isPresent() && sender.get().in(Group.OPERATORS);
        if (!operator) {
            Decision decision = view.decide(context.sender(), action, POLICY);
            if (!decision.allowed()) {
                return Outcome.refused(decision.reason().name(), decision.explanation());
            }
        }
        Change change = new Change(context, state, view, operator);
        if (command instanceof PolicyCommand.Grant grant) {
            return change.grant(grant.rule());
        }
        if (command instanceof PolicyCommand.Revoke revoke) {
            return change.revoke(revoke.ruleId());
        }
        if (command instanceof PolicyCommand.Enroll enroll) {
            return change.enroll(enroll);
        }
        return change.expel(((PolicyCommand.Expel) command).id());
    }

    private static void putMember(StateWriter state, Member member) {
        state.put(PolicyState.memberKey(member.id()), member.encode());
        state.put(PolicyState.labelKey(member.label()), member.id().digest().toBytes());
    }

    /** One permitted command at work. */
    private record Change(ExecutionContext context, StateWriter state, PolicyView view, boolean operator) {

        Outcome grant(Rule rule) {
            if (state.get(PolicyState.ruleKey(rule.id())).isPresent()) {
                return Outcome.refused(
                        "RULE_EXISTS", "rule \"" + rule.id() + "\" exists; choose another id or revoke it first");
            }
            if (rule.subject() instanceof Subject.Node node
                    && view.member(node.id()).isEmpty()) {
                return Outcome.refused(
                        "NOT_ENROLLED", node.id() + " is not a member; enroll it before granting rules to it");
            }
            Optional<Outcome> escalation = operator ? Optional.empty() : escalation(rule);
            if (escalation.isPresent()) {
                return escalation.get();
            }
            Summary summary = view.summary();
            List<Rule> rules = new ArrayList<>(view.rules(rule.subject()));
            if (rules.size() >= PolicyState.MAX_RULES_PER_SUBJECT) {
                return Outcome.refused(
                        "LIMIT_EXCEEDED",
                        rule.subject().label() + " has " + rules.size() + " rules, limit "
                                + PolicyState.MAX_RULES_PER_SUBJECT + "; revoke some or grant to a group");
            }
            if (summary.rules() >= PolicyState.MAX_RULES) {
                return Outcome.refused(
                        "LIMIT_EXCEEDED",
                        "the network has " + summary.rules() + " rules, limit " + PolicyState.MAX_RULES
                                + "; revoke some");
            }
            rules.add(rule);
            rules.sort(Comparator.comparing(Rule::id));
            putRules(rule.subject(), rules);
            state.put(
                    PolicyState.ruleKey(rule.id()),
                    new RuleEntry(rule.subject(), Optional.of(context.sender())).encode());
            return changed(summary, 1, 0);
        }

        /** Why someone who is no operator may not grant a rule. */
        private Optional<Outcome> escalation(Rule rule) {
            if (speaksOfGenesisMembers(rule.subject())) {
                return escalated("only an operator writes rules about operators and validators");
            }
            if (rule.effect() == Effect.DENY) {
                return rule.subject().equals(new Subject.Kind(Group.ANY_MEMBER))
                        ? escalated("only an operator denies something to every member")
                        : Optional.empty();
            }
            for (ActionPattern governing : GOVERNING) {
                if (rule.action().overlaps(governing)) {
                    return escalated("only an operator grants " + governing);
                }
            }
            Member sender = view.member(context.sender()).orElseThrow();
            boolean covered = false;
            for (Rule own : view.rulesOf(context.sender(), sender)) {
                if (own.effect() == Effect.DENY
                        && own.action().overlaps(rule.action())
                        && own.resource().overlaps(rule.resource())) {
                    return escalated("rule \"" + own.id() + "\" denies you part of it");
                }
                covered |= own.effect() == Effect.ALLOW
                        && own.action().covers(rule.action())
                        && own.resource().covers(rule.resource());
            }
            return covered
                    ? Optional.empty()
                    : escalated("no rule allows you all of " + rule.action() + " on " + rule.resource());
        }

        private boolean speaksOfGenesisMembers(Subject subject) {
            if (subject instanceof Subject.Node node) {
                return view.member(node.id())
                        .map(m -> m.in(Group.OPERATORS) || m.in(Group.VALIDATORS))
                        .orElse(false);
            }
            return subject.equals(new Subject.Kind(Group.OPERATORS))
                    || subject.equals(new Subject.Kind(Group.VALIDATORS));
        }

        private static Optional<Outcome> escalated(String why) {
            return Optional.of(Outcome.refused("ESCALATION", why + "; ask an operator to do this"));
        }

        Outcome revoke(String ruleId) {
            Optional<RuleEntry> found = state.get(PolicyState.ruleKey(ruleId)).map(RuleEntry::decode);
            if (found.isEmpty()) {
                return Outcome.refused("NO_SUCH_RULE", "rule \"" + ruleId + "\" does not exist");
            }
            if (!operator && !found.get().grantedBy().equals(Optional.of(context.sender()))) {
                return Outcome.refused(
                        "ESCALATION",
                        "rule \"" + ruleId + "\" was granted by someone else; ask an operator to revoke it");
            }
            Subject subject = found.get().subject();
            List<Rule> rules = new ArrayList<>(view.rules(subject));
            rules.removeIf(rule -> rule.id().equals(ruleId));
            putRules(subject, rules);
            state.remove(PolicyState.ruleKey(ruleId));
            return changed(view.summary(), -1, 0);
        }

        Outcome enroll(PolicyCommand.Enroll enroll) {
            NodeId id = NodeId.of(enroll.nodeKey());
            Optional<Member> existing = view.member(id);
            if (existing.isPresent()) {
                return Outcome.refused(
                        "MEMBER_EXISTS",
                        id + " is a member already, as \"" + existing.get().label() + "\"");
            }
            if (state.get(PolicyState.labelKey(enroll.label())).isPresent()) {
                return Outcome.refused("LABEL_TAKEN", "label \"" + enroll.label() + "\" is taken; choose another one");
            }
            Summary summary = view.summary();
            if (summary.enrolled() >= PolicyState.MAX_ENROLLED) {
                return Outcome.refused(
                        "LIMIT_EXCEEDED",
                        "the network has " + summary.enrolled() + " enrolled identities, limit "
                                + PolicyState.MAX_ENROLLED + "; expel some");
            }
            putMember(
                    state,
                    new Member(
                            enroll.nodeKey(),
                            enroll.label(),
                            EnumSet.of(Group.ENROLLED),
                            Optional.of(context.sender()),
                            context.height()));
            return changed(summary, 0, 1);
        }

        Outcome expel(NodeId id) {
            Optional<Member> member = view.member(id);
            if (member.isEmpty()) {
                return Outcome.refused("NOT_ENROLLED", id + " is not a member");
            }
            if (!member.get().groups().equals(EnumSet.of(Group.ENROLLED))) {
                return Outcome.refused(
                        "PROTECTED",
                        member.get().label() + " is a validator or operator of the genesis and cannot be expelled");
            }
            if (!operator && !member.get().enrolledBy().equals(Optional.of(context.sender()))) {
                return Outcome.refused(
                        "ESCALATION",
                        member.get().label() + " was enrolled by someone else; ask an operator to expel it");
            }
            Subject subject = new Subject.Node(id);
            List<Rule> rules = view.rules(subject);
            for (Rule rule : rules) {
                state.remove(PolicyState.ruleKey(rule.id()));
            }
            state.remove(PolicyState.rulesKey(subject));
            state.remove(PolicyState.memberKey(id));
            state.remove(PolicyState.labelKey(member.get().label()));
            return changed(view.summary(), -rules.size(), -1);
        }

        private void putRules(Subject subject, List<Rule> rules) {
            if (rules.isEmpty()) {
                state.remove(PolicyState.rulesKey(subject));
            } else {
                state.put(PolicyState.rulesKey(subject), PolicyState.encodeRules(rules));
            }
        }

        private Outcome changed(Summary before, int rules, int enrolled) {
            Summary after = new Summary(
                    before.revision() + 1, context.height(), before.rules() + rules, before.enrolled() + enrolled);
            state.put(PolicyState.summaryKey(), after.encode());
            return Outcome.applied();
        }
    }
}
