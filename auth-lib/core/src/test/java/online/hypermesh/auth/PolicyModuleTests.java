package online.hypermesh.auth;

import static online.hypermesh.auth.PolicyLedger.OPERATOR;
import static online.hypermesh.auth.PolicyLedger.VALIDATORS;
import static online.hypermesh.auth.PolicyLedger.id;
import static online.hypermesh.auth.PolicyLedger.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.ActionPattern;
import online.hypermesh.auth.api.Effect;
import online.hypermesh.auth.api.Group;
import online.hypermesh.auth.api.Member;
import online.hypermesh.auth.api.PolicyCommand;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.auth.api.Rule;
import online.hypermesh.auth.api.Subject;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

final class PolicyModuleTests {
    private static final SigningKey ALICE = key(200);
    private static final SigningKey BOB = key(201);

    private final PolicyLedger ledger = new PolicyLedger();

    private static Optional<Member> member(PolicyLedger of, NodeId id) {
        return new PolicyView(key -> of.read(PolicyState.MODULE, key)).member(id);
    }

    private static Set<Group> kinds(PolicyLedger of, NodeId id) {
        return member(of, id).map(Member::groups).orElse(Set.of());
    }

    @Test
    void genesisMembersAndRulesAreThere() {
        Members members = new Members(ledger);
        assertThat(kinds(ledger, id(VALIDATORS.get(0)))).containsExactly(Group.VALIDATORS);
        assertThat(kinds(ledger, id(OPERATOR))).containsExactly(Group.OPERATORS);
        assertThat(member(ledger, id(VALIDATORS.get(1))).orElseThrow().label()).isEqualTo("n2");
        assertThat(members.isMember(id(ALICE))).isFalse();
        assertThat(kinds(ledger, id(ALICE))).isEmpty();
        assertThat(summary().rules()).isEqualTo(11);
    }

    @Test
    void aValidatorThatIsAlsoOperatorIsBothOnce() {
        PolicyLedger both = new PolicyLedger(PolicyLedger.genesis(List.of(VALIDATORS.get(0), OPERATOR)));
        assertThat(kinds(both, id(VALIDATORS.get(0)))).containsExactly(Group.VALIDATORS, Group.OPERATORS);
        assertThat(member(both, id(OPERATOR)).orElseThrow().label()).isEqualTo("operator-1");
    }

    @Test
    void operatorEnrollsGrantsRevokesAndExpels() {
        assertApplied(ledger.run(OPERATOR, enroll(ALICE, "alice")));
        assertThat(kinds(ledger, id(ALICE))).containsExactly(Group.ENROLLED);
        assertThat(submits(ALICE, "assets")).isFalse();
        assertApplied(ledger.run(OPERATOR, grant("alice-puts", ALICE, "content.put", "/", Effect.ALLOW)));
        assertThat(submits(ALICE, "assets")).isTrue();
        assertApplied(ledger.run(OPERATOR, new PolicyCommand.Revoke("alice-puts")));
        assertThat(submits(ALICE, "assets")).isFalse();
        assertApplied(ledger.run(OPERATOR, new PolicyCommand.Expel(id(ALICE))));
        assertThat(new Members(ledger).isMember(id(ALICE))).isFalse();
    }

    @Test
    void expellingTakesTheRulesOfThatIdentityAlongAndLeavesNothingBehind() {
        int keys = ledger.keyCount();
        ledger.run(OPERATOR, enroll(ALICE, "alice"));
        ledger.run(OPERATOR, grant("r1", ALICE, "content.*", "/", Effect.ALLOW));
        ledger.run(OPERATOR, grant("r2", ALICE, "names.*", "/", Effect.ALLOW));
        assertApplied(ledger.run(OPERATOR, new PolicyCommand.Expel(id(ALICE))));
        assertThat(ledger.keyCount()).isEqualTo(keys);
        assertThat(summary().rules()).isEqualTo(11);
        assertThat(summary().enrolled()).isZero();
        ledger.run(OPERATOR, enroll(ALICE, "alice"));
        assertThat(submits(ALICE, "assets")).isFalse();
    }

    @Test
    void strangersAreRefusedBeforeAnything() {
        assertRefused(ledger.run(ALICE, enroll(ALICE, "alice")), "NOT_ENROLLED");
        assertRefused(ledger.run(ALICE, "names", new byte[0]), "NOT_ENROLLED");
        assertRefused(ledger.run(ALICE, "whatever", new byte[0]), "NOT_ENROLLED");
    }

