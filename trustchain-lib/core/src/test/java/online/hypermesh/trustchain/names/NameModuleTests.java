package online.hypermesh.trustchain.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.stoq.base.cbor.CborException;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.SigningKey;
import online.hypermesh.stoq.base.id.NodeId;
import online.hypermesh.trustchain.api.names.NameInstruction;
import online.hypermesh.trustchain.api.names.NameRecord;
import online.hypermesh.trustchain.api.names.ServiceAddress;
import online.hypermesh.trustchain.testing.MapState;
import online.hypermesh.trustchain.testing.TestContext;
import online.hypermesh.trustchain.testing.TestNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NameModuleTests {
    private static final String NAME = "web.test.hypermesh.alt";

    private final TestNetwork network = new TestNetwork();
    private final NameModule module = new NameModule();
    private final MapState state = new MapState();
    private final SigningKey alice = TestNetwork.key(50);
    private final SigningKey bob = TestNetwork.key(51);

    private Outcome run(SigningKey sender, NameInstruction instruction) {
        return TestContext.run(module, state, network, sender, TestNetwork.NOW, instruction.encode());
    }

    private static NameRecord.Content content(int port) {
        byte[] address = new byte[16];
        address[15] = 1;
        return new NameRecord.Content(List.of(ServiceAddress.of(address, port)), List.of("v=1"), 60);
    }

    private static void assertRefused(Outcome outcome, String code) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo(code));
    }

    private NameRecord record() {
        return NameRecord.decode(state.get(NameRecord.key(NAME)).orElseThrow());
    }

    @Test
    void whoRegistersAFreeNameOwnsIt() {
        assertThat(run(alice, new NameInstruction.Register(NAME, content(80)))).isInstanceOf(Outcome.Applied.class);
        assertThat(record()).isEqualTo(new NameRecord(NodeId.of(alice.verifyKey()), content(80), 1));
        assertRefused(run(bob, new NameInstruction.Register(NAME, content(81))), "NAME_TAKEN");
        assertRefused(run(alice, new NameInstruction.Register(NAME, content(81))), "NAME_TAKEN");
        assertThat(record().content()).isEqualTo(content(80));
    }

    @Test
    void onlyTheOwnerChangesAName() {
        run(alice, new NameInstruction.Register(NAME, content(80)));
        assertRefused(run(bob, new NameInstruction.Update(NAME, content(81))), "NOT_OWNER");
        assertRefused(run(bob, new NameInstruction.Transfer(NAME, NodeId.of(bob.verifyKey()))), "NOT_OWNER");
        assertRefused(run(bob, new NameInstruction.Release(NAME)), "NOT_OWNER");
        run(alice, new NameInstruction.Update(NAME, content(82)));
        assertThat(record().content()).isEqualTo(content(82));
        assertThat(record().revision()).isEqualTo(2);
    }

    @Test
    void aTransferredNameObeysItsNewOwnerOnly() {
        run(alice, new NameInstruction.Register(NAME, content(80)));
        run(alice, new NameInstruction.Transfer(NAME, NodeId.of(bob.verifyKey())));
        assertRefused(run(alice, new NameInstruction.Update(NAME, content(81))), "NOT_OWNER");
        assertThat(run(bob, new NameInstruction.Update(NAME, content(82)))).isInstanceOf(Outcome.Applied.class);
        assertThat(record()).isEqualTo(new NameRecord(NodeId.of(bob.verifyKey()), content(82), 3));
    }

    @Test
    void aReleasedNameIsFreeAndAbsentFromTheState() {
        run(alice, new NameInstruction.Register(NAME, content(80)));
        run(alice, new NameInstruction.Release(NAME));
        assertThat(state.values).isEmpty();
        assertThat(run(bob, new NameInstruction.Register(NAME, content(80)))).isInstanceOf(Outcome.Applied.class);
    }

    @Test
    void namesThatDoNotExistCannotBeChanged() {
        assertRefused(run(alice, new NameInstruction.Update(NAME, content(80))), "NO_SUCH_NAME");
        assertRefused(run(alice, new NameInstruction.Transfer(NAME, network.node(0))), "NO_SUCH_NAME");
        assertRefused(run(alice, new NameInstruction.Release(NAME)), "NO_SUCH_NAME");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Web.test.hypermesh.alt",
                "web_1.test.hypermesh.alt",
                "-web.test.hypermesh.alt",
                "web-.test.hypermesh.alt",
                "a..test.hypermesh.alt",
                ".test.hypermesh.alt",
                "web.test.hypermesh.alt.",
                "wéb.test.hypermesh.alt",
                "a234567890123456789012345678901234567890123456789012345678901234.test.hypermesh.alt"
            })
    void namesThatAreNotWellFormedAreRefused(String name) {
        assertRefused(run(alice, new NameInstruction.Register(name, content(80))), "BAD_NAME");
        assertThat(state.values).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"web.example.org", "test.hypermesh.alt", "web.best.hypermesh.alt", "webtest.hypermesh.alt"})
    void namesOutsideTheNetworkAreRefused(String name) {
        assertRefused(run(alice, new NameInstruction.Register(name, content(80))), "FOREIGN_NAME");
    }

    @Test
    void aNameOf253CharactersIsAcceptedAndOneMoreIsMalformed() {
        String suffix = ".test.hypermesh.alt";
        String label = "a".repeat(63) + ".";
        String longest = label.repeat(3) + "a".repeat(253 - 3 * 64 - suffix.length()) + suffix;
        assertThat(longest).hasSize(253);
        assertThat(run(alice, new NameInstruction.Register(longest, content(80))))
                .isInstanceOf(Outcome.Applied.class);
        byte[] tooLong = new NameInstruction.Release("b" + longest).encode();
        assertThatThrownBy(() -> TestContext.run(module, state, network, alice, TestNetwork.NOW, tooLong))
                .isInstanceOf(CborException.class);
    }

    @Test
    void limitsOfTheContentHold() {
        List<String> texts = Collections.nCopies(17, "x");
        assertThatThrownBy(() -> new NameRecord.Content(List.of(), texts, 0)).hasMessageContaining("limit 16");
        assertThatThrownBy(() -> new NameRecord.Content(List.of(), List.of("x".repeat(256)), 0))
                .hasMessageContaining("limit 255");
        assertThatThrownBy(() -> new NameRecord.Content(List.of(), List.of(), 86_401))
                .hasMessageContaining("limit 86400");
        byte[] mapped = new byte[16];
        mapped[10] = (byte) 0xff;
        mapped[11] = (byte) 0xff;
        assertThatThrownBy(() -> ServiceAddress.of(mapped, 80)).hasMessageContaining("IPv4-mapped");
        byte[] planted = new CborWriter()
                .array(3)
                .uint(1)
                .text(NAME)
                .array(3)
                .array(0)
                .list(texts, CborWriter::text)
                .uint(0)
                .toBytes();
        assertThatThrownBy(() -> TestContext.run(module, state, network, alice, TestNetwork.NOW, planted))
                .isInstanceOf(CborException.class);
    }

    @Test
    void instructionsAndRecordsSurviveTheirEncoding() {
        List<NameInstruction> all = List.of(
                new NameInstruction.Register(NAME, content(80)),
                new NameInstruction.Update(NAME, content(80)),
                new NameInstruction.Transfer(NAME, network.node(1)),
                new NameInstruction.Release(NAME));
        for (NameInstruction instruction : all) {
            byte[] bytes = instruction.encode();
            assertThat(NameInstruction.decode(bytes)).isEqualTo(instruction);
            for (int cut = 0; cut < bytes.length; cut++) {
                byte[] part = java.util.Arrays.copyOf(bytes, cut);
                assertThatThrownBy(() -> NameInstruction.decode(part)).isInstanceOf(CborException.class);
            }
        }
        NameRecord record = new NameRecord(network.node(2), content(443), 9);
        assertThat(NameRecord.decode(record.encode())).isEqualTo(record);
    }

    @Test
    void theSameTransactionsGiveTheSameState() {
        List<String> dumps = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            MapState fresh = new MapState();
            for (int i = 0; i < 50; i++) {
                SigningKey sender = i % 3 == 0 ? alice : bob;
                String name = "s" + i % 7 + ".test.hypermesh.alt";
                NameInstruction instruction = i % 5 == 4
                        ? new NameInstruction.Release(name)
                        : i % 2 == 0
                                ? new NameInstruction.Register(name, content(i))
                                : new NameInstruction.Update(name, content(i));
                TestContext.run(new NameModule(), fresh, network, sender, TestNetwork.NOW + i, instruction.encode());
            }
            dumps.add(fresh.dump());
        }
        assertThat(dumps.get(0)).isEqualTo(dumps.get(1)).isNotEmpty();
    }
}
