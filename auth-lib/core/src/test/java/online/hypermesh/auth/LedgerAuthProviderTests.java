package online.hypermesh.auth;

import static online.hypermesh.auth.PolicyLedger.OPERATOR;
import static online.hypermesh.auth.PolicyLedger.VALIDATORS;
import static online.hypermesh.auth.PolicyLedger.id;
import static online.hypermesh.auth.PolicyLedger.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.ActionPattern;
import online.hypermesh.auth.api.AuthProvider;
import online.hypermesh.auth.api.Decision;
import online.hypermesh.auth.api.Effect;
import online.hypermesh.auth.api.Group;
import online.hypermesh.auth.api.PolicyCommand;
import online.hypermesh.auth.api.PolicyReader;
import online.hypermesh.auth.api.PolicyState;
import online.hypermesh.auth.api.Principal;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.auth.api.Rule;
import online.hypermesh.auth.api.Subject;
import online.hypermesh.stoq.PeerIdentity;
import online.hypermesh.stoq.Standing;
import online.hypermesh.stoq.base.crypto.SigningKey;
import org.junit.jupiter.api.Test;

final class LedgerAuthProviderTests {
    private static final SigningKey ALICE = key(200);
    private static final Resource FILE = new Resource("/content/file");

    private final PolicyLedger ledger = new PolicyLedger();
    private final AuthProvider auth = new LedgerAuthProvider(ledger);

    @Test
    void authenticationNamesMembersAndKeepsTheStanding() {
        assertThat(auth.authenticate(peer(VALIDATORS.get(0), Standing.FULL)))
                .isEqualTo(new Principal(id(VALIDATORS.get(0)), Standing.FULL, "n1"));
        assertThat(auth.authenticate(peer(ALICE, Standing.MEMBER_ONLY)))
                .isEqualTo(new Principal(id(ALICE), Standing.MEMBER_ONLY, ""));
    }

    @Test
    void strangersGetNothingAndLearnWhatAnOperatorWouldRun() {
        Decision decision = auth.decide(full(ALICE), Action.STATUS_READ, Resource.ROOT);
        assertThat(decision.reason()).isEqualTo(Decision.Reason.NOT_ENROLLED);
        assertThat(decision.explanation()).contains(id(ALICE).toString()).contains("hypermesh policy enroll");
    }

    @Test
    void whatNoRuleAllowsIsDeniedAndExplained() {
        enroll();
        Decision decision = auth.decide(full(ALICE), Action.CONTENT_PUT, FILE);
        assertThat(decision.allowed()).isFalse();
        assertThat(decision.reason()).isEqualTo(Decision.Reason.NO_RULE);
        assertThat(decision.ruleId()).isEmpty();
        assertThat(decision.explanation())
                .contains("alice")
                .contains("no rule allows it")
                .contains("hypermesh policy grant " + id(ALICE) + " content.put /content/file");
        assertThatThrownBy(decision::require)
                .isInstanceOf(HypermeshException.class)
                .hasMessage(decision.explanation());
    }

    @Test
    void aGrantTakesEffectAtItsHeightAndItsRuleIsNamed() {
        enroll();
        grant("alice-puts", new Subject.Node(id(ALICE)), "content.put", "/content", Effect.ALLOW);
        Decision decision = auth.decide(full(ALICE), Action.CONTENT_PUT, FILE);
        assertThat(decision.allowed()).isTrue();
        assertThat(decision.ruleId()).contains("alice-puts");
        assertThat(decision.policyHeight()).isEqualTo(ledger.height());
        decision.require();
        assertThat(auth.decide(full(ALICE), Action.CONTENT_GET, FILE).allowed()).isFalse();
        assertThat(auth.decide(full(ALICE), Action.CONTENT_PUT, new Resource("/contents"))
                        .allowed())
                .isFalse();
    }

    @Test
    void denialOutweighsPermissionWhereverEitherIsWritten() {
        enroll();
        Subject alice = new Subject.Node(id(ALICE));
        Subject enrolled = new Subject.Kind(Group.ENROLLED);
        grant("a1", alice, "content.*", "/", Effect.ALLOW);
        grant("b1", enrolled, "content.put", "/content", Effect.DENY);
        Decision decision = auth.decide(full(ALICE), Action.CONTENT_PUT, FILE);
        assertThat(decision.reason()).isEqualTo(Decision.Reason.DENIED_BY_RULE);
        assertThat(decision.ruleId()).contains("b1");
        assertThat(decision.explanation()).contains("hypermesh policy revoke b1");
        ledger.run(OPERATOR, new PolicyCommand.Revoke("b1"));
        assertThat(auth.decide(full(ALICE), Action.CONTENT_PUT, FILE).allowed()).isTrue();
        grant("z1", alice, "content.put", "/content/file", Effect.DENY);
        grant("c1", enrolled, "*", "/", Effect.ALLOW);
        assertThat(auth.decide(full(ALICE), Action.CONTENT_PUT, FILE).ruleId()).contains("z1");
        assertThat(auth.decide(full(ALICE), Action.CONTENT_PUT, new Resource("/content/other"))
                        .allowed())
                .isTrue();
    }