    @Test
    void membersWithoutTheRightChangeNothing() {
        ledger.run(OPERATOR, enroll(ALICE, "alice"));
        for (SigningKey sender : List.of(ALICE, VALIDATORS.get(0))) {
            assertRefused(ledger.run(sender, grant("own", sender, "*", "/", Effect.ALLOW)), "NO_RULE");
            assertRefused(ledger.run(sender, new PolicyCommand.Revoke("genesis-operators-everything")), "NO_RULE");
            assertRefused(ledger.run(sender, enroll(BOB, "bob")), "NO_RULE");
            assertRefused(ledger.run(sender, new PolicyCommand.Expel(id(ALICE))), "NO_RULE");
        }
    }

    @Test
    void enrollingOverAValidatorOrAnotherMembersLabelIsRefused() {
        assertRefused(ledger.run(OPERATOR, enroll(VALIDATORS.get(0), "mallory")), "MEMBER_EXISTS");
        assertRefused(ledger.run(OPERATOR, enroll(ALICE, "n1")), "LABEL_TAKEN");
        assertApplied(ledger.run(OPERATOR, enroll(ALICE, "alice")));
        assertRefused(ledger.run(OPERATOR, enroll(ALICE, "alice-2")), "MEMBER_EXISTS");
    }

    @Test
    void genesisMembersCannotBeExpelled() {
        assertRefused(ledger.run(OPERATOR, new PolicyCommand.Expel(id(VALIDATORS.get(0)))), "PROTECTED");
        assertRefused(ledger.run(OPERATOR, new PolicyCommand.Expel(id(OPERATOR))), "PROTECTED");
    }

    @Test
    void delegatesGrantOnlyWhatTheyHaveAndNeverGovernance() {
        delegate();
        assertRefused(ledger.run(ALICE, grant("a", BOB, "policy.write", "/", Effect.ALLOW)), "ESCALATION");
        assertRefused(ledger.run(ALICE, grant("a", BOB, "identities.*", "/", Effect.ALLOW)), "ESCALATION");
        assertRefused(ledger.run(ALICE, grant("a", BOB, "*", "/", Effect.ALLOW)), "ESCALATION");
        assertRefused(ledger.run(ALICE, grant("a", ALICE, "names.register", "/", Effect.ALLOW)), "ESCALATION");
        assertRefused(ledger.run(ALICE, grant("a", BOB, "content.*", "/", Effect.ALLOW)), "ESCALATION");
        assertRefused(ledger.run(ALICE, grant("a", BOB, "content.put", "/", Effect.ALLOW)), "ESCALATION");
        assertApplied(ledger.run(ALICE, grant("a", BOB, "content.put", "/assets/bob", Effect.ALLOW)));
    }

    @Test
    void aDelegateThatMayDoEverythingStillPassesOnNoGovernance() {
        delegate();
        ledger.run(OPERATOR, grant("alice-all", ALICE, "*", "/", Effect.ALLOW));
        assertRefused(ledger.run(ALICE, grant("a", BOB, "*", "/", Effect.ALLOW)), "ESCALATION");
        assertRefused(ledger.run(ALICE, grant("a", BOB, "policy.write", "/", Effect.ALLOW)), "ESCALATION");
        assertApplied(ledger.run(ALICE, grant("a", BOB, "names.*", "/", Effect.ALLOW)));
    }

    @Test
    void aDenialOfTheGranterLimitsWhatItCanGrant() {
        delegate();
        ledger.run(OPERATOR, grant("no", ALICE, "content.put", "/assets/secret", Effect.DENY));
        assertRefused(ledger.run(ALICE, grant("a", BOB, "content.put", "/assets", Effect.ALLOW)), "ESCALATION");
        assertApplied(ledger.run(ALICE, grant("b", BOB, "content.put", "/assets/open", Effect.ALLOW)));
    }

