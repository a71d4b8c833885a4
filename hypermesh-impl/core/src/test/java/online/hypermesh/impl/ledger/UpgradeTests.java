package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.key;
import static online.hypermesh.impl.ledger.Network4.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import online.hypermesh.api.consensus.ValidatorChange;
import online.hypermesh.api.error.Code;
import online.hypermesh.api.error.HypermeshException;
import online.hypermesh.api.error.Verdict;
import online.hypermesh.api.genesis.Genesis;
import online.hypermesh.api.genesis.ProtocolVersions;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.BlockHeader;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import org.junit.jupiter.api.Test;

/** Nodes with older and newer software in one network, before and after a version comes into force. */
class UpgradeTests {
    /** Version 2 writes twice what it is told. */
    private record Echo(int newestVersion) implements LedgerModule {
        @Override
        public String name() {
            return "echo";
        }

        @Override
        public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
            String text = new String(payload, java.nio.charset.StandardCharsets.UTF_8);
            state.put(utf8("said"), utf8(context.moduleVersion() == 2 ? text + text : text));
            return Outcome.applied();
        }
    }

    private final Genesis genesis = Network4.genesis("upgrade", 1_000_000);
    private final long epochMillis = genesis.parameters().epochSeconds() * 1000L;
    private final LedgerTree newer = tree(2);
    private final LedgerTree older = tree(1);
    private final List<LedgerTree> running = new ArrayList<>(List.of(newer, older));
    private long nonce;

    private LedgerTree tree(int newestVersion) {
        return new LedgerTree(genesis, List.of(new Echo(newestVersion)), TransactionGate.OPEN);
    }

    private Transaction change(int validator, ValidatorChange change) {
        return Transaction.sign(
                genesis.networkId(), key(10 + validator), ++nonce, ValidatorChange.MODULE, change.encode());
    }

    private Transaction say(String text) {
        return Transaction.sign(genesis.networkId(), key(50), ++nonce, "echo", utf8(text));
    }

    /** A block of the newer software on its head; every node that runs checks it and makes it final. */
    private Block commit(long afterMillis, Transaction... transactions) {
        BlockHeader head = newer.finalizedHead();
        boolean begins = head.isClosing();
        Block block = newer.assemble(
                head.id(),
                newer.epoch(),
                begins ? 1 : head.view() + 1,
                newer.validators().get(0).id(),
                head.timeMillis() + afterMillis,
                List.of(transactions));
        for (LedgerTree tree : running) {
            assertThat(tree.check(block)).isEqualTo(Verdict.ACCEPTED);
            tree.add(block);
            tree.finalizeUpTo(block.id());
        }
        return block;
    }

    private String said(LedgerTree tree) {
        return new String(
                tree.state(tree.finalizedHead().id(), "echo").get(utf8("said")).orElseThrow(),
                java.nio.charset.StandardCharsets.UTF_8);
    }

    private Outcome outcome(ValidatorChange change, int validator) {
        return newer.outcomes(commit(10, change(validator, change)).id()).get(0);
    }

    private void approve(ValidatorChange change) {
        for (int i = 0; i < 3; i++) {
            assertThat(outcome(change, i)).isInstanceOf(Outcome.Applied.class);
        }
    }

    private static void assertRefused(Outcome outcome, String code) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Refused.class, r -> assertThat(r.code()).isEqualTo(code));
    }

    @Test
    void aVersionComesIntoForceWhereAnEpochEndsAndNodesThatDoNotKnowItStopThere() {
        ValidatorChange.Upgrade upgrade = new ValidatorChange.Upgrade("echo", 2);
        assertThat(ValidatorChange.decode(upgrade.encode())).isEqualTo(upgrade);
        commit(10, say("a"));
        assertThat(outcome(upgrade, 0)).isInstanceOf(Outcome.Applied.class);
        assertThat(outcome(upgrade, 1)).isInstanceOf(Outcome.Applied.class);
        commit(epochMillis);
        commit(10, say("b"));
        assertThat(said(newer)).as("two of four asked").isEqualTo("b");

        approve(upgrade);
        commit(10, say("c"));
        assertThat(said(newer)).as("until the epoch ends").isEqualTo("c");
        assertThat(said(older)).isEqualTo("c");
        assertRefused(outcome(upgrade, 3), "CONFLICT");

        BlockHeader before = older.finalizedHead();
        running.remove(older);
        Block end = commit(epochMillis, say("d"));
        assertThat(end.header().isClosing()).isTrue();
        assertThat(said(newer)).as("the end is of the old epoch").isEqualTo("d");
        assertThat(older.check(end)).isEqualTo(Verdict.ACCEPTED);
        older.add(end);
        assertThat(older.stateRoot(end.id())).isEqualTo(newer.stateRoot(end.id()));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> older.finalizeUpTo(end.id()))
                    .isInstanceOfSatisfying(HypermeshException.class, e -> {
                        assertThat(e.code()).isEqualTo(Code.UNSUPPORTED_VERSION);
                        assertThat(e).hasMessageContaining("echo has version 2");
                    });
            assertThat(older.finalizedHead()).isEqualTo(before);
        }

        Block first = commit(10, say("e"));
        assertThat(said(newer)).isEqualTo("ee");
        assertThat(older.check(first)).as("it takes no part").isInstanceOf(Verdict.Rejected.class);
        commit(epochMillis);
        commit(10, say("f"));
        assertThat(said(newer)).as("versions stay").isEqualTo("ff");
    }

    @Test
    void onlyWhatTheNetworkHasIsUpgradedAndNeverBack() {
        assertRefused(outcome(new ValidatorChange.Upgrade("nothing", 2), 0), "NOT_FOUND");
        assertRefused(outcome(new ValidatorChange.Upgrade(ValidatorChange.PROTOCOL, 2), 0), "CONFLICT");
        approve(new ValidatorChange.Upgrade("echo", 2));
        assertRefused(outcome(new ValidatorChange.Upgrade("echo", 2), 0), "CONFLICT");
        assertThatThrownBy(() -> new ValidatorChange.Upgrade("echo", 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUpgradeIsCalledOffByAQuorumUntilItIsInForceAndNeverAfterwards() {
        ValidatorChange.Withdraw withdraw = new ValidatorChange.Withdraw("echo", 2);
        assertThat(ValidatorChange.decode(withdraw.encode())).isEqualTo(withdraw);
        assertRefused(outcome(withdraw, 0), "NOT_FOUND");
        assertRefused(outcome(new ValidatorChange.Withdraw("nothing", 2), 0), "NOT_FOUND");
        assertRefused(
                newer.outcomes(commit(
                                        10,
                                        Transaction.sign(
                                                genesis.networkId(),
                                                key(50),
                                                ++nonce,
                                                ValidatorChange.MODULE,
                                                withdraw.encode()))
                                .id())
                        .get(0),
                "DENIED");

        approve(new ValidatorChange.Upgrade("echo", 2));
        assertRefused(outcome(new ValidatorChange.Withdraw("echo", 3), 0), "NOT_FOUND");
        assertThat(outcome(withdraw, 0)).isInstanceOf(Outcome.Applied.class);
        assertThat(outcome(withdraw, 1)).isInstanceOf(Outcome.Applied.class);
        assertRefused(outcome(new ValidatorChange.Upgrade("echo", 2), 3), "CONFLICT");
        assertThat(outcome(withdraw, 2)).isInstanceOf(Outcome.Applied.class);
        assertRefused(outcome(withdraw, 3), "NOT_FOUND");
        commit(epochMillis);
        commit(10, say("a"));
        assertThat(said(newer)).as("called off").isEqualTo("a");
        assertThat(said(older)).as("and nobody had to stop").isEqualTo("a");

        approve(new ValidatorChange.Upgrade("echo", 2));
        running.remove(older);
        assertRefused(
                newer.outcomes(commit(epochMillis, change(0, withdraw)).id()).get(0), "CONFLICT");
        commit(10, say("b"));
        assertThat(said(newer)).isEqualTo("bb");
        assertRefused(outcome(withdraw, 0), "CONFLICT");
    }

    @Test
    void callingOffAnUpgradeKeepsTheVersionInForce() {
        running.remove(older);
        approve(new ValidatorChange.Upgrade("echo", 2));
        commit(epochMillis);
        commit(10);
        approve(new ValidatorChange.Upgrade("echo", 3));
        approve(new ValidatorChange.Withdraw("echo", 3));
        commit(epochMillis);
        commit(10, say("c"));
        assertThat(said(newer)).isEqualTo("cc");
    }

    @Test
    void theProtocolTurnsWhereAnEpochEnds() {
        Genesis old = Network4.genesis("old", 1_000_000, ProtocolVersions.FIRST);
        assertThat(Genesis.decode(old.encode())).isEqualTo(old);
        LedgerTree tree = new LedgerTree(old, List.of(), TransactionGate.OPEN);
        byte[] upgrade = new ValidatorChange.Upgrade(ValidatorChange.PROTOCOL, ProtocolVersions.BATCHES).encode();
        List<Transaction> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(Transaction.sign(old.networkId(), key(10 + i), 1, ValidatorChange.MODULE, upgrade));
        }
        assertThat(tree.protocolVersion()).isEqualTo(ProtocolVersions.FIRST);
        grow(tree, 10, all);
        assertThat(tree.protocolVersion()).as("until the epoch ends").isEqualTo(ProtocolVersions.FIRST);
        grow(tree, epochMillis, List.of());
        assertThat(tree.protocolVersion()).isEqualTo(ProtocolVersions.BATCHES);
        grow(tree, 10, List.of());
        assertThat(tree.protocolVersion()).isEqualTo(ProtocolVersions.BATCHES);
    }

    private static void grow(LedgerTree tree, long afterMillis, List<Transaction> transactions) {
        BlockHeader head = tree.finalizedHead();
        Block block = tree.assemble(
                head.id(),
                tree.epoch(),
                head.isClosing() ? 1 : head.view() + 1,
                tree.validators().get(0).id(),
                head.timeMillis() + afterMillis,
                transactions);
        assertThat(tree.check(block)).isEqualTo(Verdict.ACCEPTED);
        tree.add(block);
        tree.finalizeUpTo(block.id());
    }

    @Test
    void aProtocolThatThisSoftwareDoesNotKnowStopsIt() {
        approve(new ValidatorChange.Upgrade(ValidatorChange.PROTOCOL, ProtocolVersions.NEWEST + 1));
        assertThatThrownBy(() -> commit(epochMillis))
                .isInstanceOfSatisfying(
                        HypermeshException.class, e -> assertThat(e.code()).isEqualTo(Code.UNSUPPORTED_VERSION));
    }
}