    @Test
    void membershipAloneGetsNothingWhateverTheRules() {
        Principal validator = new Principal(id(VALIDATORS.get(0)), Standing.MEMBER_ONLY, "n1");
        Decision decision = auth.decide(validator, Action.STATUS_READ, Resource.ROOT);
        assertThat(decision.reason()).isEqualTo(Decision.Reason.MEMBER_ONLY);
        assertThat(auth.decide(full(VALIDATORS.get(0)), Action.STATUS_READ, Resource.ROOT)
                        .allowed())
                .isTrue();
    }

    @Test
    void foundingPolicyGivesEachKindWhatItNeedsAndNoMore() {
        enroll();
        for (Action action : List.of(
                Action.CONTENT_PUT,
                Action.CONTENT_GET,
                Action.NAMES_REGISTER,
                Action.NAMES_RESOLVE,
                Action.CERTIFICATES_ISSUE,
                Action.CERTIFICATES_VALIDATE,
                Action.POLICY_WRITE,
                Action.IDENTITIES_ENROLL,
                Action.LEDGER_SUBMIT,
                Action.LEDGER_READ,
                Action.NETWORK_ATTEST,
                Action.STATUS_READ)) {
            assertThat(allowed(OPERATOR, action)).as("operator %s", action).isTrue();
            assertThat(allowed(VALIDATORS.get(2), action))
                    .as("validator %s", action)
                    .isEqualTo(action != Action.POLICY_WRITE && action != Action.IDENTITIES_ENROLL);
            assertThat(allowed(ALICE, action))
                    .as("enrolled %s", action)
                    .isEqualTo(List.of(
                                    Action.NAMES_RESOLVE,
                                    Action.CERTIFICATES_VALIDATE,
                                    Action.LEDGER_READ,
                                    Action.STATUS_READ)
                            .contains(action));
        }
    }

    @Test
    void aDecisionReadsABoundedNumberOfKeys() {
        PolicyLedger both = new PolicyLedger(PolicyLedger.genesis(List.of(VALIDATORS.get(0))));
        List<String> reads = new ArrayList<>();
        PolicyReader counting = (module, key) -> {
            reads.add(module);
            return both.read(module, key);
        };
        new LedgerAuthProvider(counting).decide(full(VALIDATORS.get(0)), Action.CONTENT_PUT, FILE);
        assertThat(reads).hasSizeLessThanOrEqualTo(8);
    }

    @Test
    void aPolicyThatChangesWhileReadIsReadAgain() {
        enroll();
        int[] calls = {0};
        PolicyReader moving = (module, key) -> {
            if (++calls[0] == 4) {
                grant("late", new Subject.Node(id(ALICE)), "content.put", "/", Effect.ALLOW);
            }
            return ledger.read(module, key);
        };
        Decision decision = new LedgerAuthProvider(moving).decide(full(ALICE), Action.CONTENT_PUT, FILE);
        assertThat(decision.allowed()).isTrue();
        assertThat(decision.policyHeight()).isEqualTo(ledger.height());
    }

    @Test
    void aPolicyThatNeverRestsIsAnsweredWithNo() {
        enroll();
        int[] calls = {0};
        PolicyReader restless = (module, key) -> {
            if (java.util.Arrays.equals(key, PolicyState.summaryKey())) {
                return Optional.of(new PolicyState.Summary(++calls[0], 1, 1, 1).encode());
            }
            return ledger.read(module, key);
        };
        Decision decision = new LedgerAuthProvider(restless).decide(full(OPERATOR), Action.CONTENT_PUT, FILE);
        assertThat(decision.reason()).isEqualTo(Decision.Reason.POLICY_CHANGING);
        assertThat(decision.allowed()).isFalse();
    }

    private boolean allowed(SigningKey who, Action action) {
        return auth.decide(full(who), action, Resource.ROOT).allowed();
    }

    private void enroll() {
        ledger.run(OPERATOR, new PolicyCommand.Enroll(ALICE.verifyKey(), "alice"));
    }

    private void grant(String ruleId, Subject subject, String action, String resource, Effect effect) {
        Rule rule = new Rule(ruleId, subject, new ActionPattern(action), new Resource(resource), effect);
        assertThat(ledger.run(OPERATOR, new PolicyCommand.Grant(rule)))
                .isInstanceOf(online.hypermesh.api.ledger.Outcome.Applied.class);
    }

    private Principal full(SigningKey key) {
        return new Principal(
                id(key),
                Standing.FULL,
                new PolicyView(k -> ledger.read(PolicyState.MODULE, k))
                        .member(id(key))
                        .map(m -> m.label())
                        .orElse(""));
    }

    private static PeerIdentity peer(SigningKey key, Standing standing) {
        return new PeerIdentity(id(key), key.verifyKey(), List.of(), standing);
    }
}
