package online.hypermesh.auth;

import static online.hypermesh.auth.PolicyLedger.OPERATOR;
import static online.hypermesh.auth.PolicyLedger.VALIDATORS;
import static online.hypermesh.auth.PolicyLedger.id;
import static online.hypermesh.auth.PolicyLedger.key;
import static org.assertj.core.api.Assertions.assertThat;

import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.auth.api.Action;
import online.hypermesh.auth.api.ActionPattern;
import online.hypermesh.auth.api.Effect;
import online.hypermesh.auth.api.PolicyCommand;
import online.hypermesh.auth.api.Resource;
import online.hypermesh.auth.api.Rule;
import online.hypermesh.auth.api.Subject;
import online.hypermesh.stoq.base.crypto.SigningKey;
import org.junit.jupiter.api.Test;

final class LedgerTransactionGateTests {
    private static final SigningKey ALICE = key(200);
    private static final byte[] EMPTY = {};

    private final PolicyLedger ledger = new PolicyLedger();

    @Test
    void eachModuleStandsForOneAction() {
        assertThat(LedgerTransactionGate.actionFor("names")).isEqualTo(Action.NAMES_REGISTER);
        assertThat(LedgerTransactionGate.actionFor("assets")).isEqualTo(Action.CONTENT_PUT);
        assertThat(LedgerTransactionGate.actionFor("certificates")).isEqualTo(Action.CERTIFICATES_ISSUE);
        assertThat(LedgerTransactionGate.actionFor("network")).isEqualTo(Action.NETWORK_ATTEST);
        assertThat(LedgerTransactionGate.actionFor("economy-2")).isEqualTo(new Action("economy-2.submit"));
        assertThat(LedgerTransactionGate.resourceFor("assets")).isEqualTo(new Resource("/content"));
        assertThat(LedgerTransactionGate.resourceFor("names")).isEqualTo(new Resource("/names"));
        assertThat(LedgerTransactionGate.resourceFor("economy-2")).isEqualTo(new Resource("/economy-2"));
    }

    @Test
    void validatorsPassWhereTheNetworkNeedsThemAndMembersDoNot() {
        ledger.run(OPERATOR, new PolicyCommand.Enroll(ALICE.verifyKey(), "alice"));
        for (String module : new String[] {"names", "assets", "certificates", "network"}) {
            assertThat(ledger.run(VALIDATORS.get(0), module, EMPTY)).as(module).isInstanceOf(Outcome.Applied.class);
            assertThat(ledger.run(ALICE, module, EMPTY))
                    .as(module)
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo("NO_RULE"));
        }
        assertThat(ledger.run(VALIDATORS.get(0), "economy", EMPTY)).isInstanceOf(Outcome.Refused.class);
        assertThat(ledger.run(OPERATOR, "economy", EMPTY)).isInstanceOf(Outcome.Applied.class);
    }

    @Test
    void strangersDoNotReachThePolicyModule() {
        for (String module : new String[] {"policy", "names", "economy"}) {
            assertThat(ledger.run(ALICE, module, new byte[] {1, 2, 3}))
                    .as(module)
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo("NOT_ENROLLED"));
        }
    }

    @Test
    void oneDeniedOperationIsAllowedAfterAPolicyTransaction() {
        ledger.run(OPERATOR, new PolicyCommand.Enroll(ALICE.verifyKey(), "alice"));
        assertThat(ledger.run(ALICE, "names", EMPTY)).isInstanceOf(Outcome.Refused.class);
        ledger.run(
                OPERATOR,
                new PolicyCommand.Grant(new Rule(
                        "alice-names",
                        new Subject.Node(id(ALICE)),
                        ActionPattern.exactly(Action.NAMES_REGISTER),
                        new Resource("/names"),
                        Effect.ALLOW)));
        assertThat(ledger.run(ALICE, "names", EMPTY)).isInstanceOf(Outcome.Applied.class);
        assertThat(ledger.run(ALICE, "assets", EMPTY)).isInstanceOf(Outcome.Refused.class);
    }

    @Test
    void aRuleBeneathAModulesResourceDoesNotReachTransactions() {
        ledger.run(OPERATOR, new PolicyCommand.Enroll(ALICE.verifyKey(), "alice"));
        Subject alice = new Subject.Node(id(ALICE));
        ActionPattern register = ActionPattern.exactly(Action.NAMES_REGISTER);
        ledger.run(
                OPERATOR,
                new PolicyCommand.Grant(new Rule("part", alice, register, new Resource("/names/db"), Effect.ALLOW)));
        assertThat(ledger.run(ALICE, "names", EMPTY)).isInstanceOf(Outcome.Refused.class);
        ledger.run(
                OPERATOR,
                new PolicyCommand.Grant(new Rule("all", alice, register, new Resource("/names"), Effect.ALLOW)));
        ledger.run(
                OPERATOR,
                new PolicyCommand.Grant(new Rule("but", alice, register, new Resource("/names/db"), Effect.DENY)));
        assertThat(ledger.run(ALICE, "names", EMPTY)).isInstanceOf(Outcome.Applied.class);
    }

    @Test
    void theLongestModuleNameStillMakesARefusalThatFitsItsReceipt() {
        ledger.run(OPERATOR, new PolicyCommand.Enroll(ALICE.verifyKey(), "a".repeat(63)));
        assertThat(ledger.run(ALICE, "m".repeat(32), EMPTY))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        r -> assertThat(r.detail().length()).isLessThanOrEqualTo(1024));
    }
}
