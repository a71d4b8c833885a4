package online.hypermesh.auth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

final class PolicyEncodingTests {
    private static final SigningKey KEY = SigningKey.fromSeed(new byte[32]);
    private static final NodeId ID = NodeId.of(KEY.verifyKey());

    @Test
    void commandsSurviveTheirEncodingAndBytesAreCanonical() {
        List<PolicyCommand> commands = List.of(
                new PolicyCommand.Grant(rule("r1", new Subject.Node(ID), Effect.ALLOW)),
                new PolicyCommand.Grant(rule("r2", new Subject.Kind(Group.ENROLLED), Effect.DENY)),
                new PolicyCommand.Revoke("r1"),
                new PolicyCommand.Enroll(KEY.verifyKey(), "client.one"),
                new PolicyCommand.Expel(ID));
        for (PolicyCommand command : commands) {
            byte[] bytes = command.encode();
            assertThat(PolicyCommand.decode(bytes)).isEqualTo(command);
            assertThat(PolicyCommand.decode(bytes).encode()).isEqualTo(bytes);
            assertThat(bytes.length).isLessThanOrEqualTo(PolicyCommand.MAX_BYTES);
        }
    }

    @Test
    void theLargestRuleFitsACommand() {
        Rule largest = new Rule(
                "r".repeat(Rule.MAX_ID_LENGTH),
                new Subject.Node(ID),
                new ActionPattern("a".repeat(Action.MAX_LENGTH) + ".*"),
                new Resource("/" + "x".repeat(Resource.MAX_LENGTH - 1)),
                Effect.ALLOW);
        byte[] bytes = new PolicyCommand.Grant(largest).encode();
        assertThat(PolicyCommand.decode(bytes)).isEqualTo(new PolicyCommand.Grant(largest));
    }

    @Test
    void theDocumentedBytesAreTheseBytes() {
        assertThat(HexFormat.of()
                        .formatHex(new PolicyCommand.Grant(rule("r2", new Subject.Kind(Group.ENROLLED), Effect.DENY))
                                .encode()))
                .isEqualTo("83010185627232820103" + "69636f6e74656e742e2a" + "6c2f636f6e74656e742f612d62" + "00");
        assertThat(HexFormat.of().formatHex(new PolicyCommand.Revoke("r1").encode()))
                .isEqualTo("830102627231");
    }

    @Test
    void unknownVersionsTagsAndExtraBytesAreRefused() {
        assertThatThrownBy(() -> PolicyCommand.decode(
                        new CborWriter().array(3).uint(2).uint(2).text("r").toBytes()))
                .isInstanceOf(CborException.class);
        assertThatThrownBy(() -> PolicyCommand.decode(
                        new CborWriter().array(3).uint(1).uint(9).text("r").toBytes()))
                .isInstanceOf(CborException.class)
                .hasMessageContaining("policy command 9");
        byte[] longer = java.util.Arrays.copyOf(new PolicyCommand.Revoke("r1").encode(), 7);
        assertThatThrownBy(() -> PolicyCommand.decode(longer)).isInstanceOf(CborException.class);
        assertThatThrownBy(() -> PolicyCommand.decode(
                        HexFormat.of().parseHex("830101856272328201" + "04" + "612a" + "612f" + "00")))
                .isInstanceOf(CborException.class)
                .hasMessageContaining("group 4");
    }

    @Test
    void stateValuesSurviveTheirEncoding() {
        Member member =
                new Member(KEY.verifyKey(), "n1", EnumSet.of(Group.VALIDATORS, Group.OPERATORS), Optional.of(ID), 7);
        assertThat(Member.decode(member.encode())).isEqualTo(member);
        PolicyState.Summary summary = new PolicyState.Summary(1, 2, 3, 4);
        assertThat(PolicyState.Summary.decode(summary.encode())).isEqualTo(summary);
        PolicyState.RuleEntry entry = new PolicyState.RuleEntry(new Subject.Node(ID), Optional.empty());
        assertThat(PolicyState.RuleEntry.decode(entry.encode())).isEqualTo(entry);
        List<Rule> rules =
                List.of(rule("a", new Subject.Node(ID), Effect.DENY), rule("b", new Subject.Node(ID), Effect.ALLOW));
        assertThat(PolicyState.decodeRules(PolicyState.encodeRules(rules))).isEqualTo(rules);
        assertThatThrownBy(() -> PolicyState.encodeRules(List.of(rules.get(1), rules.get(0))))
                .isInstanceOf(CborException.class);
    }

    @Test
    void aMemberWithoutKindOrWithTheReservedKindIsRefused() {
        for (int bits : new int[] {0, 1, 3, 16}) {
            byte[] bytes = new CborWriter()
                    .array(6)
                    .uint(1)
                    .bytes(KEY.verifyKey().toBytes())
                    .text("a")
                    .uint(bits)
                    .nil()
                    .uint(0)
                    .toBytes();
            assertThatThrownBy(() -> Member.decode(bytes)).as("kinds %d", bits).isInstanceOf(CborException.class);
        }
    }

    private static Rule rule(String id, Subject subject, Effect effect) {
        return new Rule(id, subject, new ActionPattern("content.*"), new Resource("/content/a-b"), effect);
    }
}