    @Test
    void delegatesTouchNeitherOperatorsNorWhatOthersGranted() {
        delegate();
        assertRefused(ledger.run(ALICE, grant("a", OPERATOR, "content.put", "/assets", Effect.DENY)), "ESCALATION");
        assertRefused(ledger.run(ALICE, kind("a", Group.OPERATORS, "content.put", Effect.DENY)), "ESCALATION");
        assertRefused(ledger.run(ALICE, kind("a", Group.ANY_MEMBER, "content.put", Effect.DENY)), "ESCALATION");
        assertRefused(ledger.run(ALICE, kind("a", Group.VALIDATORS, "network.attest", Effect.DENY)), "ESCALATION");
        assertRefused(ledger.run(ALICE, grant("a", VALIDATORS.get(2), "network.*", "/", Effect.DENY)), "ESCALATION");
        assertRefused(ledger.run(ALICE, new PolicyCommand.Revoke("genesis-operators-everything")), "ESCALATION");
        ledger.run(OPERATOR, grant("no", ALICE, "names.register", "/", Effect.DENY));
        assertRefused(ledger.run(ALICE, new PolicyCommand.Revoke("no")), "ESCALATION");
        assertRefused(ledger.run(ALICE, new PolicyCommand.Expel(id(BOB))), "ESCALATION");
        SigningKey carol = key(202);
        assertApplied(ledger.run(ALICE, enroll(carol, "carol")));
        assertApplied(ledger.run(ALICE, new PolicyCommand.Expel(id(carol))));
    }

    @Test
    void noRuleLocksOperatorsOut() {
        assertApplied(ledger.run(OPERATOR, kind("oops", Group.OPERATORS, "*", Effect.DENY)));
        assertRefused(ledger.run(OPERATOR, "names", new byte[0]), "DENIED_BY_RULE");
        assertApplied(ledger.run(OPERATOR, new PolicyCommand.Revoke("oops")));
        assertApplied(ledger.run(OPERATOR, "names", new byte[0]));
    }

    @Test
    void duplicatesAndMissingThingsAreRefused() {
        ledger.run(OPERATOR, enroll(ALICE, "alice"));
        assertApplied(ledger.run(OPERATOR, grant("r", ALICE, "names.*", "/", Effect.ALLOW)));
        assertRefused(ledger.run(OPERATOR, grant("r", ALICE, "content.*", "/", Effect.ALLOW)), "RULE_EXISTS");
        assertRefused(ledger.run(OPERATOR, new PolicyCommand.Revoke("nothing")), "NO_SUCH_RULE");
        assertRefused(ledger.run(OPERATOR, new PolicyCommand.Expel(id(BOB))), "NOT_ENROLLED");
        assertRefused(ledger.run(OPERATOR, grant("b", BOB, "names.*", "/", Effect.ALLOW)), "NOT_ENROLLED");
    }

    @Test
    void aReplayedGrantDoesNotUndoARevocation() {
        ledger.run(OPERATOR, enroll(ALICE, "alice"));
        PolicyCommand grant = grant("r", ALICE, "content.put", "/", Effect.ALLOW);
        Transaction granted =
                Transaction.sign(ledger.genesis().networkId(), OPERATOR, 50, PolicyState.MODULE, grant.encode());
        assertApplied(ledger.execute(granted));
        assertApplied(ledger.run(OPERATOR, new PolicyCommand.Revoke("r")));
        assertRefused(ledger.execute(granted), "REPLAYED");
        assertThat(submits(ALICE, "assets")).isFalse();
    }

    @Test
    void rulesPerSubjectAreLimitedAndTheFullListFitsItsValue() {
        String longest = "/" + "r".repeat(Resource.MAX_LENGTH - 1);
        String action = "a".repeat(Action.MAX_LENGTH - 2) + ".b";
        for (int i = 0; i < PolicyState.MAX_RULES_PER_SUBJECT; i++) {
            String ruleId = "r".repeat(44) + String.format("%04d", i);
            assertApplied(ledger.run(OPERATOR, grant(ruleId, VALIDATORS.get(0), action, longest, Effect.ALLOW)));
        }
        assertRefused(
                ledger.run(OPERATOR, grant("more", VALIDATORS.get(0), "a.b", "/", Effect.ALLOW)), "LIMIT_EXCEEDED");
        assertThat(ledger.largestValueBytes()).isLessThan(65_536);
        assertApplied(ledger.run(OPERATOR, grant("other", VALIDATORS.get(1), "a.b", "/", Effect.ALLOW)));
    }

