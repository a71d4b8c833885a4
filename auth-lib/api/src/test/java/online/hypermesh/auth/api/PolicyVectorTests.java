package online.hypermesh.auth.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import org.junit.jupiter.api.Test;

/** The published vectors, written and read. */
final class PolicyVectorTests {
    private static final SigningKey KEY = SigningKey.fromSeed(new byte[32]);
    private static final NodeId ID = NodeId.of(KEY.verifyKey());
    private static final Rule ALLOW = new Rule(
            "r1", new Subject.Node(ID), new ActionPattern("content.put"), new Resource("/content/a-b"), Effect.ALLOW);
    private static final Rule DENY = new Rule(
            "r2", new Subject.Kind(Group.ENROLLED), new ActionPattern("content.*"), Resource.ROOT, Effect.DENY);

    @Test
    void theVectorsAreWhatThisCodeWrites() throws IOException {
        Map<String, byte[]> written = new LinkedHashMap<>();
        written.put("policy-command/grant-node", new PolicyCommand.Grant(ALLOW).encode());
        written.put("policy-command/grant-group", new PolicyCommand.Grant(DENY).encode());
        written.put("policy-command/revoke", new PolicyCommand.Revoke("r1").encode());
        written.put("policy-command/enroll", new PolicyCommand.Enroll(KEY.verifyKey(), "client.one").encode());
        written.put("policy-command/expel", new PolicyCommand.Expel(ID).encode());
        written.put(
                "member",
                new Member(KEY.verifyKey(), "n1", EnumSet.of(Group.VALIDATORS, Group.OPERATORS), Optional.empty(), 0)
                        .encode());
        written.put("summary", new PolicyState.Summary(1, 300, 10, 2).encode());
        written.put(
                "rule-entry", new PolicyState.RuleEntry(new Subject.Kind(Group.ENROLLED), Optional.of(ID)).encode());
        written.put("rules", PolicyState.encodeRules(List.of(ALLOW)));
        Map<String, String> hex = new LinkedHashMap<>();
        written.forEach((name, bytes) -> hex.put(name, HexFormat.of().formatHex(bytes)));
        assertThat(vectors()).isEqualTo(hex);
    }

    @Test
    void theVectorsAreReadAndWrittenBackUnchanged() throws IOException {
        for (Map.Entry<String, String> vector : vectors().entrySet()) {
            byte[] bytes = HexFormat.of().parseHex(vector.getValue());
            byte[] again = switch (vector.getKey()) {
                case "member" -> Member.decode(bytes).encode();
                case "summary" -> PolicyState.Summary.decode(bytes).encode();
                case "rule-entry" -> PolicyState.RuleEntry.decode(bytes).encode();
                case "rules" -> PolicyState.encodeRules(PolicyState.decodeRules(bytes));
                default -> PolicyCommand.decode(bytes).encode();
            };
            assertThat(again).as(vector.getKey()).isEqualTo(bytes);
        }
    }

    private static Map<String, String> vectors() throws IOException {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve("docs/spec"))) {
            root = root.getParent();
        }
        Map<String, String> vectors = new LinkedHashMap<>();
        for (String line : Files.readAllLines(root.resolve("docs/spec/vectors/auth.txt"))) {
            if (!line.startsWith("#")) {
                String[] parts = line.split(" ", 2);
                vectors.put(parts[0], parts[1]);
            }
        }
        return vectors;
    }
}
