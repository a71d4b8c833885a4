package online.hypermesh.impl.ledger;

import static online.hypermesh.impl.ledger.Network4.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import online.hypermesh.api.consensus.VoteKind;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.ExecutionContext;
import online.hypermesh.api.ledger.LedgerModule;
import online.hypermesh.api.ledger.Outcome;
import online.hypermesh.api.ledger.Receipt;
import online.hypermesh.api.ledger.StateReader;
import online.hypermesh.api.ledger.StateWriter;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.api.ledger.TransactionGate;
import online.hypermesh.stoq.base.cbor.CborReader;
import online.hypermesh.stoq.base.cbor.CborWriter;
import online.hypermesh.stoq.base.crypto.MerkleTree;
import org.junit.jupiter.api.Test;

class TransactionExecutionTests {
    private final Network4 net = new Network4();

    /** Executes one transaction in a tree of its own through a module that does as it is told. */
    private Outcome execute(BiFunction<ExecutionContext, StateWriter, Outcome> behaviour) {
        LedgerModule module = new LedgerModule() {
            @Override
            public String name() {
                return "free";
            }

            @Override
            public Outcome execute(ExecutionContext context, byte[] payload, StateWriter state) {
                return behaviour.apply(context, state);
            }
        };
        LedgerTree tree = new LedgerTree(net.genesis, List.of(module), TransactionGate.OPEN);
        Transaction t = net.transaction(50, 1, "free", new byte[0]);
        Block block = tree.assemble(tree.finalizedHead().id(), 0, 1, net.validator(0), 2_000_000, List.of(t));
        tree.add(block);
        Outcome outcome = tree.outcomes(block.id()).get(0);
        byte[] leaf = Receipt.leaf(t.id(), outcome);
        CborReader r = new CborReader(leaf).expectArray(2);
        r.fixedBytes(32);
        Outcome.readFrom(r);
        r.end();
        return outcome;
    }

    @Test
    void aModuleKnowsItsTransactionAndBlockAndSeesItsOwnWrites() {
        Outcome outcome = execute((context, state) -> {
            assertThat(context.genesis()).isEqualTo(net.genesis);
            assertThat(context.sender()).isEqualTo(context.transaction().senderId());
            assertThat(context.transactionId()).isEqualTo(context.transaction().id());
            assertThat(context.height()).isEqualTo(1);
            assertThat(context.timeMillis()).isEqualTo(2_000_000);
            assertThat(context.stateOf("unknown").get(utf8("k"))).isEmpty();
            state.put(utf8("k"), utf8("v"));
            assertThat(state.get(utf8("k"))).isPresent();
            StateReader before = context.stateOf("free");
            state.remove(utf8("k"));
            assertThat(before.get(utf8("k"))).isPresent();
            assertThat(context.stateOf("free").get(utf8("k"))).isEmpty();
            return Outcome.applied();
        });
        assertThat(outcome).isInstanceOf(Outcome.Applied.class);
    }

    @Test
    void aWriterIsDeadAfterItsTransaction() {
        List<StateWriter> kept = new ArrayList<>();
        execute((context, state) -> {
            kept.add(state);
            return Outcome.applied();
        });
        assertThatThrownBy(() -> kept.get(0).put(utf8("k"), utf8("v"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> kept.get(0).get(utf8("k"))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void longTextsAreCutToWholeCharactersWithinTheirLimits() {
        Outcome outcome = execute((context, state) -> Outcome.refused("C".repeat(100), "x" + "€".repeat(500)));
        Outcome.Refused refused = (Outcome.Refused) outcome;
        assertThat(refused.code()).isEqualTo("C".repeat(64));
        assertThat(refused.detail()).isEqualTo("x" + "€".repeat(341));
    }

    @Test
    void charactersBeyondTheBasicPlaneAreNotSplit() {
        Outcome.Refused refused =
                (Outcome.Refused) execute((context, state) -> Outcome.refused("C", "xy" + "\uD83D\uDE00".repeat(300)));
        assertThat(refused.detail()).isEqualTo("xy" + "\uD83D\uDE00".repeat(255));
    }

    @Test
    void aBrokenInvariantOfAModuleStopsTheNodeInsteadOfBecomingAnOutcome() {
        assertThatThrownBy(() -> execute((context, state) -> {
                    throw new IllegalStateException("broken");
                }))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void textOfTheStrictReaderIsKeptInTheOutcome() {
        Outcome.Refused refused = (Outcome.Refused) execute((context, state) -> {
            new CborReader(new CborWriter().uint(5).toBytes()).expectArray(1);
            return Outcome.applied();
        });
        assertThat(refused.code()).isEqualTo("MALFORMED");
        assertThat(refused.detail()).contains("expected array");
    }

    @Test
    void receiptPathsAreThoseOfTheMerkleTree() {
        for (int n = 1; n <= 17; n++) {
            Network4 fresh = new Network4();
            Transaction[] body = new Transaction[n];
            for (int i = 0; i < n; i++) {
                body[i] = fresh.put(50, i, "k" + i, "v");
            }
            Block block = fresh.commit(body);
            Block child = fresh.commit();
            List<Outcome> outcomes = fresh.tree.outcomes(block.id());
            Receipts receipts = Receipts.of(block, outcomes);
            for (int i = 0; i < n; i++) {
                Receipt r = receipts.receipt(
                        i, child.header(), fresh.certificate(VoteKind.FINALIZE, child.header(), 0, 1, 2), List.of());
                assertThat(MerkleTree.verify(
                                MerkleTree.leafHash(Receipt.leaf(body[i].id(), outcomes.get(i))),
                                i,
                                n,
                                r.path(),
                                child.header().parentReceiptsRoot()))
                        .isTrue();
            }
        }
        assertThatThrownBy(() -> Receipts.of(net.child(net.tree.finalizedHead().id()), List.of(Outcome.applied())))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