    @Test
    void malformedPayloadsAreRefusedAndChangeNothing() {
        var before = ledger.root();
        byte[] good = enroll(ALICE, "alice").encode();
        for (int cut = 0; cut < good.length; cut++) {
            assertRefused(ledger.run(OPERATOR, PolicyState.MODULE, java.util.Arrays.copyOf(good, cut)), "MALFORMED");
        }
        assertRefused(
                ledger.run(OPERATOR, PolicyState.MODULE, java.util.Arrays.copyOf(good, good.length + 1)), "MALFORMED");
        assertRefused(
                ledger.run(
                        OPERATOR,
                        PolicyState.MODULE,
                        new CborWriter().array(3).uint(1).uint(5).uint(0).toBytes()),
                "MALFORMED");
        assertRefused(
                ledger.run(
                        OPERATOR,
                        PolicyState.MODULE,
                        new CborWriter().array(3).uint(2).uint(2).text("r").toBytes()),
                "MALFORMED");
        assertRefused(
                ledger.run(
                        OPERATOR,
                        PolicyState.MODULE,
                        new CborWriter().array(3).uint(1).uint(2).text("R!").toBytes()),
                "MALFORMED");
        assertRefused(ledger.run(OPERATOR, PolicyState.MODULE, new byte[PolicyCommand.MAX_BYTES + 1]), "MALFORMED");
        assertThat(ledger.root()).isEqualTo(before);
    }

    @Test
    void theSameCommandsGiveTheSameStateAndRefusalsLeaveNoTrace() {
        for (long seed = 1; seed <= 20; seed++) {
            PolicyLedger one = new PolicyLedger();
            PolicyLedger two = new PolicyLedger();
            Random random = new Random(seed);
            for (int i = 0; i < 120; i++) {
                SigningKey sender = random.nextBoolean() ? OPERATOR : key(200 + random.nextInt(4));
                PolicyCommand command = randomCommand(random);
                var before = one.root();
                Outcome outcome = one.run(sender, command);
                assertThat(two.run(sender, command))
                        .as("seed %d", seed)
                        .usingRecursiveComparison()
                        .isEqualTo(outcome);
                assertThat(two.root()).as("seed %d", seed).isEqualTo(one.root());
                assertThat(outcome instanceof Outcome.Refused)
                        .as("seed %d step %d", seed, i)
                        .isEqualTo(one.root().equals(before));
            }
        }
    }

    /** Whatever delegates try, nobody gains a right over policy or membership and no genesis member loses anything. */
    @Test
    void delegatesGainNothingByAnySequenceOfCommands() {
        for (long seed = 1; seed <= 30; seed++) {
            PolicyLedger fuzzed = new PolicyLedger();
            fuzzed.run(OPERATOR, enroll(key(200), "m0"));
            fuzzed.run(OPERATOR, grant("p", key(200), "policy.write", "/policy", Effect.ALLOW));
            fuzzed.run(OPERATOR, grant("i", key(200), "identities.enroll", "/policy", Effect.ALLOW));
            fuzzed.run(OPERATOR, grant("c", key(200), "content.*", "/content", Effect.ALLOW));
            Random random = new Random(seed);
            int applied = 0;
            for (int i = 0; i < 200; i++) {
                SigningKey sender = random.nextInt(4) > 0 ? key(200) : key(201 + random.nextInt(3));
                if (fuzzed.run(sender, randomAttack(random)) instanceof Outcome.Applied) {
                    applied++;
                }
            }
            assertThat(applied).as("seed %d", seed).isPositive();
            PolicyView view = new PolicyView(k -> fuzzed.read(PolicyState.MODULE, k));
            Resource policy = new Resource("/policy");
            for (int member = 200; member < 204; member++) {
                for (Action action : List.of(Action.POLICY_WRITE, Action.IDENTITIES_ENROLL, Action.NETWORK_ATTEST)) {
                    boolean delegated = member == 200 && action != Action.NETWORK_ATTEST;
                    assertThat(view.decide(id(key(member)), action, policy).allowed() && !delegated)
                            .as("seed %d member %d %s", seed, member, action)
                            .isFalse();
                }
                assertThat(view.decide(id(key(member)), Action.CONTENT_PUT, Resource.ROOT)
                                .allowed())
                        .as("seed %d member %d", seed, member)
                        .isFalse();
            }
            for (SigningKey validator : VALIDATORS) {
                for (Action action : List.of(Action.CONTENT_PUT, Action.NETWORK_ATTEST, Action.CERTIFICATES_ISSUE)) {
                    assertThat(view.decide(id(validator), action, Resource.ROOT).allowed())
                            .as("seed %d", seed)
                            .isTrue();
                }
            }
            assertThat(view.decide(id(OPERATOR), Action.POLICY_WRITE, policy).allowed())
                    .isTrue();
        }
    }

