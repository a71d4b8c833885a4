package online.hypermesh.auth;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.GenesisValidator;
import online.hypermesh.auth.api.ActionPattern;
import online.hypermesh.auth.api.Effect;
import online.hypermesh.auth.api.Group;
import online.hypermesh.auth.api.Member;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.auth.api.Rule;
import online.hypermesh.auth.api.Subject;
import online.hypermesh.stoq.base.crypto.VerifyKey;

/**
 * The members and rules a network begins with. Operators may do everything. Validators may do what running the network
 * takes. Every member may read what is public inside the network. Nobody else may do anything, and an enrolled identity
 * gains nothing more until a rule says so.
 */
final class FoundingPolicy {
    private static final List<String> VALIDATOR_ACTIONS =
            List.of("certificates.*", "content.*", "ledger.*", "names.*", "network.*");
    private static final List<String> MEMBER_ACTIONS =
            List.of("certificates.validate", "ledger.read", "names.resolve", "proofs.submit", "status.read");

    private FoundingPolicy() {}

    /** Rules of one subject, in ascending order of their ids. */
    static Map<Subject, List<Rule>> rules() {
        Map<Subject, List<Rule>> rules = new LinkedHashMap<>();
        put(rules, Group.ANY_MEMBER, MEMBER_ACTIONS);
        put(rules, Group.VALIDATORS, VALIDATOR_ACTIONS);
        put(rules, Group.OPERATORS, List.of("*"));
        return rules;
    }

    private static void put(Map<Subject, List<Rule>> rules, Group group, List<String> patterns) {
        Subject subject = new Subject.Kind(group);
        List<Rule> list = new ArrayList<>();
        for (String pattern : patterns) {
            String suffix = pattern.equals("*")
                    ? "everything"
                    : pattern.replace(".*", "").replace('.', '-');
            list.add(new Rule(
                    "genesis-" + group.label() + "-" + suffix,
                    subject,
                    new ActionPattern(pattern),
                    Resource.ROOT,
                    Effect.ALLOW));
        }
        rules.put(subject, Collections.unmodifiableList(list));
    }

    /** Validators under their names, then operators under the first free label of the form operator-1. */
    static List<Member> members(Genesis genesis) {
        Set<VerifyKey> operators = new HashSet<>(genesis.operators());
        Set<VerifyKey> seen = new HashSet<>();
        Set<String> labels = new HashSet<>();
        List<Member> members = new ArrayList<>();
        for (GenesisValidator v : genesis.validators()) {
            EnumSet<Group> groups = EnumSet.of(Group.VALIDATORS);
            if (operators.contains(v.nodeKey())) {
                groups.add(Group.OPERATORS);
            }
            seen.add(v.nodeKey());
            labels.add(v.name());
            members.add(new Member(v.nodeKey(), v.name(), groups, Optional.empty(), 0));
        }
        int number = 0;
        for (VerifyKey key : genesis.operators()) {
            if (seen.add(key)) {
                String label;
                do {
                    label = "operator-" + ++number;
                } while (!labels.add(label));
                members.add(new Member(key, label, EnumSet.of(Group.OPERATORS), Optional.empty(), 0));
            }
        }
        return members;
    }
}
