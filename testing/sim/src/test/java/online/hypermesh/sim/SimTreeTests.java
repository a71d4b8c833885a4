package online.hypermesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import online.hypermesh.api.ledger.Block;
import online.hypermesh.api.ledger.Transaction;
import online.hypermesh.stoq.base.crypto.Signature;
import org.junit.jupiter.api.Test;

class SimTreeTests {
    private final Scenario scenario = Scenario.crashFaults(new long[] {1, 1, 1, 1}, 0, 0, 3, 0, false, false, 1_000);
    private final SimTree.Shared shared = new SimTree.Shared();

    private SimTree tree() {
        return new SimTree(SimKeys.network(), new SimSets(scenario, 1, scenario.stakes()), shared);
    }

    private static Block child(SimTree tree, Block parent, long view) {
        Transaction t = new Transaction(
                SimKeys.network(),
                SimKeys.key((int) view).verifyKey(),
                view,
                "sim",
                ByteBuffer.allocate(8).putLong(view).array(),
                Signature.of(new byte[Signature.LENGTH]));
        return tree.assemble(
                parent == null ? tree.finalizedHead().id() : parent.id(),
                0,
                view,
                tree.validators().get(0).id(),
                view,
                List.of(t),
                List.of());
    }

    @Test
    void nothingIsTakenForAnotherBodyUnderTheSameHeader() {
        SimTree one = tree();
        Block whole = child(one, null, 1);
        assertThat(one.check(whole).accepted()).isTrue();
        one.add(whole);
        Block damaged = new Block(whole.header(), List.of(), List.of());
        SimTree other = tree();
        assertThat(other.check(damaged).accepted()).isFalse();
        other.add(damaged); // as a core would that checks nothing
        assertThat(other.stateRoot(whole.id())).isNotEqualTo(one.stateRoot(whole.id()));
    }

    @Test
    void nothingIsTakenOnAnotherParent() {
        SimTree one = tree();
        Block parent = child(one, null, 1);
        one.add(parent);
        Block child = child(one, parent, 2);
        assertThat(one.check(child).accepted()).isTrue();
        one.add(child);
        SimTree other = tree();
        other.add(new Block(parent.header(), List.of(), List.of()));
        assertThat(other.check(child).accepted()).isFalse();
        other.add(child);
        assertThat(other.stateRoot(child.id())).isNotEqualTo(one.stateRoot(child.id()));
        SimTree same = tree();
        same.add(parent);
        assertThat(same.check(child).accepted()).isTrue();
        same.add(child);
        assertThat(same.stateRoot(child.id())).isEqualTo(one.stateRoot(child.id()));
    }

    @Test
    void whatDoesNotDescendFromAFinalBlockIsForgotten() {
        SimTree tree = tree();
        Block a = child(tree, null, 1);
        Block b = child(tree, null, 2);
        tree.add(a);
        tree.add(b);
        Block ofA = child(tree, a, 3);
        Block ofB = child(tree, b, 4);
        tree.add(ofA);
        tree.add(ofB);
        assertThat(tree.finalizeUpTo(ofA.id())).containsExactly(a, ofA);
        assertThat(tree.contains(ofA.id())).isTrue();
        assertThat(List.of(a, b, ofB)).noneMatch(gone -> tree.contains(gone.id()));
    }
}