    private static PolicyCommand randomAttack(Random random) {
        List<SigningKey> targets =
                List.of(key(200), key(201), key(202), key(203), VALIDATORS.get(random.nextInt(4)), OPERATOR);
        SigningKey target = targets.get(random.nextInt(targets.size()));
        List<String> patterns =
                List.of("*", "policy.*", "policy.write", "identities.enroll", "content.*", "content.put", "network.*");
        String pattern = patterns.get(random.nextInt(patterns.size()));
        String resource = List.of("/", "/policy", "/content", "/content/x").get(random.nextInt(4));
        String rule = List.of("p", "i", "c", "r1", "r2", "r3", "genesis-operators-everything")
                .get(random.nextInt(7));
        Effect effect = random.nextBoolean() ? Effect.ALLOW : Effect.DENY;
        return switch (random.nextInt(5)) {
            case 0 -> enroll(target, "m" + random.nextInt(4));
            case 1 -> new PolicyCommand.Expel(id(target));
            case 2 -> new PolicyCommand.Revoke(rule);
            case 3 -> kind(rule, Group.values()[random.nextInt(4)], pattern, effect);
            default -> grant(rule, target, pattern, resource, effect);
        };
    }

    private static PolicyCommand randomCommand(Random random) {
        SigningKey who = key(200 + random.nextInt(4));
        String rule = "r" + random.nextInt(6);
        return switch (random.nextInt(5)) {
            case 0 -> enroll(who, "m" + random.nextInt(4));
            case 1 -> new PolicyCommand.Expel(id(who));
            case 2 -> new PolicyCommand.Revoke(rule);
            case 3 -> grant(rule, who, random.nextBoolean() ? "policy.write" : "identities.enroll", "/", Effect.ALLOW);
            default -> grant(rule, who, "content.*", "/", random.nextBoolean() ? Effect.ALLOW : Effect.DENY);
        };
    }

    private void delegate() {
        ledger.run(OPERATOR, enroll(ALICE, "alice"));
        ledger.run(OPERATOR, enroll(BOB, "bob"));
        ledger.run(OPERATOR, grant("alice-policy", ALICE, "policy.write", "/policy", Effect.ALLOW));
        ledger.run(OPERATOR, grant("alice-members", ALICE, "identities.enroll", "/policy", Effect.ALLOW));
        assertApplied(ledger.run(OPERATOR, grant("alice-content", ALICE, "content.put", "/assets", Effect.ALLOW)));
    }

    private PolicyState.Summary summary() {
        return PolicyState.Summary.decode(
                ledger.read(PolicyState.MODULE, PolicyState.summaryKey()).orElseThrow());
    }

    private boolean submits(SigningKey sender, String module) {
        return ledger.run(sender, module, new byte[0]) instanceof Outcome.Applied;
    }

    private static PolicyCommand enroll(SigningKey who, String label) {
        return new PolicyCommand.Enroll(who.verifyKey(), label);
    }

    private static PolicyCommand grant(String ruleId, SigningKey who, String action, String resource, Effect effect) {
        return new PolicyCommand.Grant(
                new Rule(ruleId, new Subject.Node(id(who)), new ActionPattern(action), new Resource(resource), effect));
    }

    private static PolicyCommand kind(String ruleId, Group group, String action, Effect effect) {
        return new PolicyCommand.Grant(
                new Rule(ruleId, new Subject.Kind(group), new ActionPattern(action), Resource.ROOT, effect));
    }

    private static void assertApplied(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Applied.class);
    }

    private static void assertRefused(Outcome outcome, String code) {
        assertThat(outcome).isInstanceOfSatisfying(Outcome.Refused.class, r -> {
            assertThat(r.code()).as(r.detail()).isEqualTo(code);
            assertThat(r.detail().length()).isLessThanOrEqualTo(1024);
        });
    }
}
